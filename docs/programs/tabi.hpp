// What makes tabi convenient in C++: handles that free themselves, errors that are thrown, and handlers from which no
// exception escapes into the library.
#ifndef TABI_HPP
#define TABI_HPP

#include <memory>
#include <stdexcept>
#include <string>

#include <tabi.h>

namespace tabi {

class Error : public std::runtime_error {
public:
    explicit Error(ssize_t code) : std::runtime_error(tabi_last_error_message()), code_(static_cast<int>(code)) {}
    int code() const noexcept { return code_; }

private:
    int code_;
};

// Passes on what a function of tabi returns, or throws.
inline ssize_t check(ssize_t result)
{
    if (result < 0)
        throw Error(result);
    return result;
}

struct Free {
    void operator()(tabi_sock *sk) const noexcept { tabi_sock_free(sk); }
    void operator()(tabi_server *server) const noexcept { tabi_server_free(server); }
};

using Socket = std::unique_ptr<tabi_sock, Free>;
using Server = std::unique_ptr<tabi_server, Free>;

inline Socket connect(const std::string &host, int port, double timeout)
{
    tabi_sock *sk = nullptr;
    check(tabi_create_connection(host.c_str(), port, timeout, nullptr, 0, &sk));
    return Socket(sk);
}

// Calls a function object for each client. The object must live as long as the server.
template <typename Handler>
Server threading_server(const std::string &host, int port, Handler &handler)
{
    tabi_handler call = [](tabi_request *request, void *object) -> int {
        try {
            (*static_cast<Handler *>(object))(request);
            return 0;
        } catch (const Error &error) {
            return error.code();
        } catch (...) {
            return TABI_ERR_OS;
        }
    };
    tabi_server *server = nullptr;
    check(tabi_threading_tcp_server(host.c_str(), port, call, &handler, &server));
    return Server(server);
}

} // namespace tabi

#endif
