// Echo on sockpp, with a thread for each connection as in its own example.
#include <sockpp/tcp_acceptor.h>
#include <thread>
#include "listen.h"

static void echo_to(sockpp::tcp_socket client)
{
    char line[LINE];
    for (;;) {
        auto read = client.read(line, sizeof line);
        if (!read || read.value() == 0 || !client.write_n(line, read.value()))
            return;
    }
}

int main()
{
    allow_many_descriptors();
    sockpp::initialize();
    sockpp::tcp_acceptor listener(sockpp::inet_address("127.0.0.1", 0), BACKLOG);
    print_port(listener.address().port());
    for (;;)
        if (auto client = listener.accept())
            std::thread(echo_to, client.release()).detach();
}
