// greeter: a server that greets its clients, and its own client.
#include <iostream>
#include <string>
#include <thread>

#include "tabi.hpp"

int main()
{
    try {
        auto greet = [](tabi_request *request) {
            const std::string text = "hello from C++\n";
            tabi::check(tabi_request_reply(request, text.data(), text.size()));
        };
        tabi::Server server = tabi::threading_server("127.0.0.1", 0, greet);
        tabi_addr address;
        tabi::check(tabi_server_address(server.get(), &address));
        std::thread serving([&server] { tabi_server_serve_forever(server.get(), 0.5); });

        tabi::Socket sk = tabi::connect("127.0.0.1", tabi_addr_port(&address), 5);
        std::string text(100, '\0');
        text.resize(static_cast<std::size_t>(tabi::check(tabi_recv(sk.get(), &text[0], text.size(), 0))));
        std::cout << text;

        tabi_server_shutdown(server.get());
        serving.join();
    } catch (const tabi::Error &error) {
        std::cerr << "greeter: " << error.what() << '\n';
        return 1;
    }
}
