/* What a handler can ask about its request, and servers whose caller looks at signals. */
#include "pairs.h"

#include <pthread.h>
#include <signal.h>

/* Handles one client, and stops the server; the checks of a stream's request. */
static int check_stream(tabi_request *request, void *userdata)
{
    tabi_server *server = tabi_request_server(request);
    const char *text = userdata;
    size_t len = 99;
    CHECK(tabi_request_packet(request, &len) == NULL);
    CHECK_EQ(len, 0);
    CHECK(tabi_request_packet(request, NULL) == NULL);
    CHECK_EQ(tabi_request_is_cut(request), 0);
    CHECK_OK(tabi_request_reply(request, text, strlen(text)));
    return tabi_server_shutdown(server);
}

static void *greet(void *server)
{
    tabi_sock *client = new_socket(AF_INET, SOCK_STREAM);
    tabi_addr addr;
    char text[8];
    CHECK_OK(tabi_server_address(server, &addr));
    CHECK_OK(tabi_connect_addr(client, &addr));
    CHECK_EQ(tabi_recv(client, text, 5, MSG_WAITALL), 5);
    CHECK_EQ(memcmp(text, "hello", 5), 0);
    tabi_sock_free(client);
    return NULL;
}

static void a_stream_has_no_packet(void)
{
    static char text[] = "hello";
    tabi_server *server;
    pthread_t client;
    CHECK_OK(tabi_threading_tcp_server("127.0.0.1", 0, check_stream, text, &server));
    CHECK_EQ(pthread_create(&client, NULL, greet, server), 0);
    CHECK_OK(tabi_server_serve_forever(server, 0.5));
    CHECK_EQ(pthread_join(client, NULL), 0);
    tabi_server_free(server);
}

static void on_alarm(int signal_number)
{
    (void)signal_number;
}

static void an_interruptible_server_returns_for_a_signal(void)
{
    struct sigaction action;
    tabi_server *server;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
    CHECK_OK(tabi_threading_tcp_server("127.0.0.1", 0, check_stream, NULL, &server));
    CHECK_OK(tabi_server_set_interruptible(server, 1));
    /* The timer repeats, so that a signal just before the call does not leave it waiting. */
    CHECK_EQ(ualarm(10000, 10000), 0);
    CHECK_CODE(tabi_server_serve_forever(server, 0.5), -EINTR);
    CHECK_CODE(tabi_server_handle_request(server), -EINTR);
    ualarm(0, 0);
    tabi_server_free(server);
}

static void null_is_an_error(void)
{
    CHECK_CODE(tabi_request_is_cut(NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_server_set_interruptible(NULL, 1), TABI_ERR_NULL);
    CHECK_CODE(tabi_request_reply(NULL, "x", 1), TABI_ERR_NULL);
    CHECK(tabi_request_packet(NULL, NULL) == NULL);
    CHECK(tabi_request_server(NULL) == NULL);
    CHECK(tabi_request_sock(NULL) == NULL);
}

int main(void)
{
    RUN(a_stream_has_no_packet);
    RUN(an_interruptible_server_returns_for_a_signal);
    RUN(null_is_an_error);
    return 0;
}
