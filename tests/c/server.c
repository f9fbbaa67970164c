/* Servers: a handler with userdata, stopping from everywhere, closing with a report, and bad input. */
#include "serving.h"

#include <math.h>

static int on_client(tabi_request *req, void *userdata)
{
    char line[1024];
    tabi_sock *sk = tabi_request_sock(req);
    (void)userdata;
    for (;;) {
        ssize_t n = tabi_recv(sk, line, sizeof line, 0);
        if (n <= 0) return (int)n;
        if ((n = tabi_sendall(sk, line, (size_t)n, 0, NULL)) < 0) return (int)n;
    }
}

static void echo(void)
{
    pthread_t thread;
    tabi_server *server = NULL;
    tabi_sock *clients[20];
    tabi_drain_report report = {sizeof report, 0, 0, 0, 0};
    char answer[8];
    size_t i;

    CHECK_OK(tabi_threading_tcp_server("127.0.0.1", 0, on_client, NULL, &server));
    CHECK_EQ(pthread_create(&thread, NULL, serve, server), 0);
    for (i = 0; i < 20; i++)
        clients[i] = connect_to(server);
    for (i = 0; i < 20; i++) {
        CHECK_OK(tabi_sendall(clients[i], "hello", 5, 0, NULL));
        CHECK_EQ(tabi_recv(clients[i], answer, sizeof answer, 0), 5);
        CHECK(memcmp(answer, "hello", 5) == 0);
    }
    CHECK_OK(tabi_server_shutdown(server));
    CHECK_OK(tabi_server_shutdown(server));
    pthread_join(thread, NULL);
    CHECK_OK(tabi_server_close(server, 0.0, &report));
    CHECK_EQ(report.finished, 0);
    CHECK_EQ(report.cut, 20);
    CHECK_EQ(report.left, 0);
    for (i = 0; i < 20; i++) {
        CHECK_EQ(tabi_recv(clients[i], answer, sizeof answer, 0), 0);
        tabi_sock_free(clients[i]);
    }
    CHECK_CODE(tabi_server_fileno(server), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_server_serve_forever(server, 0.5), TABI_ERR_CLOSED);
    CHECK_CODE(tabi_server_handle_request(server), TABI_ERR_CLOSED);
    CHECK_OK(tabi_server_close(server, TABI_NO_TIMEOUT, NULL));
    tabi_server_free(server);
}

struct greeting {
    const char *text;
    int clients;
};

static int greet_and_stop(tabi_request *request, void *userdata)
{
    struct greeting *greeting = userdata;
    tabi_addr address;
    greeting->clients++;
    CHECK_OK(tabi_request_client_address(request, &address));
    CHECK(tabi_addr_port(&address) > 0);
    CHECK_OK(tabi_request_reply(request, greeting->text, strlen(greeting->text)));
    CHECK_OK(tabi_server_shutdown(tabi_request_server(request)));
    return 0;
}

static void shutdown_in_a_handler(void)
{
    struct greeting greeting = {"welcome", 0};
    tabi_server *server = NULL;
    tabi_sock *client;
    char answer[16];

    CHECK_OK(tabi_threading_tcp_server("localhost", 0, greet_and_stop, &greeting, &server));
    client = connect_to(server);
    CHECK_OK(tabi_server_serve_forever(server, TABI_NO_TIMEOUT));
    CHECK_EQ(tabi_recv(client, answer, sizeof answer, MSG_WAITALL), 7);
    CHECK(memcmp(answer, "welcome", 7) == 0);
    tabi_server_free(server);
    CHECK_EQ(greeting.clients, 1);
    tabi_sock_free(client);
}

static void one_request_and_the_wake_descriptor(void)
{
    struct greeting greeting = {"welcome", 0};
    tabi_server *server = NULL;
    tabi_sock *client;

    CHECK_OK(tabi_threading_tcp_server("127.0.0.1", 0, greet_and_stop, &greeting, &server));
    CHECK_EQ(write(tabi_server_wake_fd(server), "x", 1), 1);
    CHECK_OK(tabi_server_handle_request(server));
    client = connect_to(server);
    CHECK_OK(tabi_server_handle_request(server));
    tabi_server_free(server);
    CHECK_EQ(greeting.clients, 1);
    tabi_sock_free(client);
}

static void bad_input(void)
{
    tabi_server *server = NULL, *busy = NULL;
    tabi_addr address;
    tabi_drain_report report = {1, 7, 7, 7, 7};

    CHECK_CODE(tabi_threading_tcp_server("127.0.0.1", 70000, on_client, NULL, &server), TABI_ERR_OVERFLOW);
    CHECK_CONTAINS(tabi_last_error_message(), "70000");
    CHECK_CODE(tabi_threading_tcp_server("127.0.0.1", -1, on_client, NULL, &server), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_threading_tcp_server(NULL, 0, on_client, NULL, &server), TABI_ERR_NULL);
    CHECK_CODE(tabi_threading_tcp_server("127.0.0.1", 0, NULL, NULL, &server), TABI_ERR_NULL);
    CHECK_CODE(tabi_threading_tcp_server("127.0.0.1", 0, on_client, NULL, NULL), TABI_ERR_NULL);
    CHECK(server == NULL);
    CHECK_CODE(tabi_server_serve_forever(NULL, 0.5), TABI_ERR_NULL);
    CHECK_CODE(tabi_server_shutdown(NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_server_close(NULL, 0, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_server_address(NULL, &address), TABI_ERR_NULL);
    CHECK(tabi_request_sock(NULL) == NULL);
    CHECK(tabi_request_server(NULL) == NULL);
    tabi_server_free(NULL);

    CHECK_OK(tabi_threading_tcp_server("127.0.0.1", 0, on_client, NULL, &server));
    CHECK_OK(tabi_server_address(server, &address));
    CHECK_CODE(tabi_threading_tcp_server("127.0.0.1", tabi_addr_port(&address), on_client, NULL, &busy), -EADDRINUSE);
    CHECK(busy == NULL);
    CHECK_CODE(tabi_server_address(server, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_server_serve_forever(server, -1), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "poll_interval must be 0 seconds or more, got -1");
    CHECK_CODE(tabi_server_serve_forever(server, (double)NAN), TABI_ERR_VALUE);
    CHECK_CODE(tabi_server_close(server, -1, NULL), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "drain must be 0 seconds or more, got -1");
    CHECK_CODE(tabi_server_close(server, 0, &report), TABI_ERR_VALUE);
    CHECK_EQ(report.cut, 7);
    CHECK(tabi_server_fileno(server) >= 0);
    tabi_server_free(server);
}

int main(void)
{
    RUN(echo);
    RUN(shutdown_in_a_handler);
    RUN(one_request_and_the_wake_descriptor);
    RUN(bad_input);
    return 0;
}
