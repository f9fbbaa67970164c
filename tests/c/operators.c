/* What a server tells the people who run it. */
#include "check.h"

#include <signal.h>

struct log {
    tabi_server *server;
    int count, last;
    char message[128];
};

static void on_trouble(tabi_server *server, int trouble, const char *message, void *userdata)
{
    struct log *log = userdata;
    CHECK(server != NULL);
    log->count++;
    log->last = trouble;
    snprintf(log->message, sizeof log->message, "%s", message);
}

static int no_answer(tabi_request *request, void *userdata)
{
    (void)request;
    (void)userdata;
    return 0;
}

static int fails(tabi_server *server, tabi_sock *sk, tabi_request **request, void *userdata)
{
    (void)server;
    (void)sk;
    (void)request;
    (void)userdata;
    return -ECONNABORTED;
}

static void trouble_is_reported_and_counted(void)
{
    tabi_server_options options;
    tabi_server_hooks hooks;
    tabi_server_statistics statistics;
    tabi_addr any, address;
    tabi_sock *client = NULL;
    struct log log;

    memset(&log, 0, sizeof log);
    memset(&hooks, 0, sizeof hooks);
    hooks.struct_size = sizeof hooks;
    hooks.userdata = &log;
    hooks.get_request = fails;
    hooks.handle_trouble = on_trouble;
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    options.hooks = &hooks;
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &any));
    CHECK_OK(tabi_server_new(&options, &any, no_answer, NULL, &log.server));

    CHECK_OK(tabi_server_address(log.server, &address));
    CHECK_OK(tabi_socket(AF_INET, SOCK_STREAM, 0, &client));
    CHECK_OK(tabi_connect_addr(client, &address));
    CHECK_OK(tabi_server_handle_request(log.server));
    CHECK_EQ(log.count, 1);
    CHECK_EQ(log.last, TABI_TROUBLE_ACCEPT_FAILED);
    CHECK_CONTAINS(log.message, "(1 since the last report)");
    statistics.struct_size = sizeof statistics;
    CHECK_OK(tabi_server_get_statistics(log.server, &statistics));
    CHECK_EQ(statistics.accepts_failed, 1);
    CHECK_EQ(statistics.table_full, 0);

    CHECK_OK(tabi_close(tabi_server_sock(log.server)));
    CHECK_CODE(tabi_server_serve_forever(log.server, 0.5), TABI_ERR_CLOSED);
    tabi_server_free(log.server);
    tabi_sock_free(client);
}

static int frees_what_it_was_lent(tabi_request *request, void *userdata)
{
    tabi_server *server = tabi_request_server(request);
    (void)userdata;
    tabi_sock_free(tabi_request_sock(request));
    CHECK_CONTAINS(tabi_last_error_message(), "belongs to its server");
    tabi_sock_free(tabi_server_sock(server));
    tabi_server_free(server);
    CHECK_CONTAINS(tabi_last_error_message(), "not freed");
    tabi_request_free(request);
    CHECK_CONTAINS(tabi_last_error_message(), "the request belongs");
    CHECK_CODE(tabi_request_process(request), TABI_ERR_VALUE);
    CHECK_CODE(tabi_request_process_default(request), TABI_ERR_VALUE);
    CHECK_OK(tabi_request_reply(request, "sound", 5));
    return 0;
}

static int frees_its_request(tabi_request *request, void *userdata)
{
    (void)userdata;
    tabi_request_free(request);
    CHECK_CONTAINS(tabi_last_error_message(), "the request belongs");
    return 1;
}

static int frees_its_server(tabi_server *server, void *userdata)
{
    (void)userdata;
    tabi_server_free(server);
    CHECK_CONTAINS(tabi_last_error_message(), "not freed");
    return tabi_server_default_bind(server);
}

/* What a callback is lent stays whole, and the mistake is told. */
static void what_is_lent_is_not_freed(void)
{
    tabi_server_options options;
    tabi_server_hooks hooks;
    tabi_addr any, address;
    tabi_server *server = NULL;
    tabi_sock *client = NULL;
    char bytes[8];

    memset(&hooks, 0, sizeof hooks);
    hooks.struct_size = sizeof hooks;
    hooks.server_bind = frees_its_server;
    hooks.verify_request = frees_its_request;
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    options.hooks = &hooks;
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &any));
    CHECK_OK(tabi_server_new(&options, &any, frees_what_it_was_lent, NULL, &server));
    tabi_sock_free(tabi_server_sock(server));
    CHECK_CONTAINS(tabi_last_error_message(), "belongs to its server");

    CHECK_OK(tabi_server_address(server, &address));
    CHECK_OK(tabi_socket(AF_INET, SOCK_STREAM, 0, &client));
    CHECK_OK(tabi_settimeout(client, 60));
    CHECK_OK(tabi_connect_addr(client, &address));
    CHECK_OK(tabi_server_handle_request(server));
    CHECK_EQ(tabi_recv(client, bytes, sizeof bytes, MSG_WAITALL), 5);
    tabi_server_free(server);
    tabi_sock_free(client);
}

static void a_service_manager_is_told(void)
{
    char path[64], told[64];
    tabi_sock *manager = NULL;
    ssize_t n;

    CHECK_EQ(unsetenv("NOTIFY_SOCKET"), 0);
    CHECK_EQ(tabi_notify("READY=1"), 0);
    CHECK_CODE(tabi_notify(NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_notify(""), TABI_ERR_VALUE);
    snprintf(path, sizeof path, "/tmp/tabi-c-notify-%ld", (long)getpid());
    CHECK_OK(tabi_socket(AF_UNIX, SOCK_DGRAM, 0, &manager));
    CHECK_OK(tabi_settimeout(manager, 60));
    CHECK_OK(tabi_bind_unix(manager, path));
    CHECK_EQ(setenv("NOTIFY_SOCKET", path, 1), 0);
    CHECK_EQ(tabi_notify("READY=1"), 1);
    n = tabi_recv(manager, told, sizeof told, 0);
    CHECK(n == 7 && memcmp(told, "READY=1", 7) == 0);
    CHECK_EQ(unlink(path), 0);
    CHECK_CODE(tabi_notify("STOPPING=1"), -ENOENT);
    CHECK_EQ(unsetenv("NOTIFY_SOCKET"), 0);
    tabi_sock_free(manager);
}

static int asks_for_the_end(tabi_request *request, void *userdata)
{
    (void)userdata;
    CHECK_EQ(kill(getpid(), SIGTERM), 0);
    CHECK_OK(tabi_request_reply(request, "end", 3));
    return 0;
}

static void a_signal_ends_the_servers(void)
{
    tabi_server *servers[2];
    tabi_server *one = NULL, *two = NULL;
    tabi_drain_report report = {sizeof report, 9, 9, 9, 9};
    tabi_sock *client = NULL;
    tabi_addr address;
    const int impossible[] = {SIGTERM, SIGKILL};
    char bytes[4];

    CHECK_OK(tabi_threading_tcp_server("127.0.0.1", 0, asks_for_the_end, NULL, &one));
    CHECK_OK(tabi_threading_tcp_server("127.0.0.1", 0, asks_for_the_end, NULL, &two));
    servers[0] = one;
    servers[1] = two;
    CHECK_CODE(tabi_serve_until_signal(NULL, 2, NULL, 0, 1, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_serve_until_signal(servers, 0, NULL, 0, 1, NULL), TABI_ERR_VALUE);
    CHECK_CODE(tabi_serve_until_signal(servers, 2, NULL, 2, 1, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_serve_until_signal(servers, 2, impossible, SIZE_MAX, 1, NULL), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_serve_until_signal(servers, SIZE_MAX, NULL, 0, 1, NULL), TABI_ERR_OVERFLOW);
    CHECK_CODE(tabi_serve_until_signal(servers, 2, NULL, 0, -1, NULL), TABI_ERR_VALUE);
    CHECK_CODE(tabi_serve_until_signal(servers, 2, impossible, 2, 1, NULL), -EINVAL);

    CHECK_OK(tabi_server_address(two, &address));
    CHECK_OK(tabi_socket(AF_INET, SOCK_STREAM, 0, &client));
    CHECK_OK(tabi_settimeout(client, 60));
    CHECK_OK(tabi_connect_addr(client, &address));
    CHECK_OK(tabi_serve_until_signal(servers, 2, NULL, 0, TABI_NO_TIMEOUT, &report));
    CHECK_EQ(tabi_recv(client, bytes, sizeof bytes, MSG_WAITALL), 3);
    CHECK_EQ(report.cut, 0);
    CHECK_EQ(report.left, 0);
    CHECK_CODE(tabi_server_serve_forever(one, 1), TABI_ERR_CLOSED);
    tabi_server_free(one);
    tabi_server_free(two);
    tabi_sock_free(client);
}

/* The first call makes a pipe for signals, which the process keeps. */
static void make_the_pipe(void)
{
    const int impossible = SIGKILL;
    tabi_server *server = NULL;
    CHECK_OK(tabi_threading_tcp_server("127.0.0.1", 0, asks_for_the_end, NULL, &server));
    CHECK_CODE(tabi_serve_until_signal(&server, 1, &impossible, 1, 1, NULL), -EINVAL);
    tabi_server_free(server);
}

int main(void)
{
    make_the_pipe();
    RUN(a_service_manager_is_told);
    RUN(a_signal_ends_the_servers);
    RUN(what_is_lent_is_not_freed);
    RUN(trouble_is_reported_and_counted);
    return 0;
}
