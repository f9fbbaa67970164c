// The primitives on Boost.Asio's blocking calls, which have no timeout.
#include <boost/asio.hpp>
#include <string>
#include <vector>
#include "prim.h"

namespace asio = boost::asio;

static const int no_such_case = 3;
static asio::io_context context;

template <typename Socket> static void enlarge(Socket &socket)
{
    socket.set_option(asio::socket_base::send_buffer_size(KERNEL_BUFFER));
    socket.set_option(asio::socket_base::receive_buffer_size(KERNEL_BUFFER));
}

template <typename Socket> static void exchange(Socket &from, Socket &to, std::vector<char> &bytes, long times)
{
    for (long i = 0; i < times; i++) {
        for (std::size_t sent = 0; sent < bytes.size();)
            sent += from.send(asio::buffer(bytes.data() + sent, bytes.size() - sent));
        for (std::size_t got = 0; got < bytes.size();)
            got += to.receive(asio::buffer(bytes.data() + got, bytes.size() - got));
    }
}

template <typename Socket> static void measure(Socket &from, Socket &to, const job &job)
{
    std::vector<char> bytes(job.size, 'x');
    exchange(from, to, bytes, WARM_UP);
    double begin = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    exchange(from, to, bytes, job.iterations);
    report(begin, CLOCK_PROCESS_CPUTIME_ID, job.iterations);
}

static void run_unix(const job &job)
{
    asio::local::stream_protocol::socket from(context), to(context);
    asio::local::connect_pair(from, to);
    measure(from, to, job);
}

static void run_tcp(const job &job)
{
    using asio::ip::tcp;
    tcp::acceptor listener(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    tcp::socket from(context, tcp::v4());
    enlarge(listener);
    enlarge(from);
    from.connect(listener.local_endpoint());
    tcp::socket to = listener.accept();
    from.set_option(tcp::no_delay(true));
    to.set_option(tcp::no_delay(true));
    measure(from, to, job);
}

static void run_udp(const job &job)
{
    using asio::ip::udp;
    udp::endpoint any(asio::ip::address_v4::loopback(), 0);
    udp::socket from(context, any), to(context, any);
    enlarge(from);
    enlarge(to);
    from.connect(to.local_endpoint());
    to.connect(from.local_endpoint());
    measure(from, to, job);
}

static void run_pingpong(const job &job)
{
    using asio::ip::tcp;
    tcp::socket socket(context);
    socket.connect(tcp::endpoint(asio::ip::address_v4::loopback(), (unsigned short)std::stoi(job.extra)));
    socket.set_option(tcp::no_delay(true));
    measure(socket, socket, job);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(const job &);
    } cases[] = {{"unix", run_unix}, {"tcp", run_tcp}, {"udp", run_udp}, {"pingpong", run_pingpong}};
    job job = read_job(argc, argv);
    for (auto &each : cases)
        if (job.name == std::string(each.name) && job.timeout == 0) {
            each.run(job);
            return 0;
        }
    return no_such_case;
}
