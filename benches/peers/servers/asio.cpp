// Echo on Boost.Asio: callbacks on one thread.
#include <boost/asio.hpp>
#include <array>
#include <memory>
#include "listen.h"

using boost::asio::ip::tcp;

class Session : public std::enable_shared_from_this<Session> {
public:
    explicit Session(tcp::socket socket) : socket_(std::move(socket)) {}

    void read()
    {
        auto self = shared_from_this();
        socket_.async_read_some(boost::asio::buffer(line_), [self](boost::system::error_code error, std::size_t n) {
            if (!error)
                self->write(n);
        });
    }

private:
    void write(std::size_t n)
    {
        auto self = shared_from_this();
        boost::asio::async_write(socket_, boost::asio::buffer(line_, n),
                                 [self](boost::system::error_code error, std::size_t) {
                                     if (!error)
                                         self->read();
                                 });
    }

    tcp::socket socket_;
    std::array<char, LINE> line_;
};

static void accept_next(tcp::acceptor &listener)
{
    listener.async_accept([&listener](boost::system::error_code error, tcp::socket socket) {
        if (!error)
            std::make_shared<Session>(std::move(socket))->read();
        accept_next(listener);
    });
}

int main()
{
    allow_many_descriptors();
    boost::asio::io_context context(1);
    tcp::acceptor listener(context, tcp::v4());
    listener.bind(tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    listener.listen(BACKLOG);
    print_port(listener.local_endpoint().port());
    accept_next(listener);
    context.run();
}
