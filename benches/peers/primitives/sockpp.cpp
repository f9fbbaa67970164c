// The primitives on sockpp, whose timeouts are SO_RCVTIMEO and SO_SNDTIMEO.
#include <sockpp/tcp_acceptor.h>
#include <sockpp/tcp_connector.h>
#include <sockpp/udp_socket.h>
#include <sockpp/unix_stream_socket.h>
#include <netinet/tcp.h>
#include <chrono>
#include <string>
#include <vector>
#include "prim.h"

static const int no_such_case = 3;

template <typename Result> static auto check(Result result)
{
    if (!result) {
        fprintf(stderr, "%s\n", result.error_message().c_str());
        exit(1);
    }
    return result;
}

static void enlarge(sockpp::socket &socket)
{
    check(socket.set_option(SOL_SOCKET, SO_SNDBUF, KERNEL_BUFFER));
    check(socket.set_option(SOL_SOCKET, SO_RCVBUF, KERNEL_BUFFER));
}

static std::size_t send_some(sockpp::stream_socket &socket, const char *bytes, std::size_t size)
{
    return check(socket.write(bytes, size)).value();
}

static std::size_t recv_some(sockpp::stream_socket &socket, char *bytes, std::size_t size)
{
    return check(socket.read(bytes, size)).value();
}

static std::size_t send_some(sockpp::udp_socket &socket, const char *bytes, std::size_t size)
{
    return check(socket.send(bytes, size)).value();
}

static std::size_t recv_some(sockpp::udp_socket &socket, char *bytes, std::size_t size)
{
    return check(socket.recv(bytes, size)).value();
}

template <typename Socket> static void exchange(Socket &from, Socket &to, std::vector<char> &bytes, long times)
{
    for (long i = 0; i < times; i++) {
        for (std::size_t sent = 0; sent < bytes.size();)
            sent += send_some(from, bytes.data() + sent, bytes.size() - sent);
        for (std::size_t got = 0; got < bytes.size();)
            got += recv_some(to, bytes.data() + got, bytes.size() - got);
    }
}

template <typename Socket> static void measure(Socket &from, Socket &to, const job &job)
{
    std::vector<char> bytes(job.size, 'x');
    if (job.timeout > 0) {
        auto limit = std::chrono::microseconds((long)(job.timeout * 1e6));
        for (Socket *each : {&from, &to}) {
            check(each->read_timeout(limit));
            check(each->write_timeout(limit));
        }
    }
    exchange(from, to, bytes, WARM_UP);
    double begin = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    exchange(from, to, bytes, job.iterations);
    report(begin, CLOCK_PROCESS_CPUTIME_ID, job.iterations);
}

static void run_unix(const job &job)
{
    auto pair = check(sockpp::unix_stream_socket::pair()).release();
    measure(std::get<0>(pair), std::get<1>(pair), job);
}

static void run_tcp(const job &job)
{
    sockpp::tcp_acceptor listener(sockpp::inet_address("127.0.0.1", 0));
    enlarge(listener);
    sockpp::tcp_connector from;
    check(from.connect(listener.address()));
    enlarge(from);
    sockpp::tcp_socket to = check(listener.accept()).release();
    for (sockpp::socket *each : {(sockpp::socket *)&from, (sockpp::socket *)&to})
        check(each->set_option(IPPROTO_TCP, TCP_NODELAY, 1));
    measure<sockpp::stream_socket>(from, to, job);
}

static void run_udp(const job &job)
{
    sockpp::udp_socket from, to;
    check(from.bind(sockpp::inet_address("127.0.0.1", 0)));
    check(to.bind(sockpp::inet_address("127.0.0.1", 0)));
    enlarge(from);
    enlarge(to);
    check(from.connect(to.address()));
    check(to.connect(from.address()));
    measure(from, to, job);
}

static void run_pingpong(const job &job)
{
    sockpp::tcp_connector socket;
    check(socket.connect(sockpp::inet_address("127.0.0.1", (in_port_t)std::stoi(job.extra))));
    check(socket.set_option(IPPROTO_TCP, TCP_NODELAY, 1));
    measure<sockpp::stream_socket>(socket, socket, job);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(const job &);
    } cases[] = {{"unix", run_unix}, {"tcp", run_tcp}, {"udp", run_udp}, {"pingpong", run_pingpong}};
    job job = read_job(argc, argv);
    sockpp::initialize();
    for (auto &each : cases)
        if (job.name == std::string(each.name)) {
            each.run(job);
            return 0;
        }
    return no_such_case;
}
