// Echo on POCO's TCPServer.
#include <Poco/Exception.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Net/TCPServerConnection.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/ThreadPool.h>
#include "listen.h"

static const int most_threads = 20000;

class Echo : public Poco::Net::TCPServerConnection {
public:
    using TCPServerConnection::TCPServerConnection;

    void run() override
    {
        char line[LINE];
        int n;
        try {
            while ((n = socket().receiveBytes(line, sizeof line)) > 0)
                socket().sendBytes(line, n);
        } catch (const Poco::Exception &) {
        }
    }
};

int main()
{
    allow_many_descriptors();
    Poco::Net::ServerSocket listener(Poco::Net::SocketAddress("127.0.0.1", 0), BACKLOG);
    Poco::ThreadPool pool(2, most_threads);
    auto *params = new Poco::Net::TCPServerParams;
    params->setMaxThreads(most_threads);
    params->setMaxQueued(most_threads);
    Poco::Net::TCPServer server(new Poco::Net::TCPServerConnectionFactoryImpl<Echo>(), pool, listener, params);
    server.start();
    print_port(listener.address().port());
    pause();
}
