/* Servers that their own handlers and hooks close or free. */
#include "serving.h"

static int begun[2], let_go[2];

static void open_pipes(void)
{
    CHECK_EQ(pipe(begun), 0);
    CHECK_EQ(pipe(let_go), 0);
}

static void close_pipes(void)
{
    CHECK_EQ(close(begun[0]) + close(begun[1]) + close(let_go[0]) + close(let_go[1]), 0);
}

struct closing {
    double drain;
    int ended;
};

/* Closes its server, and goes on for a while. */
static int close_and_go_on(tabi_request *request, void *userdata)
{
    struct closing *closing = userdata;
    char byte;
    CHECK_OK(tabi_server_close(tabi_request_server(request), closing->drain, NULL));
    CHECK_EQ(write(begun[1], "b", 1), 1);
    CHECK_EQ(read(let_go[0], &byte, 1), 1);
    check_pause();
    closing->ended = 1;
    return 0;
}

static void freeing_waits_for_the_handler_that_has_closed_the_server(void)
{
    static const double drains[] = {0, 60, (double)INFINITY};
    size_t i;
    for (i = 0; i < sizeof drains / sizeof drains[0]; i++) {
        struct closing closing = {drains[i], 0};
        tabi_server *server = NULL;
        tabi_sock *client;
        pthread_t thread;
        char byte;
        open_pipes();
        CHECK_OK(tabi_threading_tcp_server("127.0.0.1", 0, close_and_go_on, &closing, &server));
        thread = serve_in_a_thread(server);
        client = connect_to(server);
        CHECK_EQ(pthread_join(thread, NULL), 0);
        CHECK_EQ(read(begun[0], &byte, 1), 1);
        CHECK_EQ(write(let_go[1], "g", 1), 1);
        tabi_server_free(server);
        /* The memory of a handler's data may go now. */
        CHECK_EQ(closing.ended, 1);
        tabi_sock_free(client);
        close_pipes();
    }
}

static int answer(tabi_request *request, void *userdata)
{
    (void)userdata;
    CHECK_OK(tabi_request_reply(request, "answer", 6));
    return 0;
}

static int close_in_verify(tabi_request *request, void *userdata)
{
    (void)userdata;
    CHECK_OK(tabi_server_close(tabi_request_server(request), TABI_NO_TIMEOUT, NULL));
    return 0;
}

/* In process_request the hook owns the request, but not its server. */
static void free_in_process(tabi_request *request, void *userdata)
{
    (void)userdata;
    tabi_server_free(tabi_request_server(request));
    CHECK_CONTAINS(tabi_last_error_message(), "is not freed in it");
    CHECK_OK(tabi_server_shutdown(tabi_request_server(request)));
    CHECK_OK(tabi_request_process_default(request));
}

/* A server with one hook, which has served until the hook stopped it, and its client. */
static tabi_server *served_with(int (*verify)(tabi_request *, void *), void (*process)(tabi_request *, void *),
                                tabi_sock **client)
{
    tabi_server_hooks hooks;
    tabi_server_options options;
    tabi_server *server = NULL;
    memset(&hooks, 0, sizeof hooks);
    hooks.struct_size = sizeof hooks;
    hooks.verify_request = verify;
    hooks.process_request = process;
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    options.hooks = &hooks;
    options.concurrency = TABI_THREADS;
    CHECK_OK(tabi_server_from_host(&options, "127.0.0.1", 0, answer, NULL, &server));
    *client = connect_to(server);
    CHECK_OK(tabi_server_serve_forever(server, 0.5));
    return server;
}

static void verify_request_may_close_the_server(void)
{
    tabi_sock *client;
    tabi_server *server = served_with(close_in_verify, NULL, &client);
    HEAR_END(client);
    CHECK_EQ(statistics_of(server).rejected, 1);
    tabi_server_free(server);
    tabi_sock_free(client);
}

static void close_in_process(tabi_request *request, void *userdata)
{
    (void)userdata;
    CHECK_OK(tabi_server_close(tabi_request_server(request), TABI_NO_TIMEOUT, NULL));
    CHECK_OK(tabi_request_process(request));
}

/* It holds the request that it closes the server for, and so does not wait for it. */
static void process_request_may_close_the_server(void)
{
    tabi_sock *client;
    tabi_server *server = served_with(NULL, close_in_process, &client);
    HEAR(client, "answer");
    CHECK_EQ(statistics_of(server).finished, 1);
    tabi_server_free(server);
    tabi_sock_free(client);
}

static void process_request_does_not_free_the_server(void)
{
    tabi_sock *client;
    tabi_server *server = served_with(NULL, free_in_process, &client);
    HEAR(client, "answer");
    tabi_server_free(server);
    tabi_sock_free(client);
}

int main(void)
{
    RUN(freeing_waits_for_the_handler_that_has_closed_the_server);
    RUN(verify_request_may_close_the_server);
    RUN(process_request_may_close_the_server);
    RUN(process_request_does_not_free_the_server);
    return 0;
}
