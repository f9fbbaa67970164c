/* Every hook of a server, used from C. */
#include "serving.h"

enum { STEPS = 64 };

/* The hooks that have run, in their order. Hooks in several threads add to it. */
struct record {
    pthread_mutex_t lock;
    const char *steps[STEPS];
    size_t count;
    int code;
    char message[128];
    int timeouts, rounds, threads;
};

static void add(struct record *record, const char *step)
{
    pthread_mutex_lock(&record->lock);
    if (record->count < STEPS)
        record->steps[record->count++] = step;
    pthread_mutex_unlock(&record->lock);
}

static int on_bind(tabi_server *server, void *userdata)
{
    add(userdata, "server_bind");
    return tabi_server_default_bind(server);
}

static int on_activate(tabi_server *server, void *userdata)
{
    add(userdata, "server_activate");
    return tabi_server_default_activate(server);
}

static int on_get(tabi_server *server, tabi_sock *sk, tabi_request **request, void *userdata)
{
    int code;
    add(userdata, "get_request");
    code = tabi_server_default_get_request(server, sk, request);
    if (code == 0)
        CHECK_OK(tabi_request_set_data(*request, userdata));
    return code;
}

static int on_verify(tabi_request *request, void *userdata)
{
    CHECK(tabi_request_data(request) == userdata);
    add(userdata, "verify_request");
    return 1;
}

static void on_process(tabi_request *request, void *userdata)
{
    add(userdata, "process_request");
    CHECK_OK(tabi_request_process_default(request));
}

static int on_handshake(tabi_request *request, void *userdata)
{
    CHECK(tabi_request_data(request) == userdata);
    add(userdata, "handshake");
    return 0;
}

static int on_finish(tabi_request *request, void *userdata)
{
    add(userdata, "finish_request");
    return tabi_request_finish(request);
}

static void on_shutdown(tabi_request *request, void *userdata)
{
    add(userdata, "shutdown_request");
    CHECK_OK(tabi_request_shutdown(request));
    CHECK_OK(tabi_request_close(request));
}

static void on_error(tabi_request *request, int code, const char *message, void *userdata)
{
    struct record *record = userdata;
    CHECK(request != NULL);
    add(record, "handle_error");
    record->code = code;
    snprintf(record->message, sizeof record->message, "%s", message);
}

static int on_timeout(tabi_server *server, void *userdata)
{
    struct record *record = userdata;
    CHECK(tabi_server_fileno(server) >= 0);
    record->timeouts++;
    return 0;
}

static int on_round(tabi_server *server, void *userdata)
{
    struct record *record = userdata;
    /* The client may come after some rounds. */
    if (++record->rounds >= 3 && record->count > 2)
        CHECK_OK(tabi_server_shutdown(server));
    return 0;
}

static void on_thread(const char *name, tabi_thread_body body, void *argument, void *userdata)
{
    struct record *record = userdata;
    CHECK_STR(name, "worker-1");
    record->threads++;
    body(argument);
}

static int answer(tabi_request *request, void *userdata)
{
    (void)userdata;
    CHECK_OK(tabi_request_reply(request, "answer", 6));
    return -EDOM;
}

static void options_for(tabi_server_options *options, tabi_server_hooks *hooks, struct record *record)
{
    memset(record, 0, sizeof *record);
    CHECK_EQ(pthread_mutex_init(&record->lock, NULL), 0);
    memset(hooks, 0, sizeof *hooks);
    hooks->struct_size = sizeof *hooks;
    hooks->userdata = record;
    CHECK_OK(tabi_server_options_init(options, sizeof *options));
    options->hooks = hooks;
}

static void every_hook_runs_in_its_turn(void)
{
    static const char *const expected[] = {
        "server_bind", "server_activate", "get_request", "verify_request", "process_request",
        "handshake", "finish_request", "handle_error", "shutdown_request"};
    tabi_server_options options;
    tabi_server_hooks hooks;
    struct record record;
    tabi_server *server = NULL;
    tabi_sock *client;
    tabi_addr any;
    char bytes[16];
    size_t i;

    options_for(&options, &hooks, &record);
    hooks.server_bind = on_bind;
    hooks.server_activate = on_activate;
    hooks.get_request = on_get;
    hooks.verify_request = on_verify;
    hooks.process_request = on_process;
    hooks.handshake = on_handshake;
    hooks.finish_request = on_finish;
    hooks.shutdown_request = on_shutdown;
    hooks.handle_error = on_error;
    hooks.handle_timeout = on_timeout;
    hooks.service_actions = on_round;
    hooks.thread_main = on_thread;
    options.concurrency = TABI_THREADS;
    options.thread_name = "worker";
    options.max_threads = 2;
    options.timeout = 0;
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &any));
    CHECK_OK(tabi_server_new(&options, &any, answer, &record, &server));
    CHECK(tabi_server_sock(server) != NULL);

    CHECK_OK(tabi_server_handle_request(server));
    CHECK_EQ(record.timeouts, 1);
    client = connect_to(server);
    CHECK_OK(tabi_server_serve_forever(server, 0.001));
    CHECK(record.rounds >= 3);
    CHECK_EQ(tabi_recv(client, bytes, sizeof bytes, MSG_WAITALL), 6);
    CHECK_OK(tabi_server_close(server, TABI_NO_TIMEOUT, NULL));
    CHECK_EQ(record.count, sizeof expected / sizeof expected[0]);
    for (i = 0; i < record.count; i++)
        CHECK_STR(record.steps[i], expected[i]);
    CHECK_EQ(record.code, -EDOM);
    CHECK_CONTAINS(record.message, "umerical");
    CHECK_EQ(record.threads, 1);
    CHECK_EQ(statistics_of(server).accepted, 1);
    CHECK_EQ(statistics_of(server).failed, 1);
    CHECK_EQ(statistics_of(server).finished, 1);
    CHECK_EQ(statistics_of(server).threads, 0);
    tabi_server_free(server);
    tabi_sock_free(client);
}

static int forgets_the_socket(tabi_request *request, void *userdata)
{
    char bytes[8];
    (void)request;
    (void)userdata;
    return (int)tabi_recv(NULL, bytes, sizeof bytes, 0);
}

static int has_codes_of_its_own(tabi_request *request, void *userdata)
{
    (void)request;
    (void)userdata;
    return -70000;
}

/* Returns a code although no call has failed in this handler. */
static int calls_nothing(tabi_request *request, void *userdata)
{
    (void)request;
    (void)userdata;
    return TABI_ERR_NULL;
}

/* handle_error gets the code that the handler returned, and the details of the call that failed with it in the handler. */
static void what_the_handler_returns_is_reported(void)
{
    static const tabi_handler handlers[] = {forgets_the_socket, has_codes_of_its_own, calls_nothing};
    static const int codes[] = {TABI_ERR_NULL, -70000, TABI_ERR_NULL};
    static const char *const messages[] = {"sk must not be NULL", "unknown code", "an argument is NULL"};
    tabi_server_options options;
    tabi_server_hooks hooks;
    struct record record;
    tabi_addr any;
    size_t i;

    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &any));
    /* Each code once when the server calls the handler, and once through a finish_request that calls tabi_request_finish(). */
    for (i = 0; i < 2 * sizeof codes / sizeof codes[0]; i++) {
        tabi_server *server = NULL;
        tabi_sock *client;
        options_for(&options, &hooks, &record);
        hooks.handle_error = on_error;
        if (i % 2 == 1)
            hooks.finish_request = on_finish;
        CHECK_OK(tabi_server_new(&options, &any, handlers[i / 2], NULL, &server));
        client = connect_to(server);
        /* The handler runs in this thread, in which another call has failed before. */
        CHECK_CODE(tabi_getpeername(NULL, &any), TABI_ERR_NULL);
        CHECK_OK(tabi_server_handle_request(server));
        CHECK_EQ(record.code, codes[i / 2]);
        CHECK_STR(record.message, messages[i / 2]);
        tabi_server_free(server);
        tabi_sock_free(client);
    }
}

static int fails(tabi_request *request, void *userdata)
{
    (void)request;
    add(userdata, "handshake");
    return -EPROTO;
}

static void frees_data(tabi_request *request, void *userdata)
{
    add(userdata, "close_request");
    CHECK_OK(tabi_request_close(request));
}

/* A client whose handshake fails never reaches the handler, and is no failure of the handler. */
static void a_handshake_that_fails_ends_the_connection(void)
{
    tabi_server_options options;
    tabi_server_hooks hooks;
    struct record record;
    tabi_server *server = NULL;
    tabi_sock *client;
    tabi_addr any;
    tabi_server_statistics statistics;
    char byte;

    options_for(&options, &hooks, &record);
    hooks.handshake = fails;
    hooks.finish_request = on_finish;
    hooks.handle_error = on_error;
    hooks.close_request = frees_data;
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &any));
    CHECK_OK(tabi_server_new(&options, &any, answer, &record, &server));
    client = connect_to(server);
    CHECK_OK(tabi_server_handle_request(server));
    CHECK_EQ(tabi_recv(client, &byte, 1, 0), 0);
    CHECK_EQ(record.count, 2);
    CHECK_STR(record.steps[0], "handshake");
    CHECK_STR(record.steps[1], "close_request");
    statistics.struct_size = sizeof statistics;
    CHECK_OK(tabi_server_get_statistics(server, &statistics));
    CHECK_EQ(statistics.handshake_failed, 1);
    CHECK_EQ(statistics.failed, 0);
    CHECK_EQ(statistics.finished, 1);
    tabi_server_free(server);
    tabi_sock_free(client);
}

static int own_get(tabi_server *server, tabi_sock *sk, tabi_request **request, void *userdata)
{
    struct record *record = userdata;
    tabi_addr peer;
    tabi_sock *client = NULL;
    int code;
    if (++record->rounds == 1)
        return -ECONNABORTED;
    if (record->rounds == 2)
        return 0;
    if (record->rounds == 3) {
        memset(&peer, 0, sizeof peer);
        /* The server's own socket is not the program's to give. */
        CHECK_CODE(tabi_request_from_sock(server, sk, &peer, request), TABI_ERR_VALUE);
        return tabi_request_from_packet(server, sk, "own", 3, &peer, request);
    }
    if ((code = tabi_accept(sk, &client, &peer)) < 0)
        return code;
    return tabi_request_from_sock(server, client, &peer, request);
}

static void own_process(tabi_request *request, void *userdata)
{
    size_t len = 0;
    struct record *record = userdata;
    if (tabi_request_packet(request, &len) != NULL) {
        CHECK_EQ(len, 3);
        tabi_request_free(request);
        record->timeouts++;
        return;
    }
    CHECK_OK(tabi_request_process(request));
}

static void requests_that_the_program_makes(void)
{
    tabi_server_options options;
    tabi_server_hooks hooks;
    struct record record;
    tabi_server *server = NULL;
    tabi_sock *client;
    tabi_addr any;
    char bytes[16];
    int i;

    options_for(&options, &hooks, &record);
    hooks.get_request = own_get;
    hooks.process_request = own_process;
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &any));
    options.bind_and_activate = 0;
    CHECK_OK(tabi_server_new(&options, &any, answer, NULL, &server));
    CHECK_OK(tabi_server_bind(server));
    CHECK_OK(tabi_server_activate(server));
    client = connect_to(server);
    for (i = 0; i < 4; i++)
        CHECK_OK(tabi_server_handle_request(server));
    CHECK_EQ(record.timeouts, 1);
    CHECK_EQ(tabi_recv(client, bytes, sizeof bytes, MSG_WAITALL), 6);
    tabi_server_free(server);
    tabi_sock_free(client);
}

int main(void)
{
    RUN(every_hook_runs_in_its_turn);
    RUN(what_the_handler_returns_is_reported);
    RUN(a_handshake_that_fails_ends_the_connection);
    RUN(requests_that_the_program_makes);
    return 0;
}
