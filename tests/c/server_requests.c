/* What a handler can learn about its request, and servers whose caller must look at signals. */
#include "pairs.h"

#include <pthread.h>
#include <signal.h>

/* Handles one client: checks the request of a stream, and stops the server. */
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

/* Answers with a text that needs more memory than a short one. */
static int answer_at_length(tabi_request *request, void *userdata)
{
    const char *none = NULL;
    CHECK_EQ(tabi_request_printf(request, "%s%d %s", "answer ", 1, (const char *)userdata), 1009);
    CHECK_EQ(tabi_request_printf(request, "%d", 2), 1);
    CHECK_EQ(tabi_request_printf(request, none), TABI_ERR_NULL);
    return tabi_server_shutdown(tabi_request_server(request));
}

static void *read_answer(void *server)
{
    tabi_sock *client = new_socket(AF_INET, SOCK_STREAM);
    tabi_addr addr;
    char text[1100] = "";
    CHECK_OK(tabi_server_address(server, &addr));
    CHECK_OK(tabi_connect_addr(client, &addr));
    CHECK_EQ(tabi_recv_exactly(client, text, sizeof text, 0, NULL), 1010);
    CHECK(strncmp(text, "answer 1 zz", 11) == 0 && text[1008] == 'z' && text[1009] == '2');
    tabi_sock_free(client);
    return NULL;
}

static void a_reply_may_be_formatted(void)
{
    static char text[1001];
    tabi_server *server;
    pthread_t client;
    memset(text, 'z', 1000);
    CHECK_OK(tabi_tcp_server("127.0.0.1", 0, answer_at_length, text, &server));
    CHECK_EQ(pthread_create(&client, NULL, read_answer, server), 0);
    CHECK_OK(tabi_server_serve_forever(server, 0.5));
    CHECK_EQ(pthread_join(client, NULL), 0);
    CHECK_CODE(tabi_request_printf(NULL, "%d", 1), TABI_ERR_NULL);
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
    /* The timer repeats, because the first signal may come just before the call, which would then go on waiting. */
    CHECK_EQ(ualarm(10000, 10000), 0);
    CHECK_CODE(tabi_server_serve_forever(server, 0.5), -EINTR);
    CHECK_CODE(tabi_server_handle_request(server), -EINTR);
    ualarm(0, 0);
    tabi_server_free(server);
}

/* Two pipes: through one a job reports that it has begun, through the other it is told to end. */
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

static int hold(tabi_request *request, void *userdata)
{
    char byte;
    (void)request;
    (void)userdata;
    CHECK_EQ(write(begun[1], "x", 1), 1);
    while (read(let_go[0], &byte, 1) != 1)
        CHECK_EQ(errno, EINTR);
    return 0;
}

static void a_signal_ends_the_wait_of_an_interruptible_close_and_closing_again_goes_on(void)
{
    tabi_server *server;
    tabi_drain_report report = {sizeof report, 9, 9, 9, 9};
    tabi_job job = {sizeof job, NULL, hold, NULL, NULL, -1, 0, NULL, 0};
    char byte;
    open_pipes();
    CHECK_OK(tabi_threading_tcp_server("127.0.0.1", 0, check_stream, NULL, &server));
    CHECK_EQ(tabi_server_run_job(server, &job), 1);
    CHECK_EQ(read(begun[0], &byte, 1), 1);
    CHECK_OK(tabi_server_set_interruptible(server, 1));
    CHECK_EQ(ualarm(10000, 10000), 0);
    CHECK_CODE(tabi_server_close(server, TABI_NO_TIMEOUT, &report), -EINTR);
    CHECK_EQ(report.finished, 0);
    CHECK_EQ(report.cut, 0);
    CHECK_EQ(report.left, 1);
    CHECK_CODE(tabi_server_close(server, 60.0, &report), -EINTR);
    ualarm(0, 0);
    /* The server does not serve any more, although the close has not ended. */
    CHECK_CODE(tabi_server_serve_forever(server, 0.5), TABI_ERR_CLOSED);
    CHECK_EQ(write(let_go[1], "x", 1), 1);
    CHECK_OK(tabi_server_close(server, TABI_NO_TIMEOUT, &report));
    CHECK_EQ(report.left, 0);
    tabi_server_free(server);
    close_pipes();
}

static void closing_again_drains_what_was_left(void)
{
    tabi_server_options options;
    tabi_addr any;
    tabi_server *server;
    tabi_drain_report report = {sizeof report, 9, 9, 9, 9};
    tabi_job job = {sizeof job, NULL, hold, NULL, NULL, -1, 0, NULL, 0};
    char byte;
    open_pipes();
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    options.concurrency = TABI_THREADS;
    options.block_on_close = 0;
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &any));
    CHECK_OK(tabi_server_new(&options, &any, check_stream, NULL, &server));
    CHECK_EQ(tabi_server_run_job(server, &job), 1);
    CHECK_EQ(read(begun[0], &byte, 1), 1);
    CHECK_OK(tabi_server_close(server, TABI_NO_TIMEOUT, &report));
    CHECK_EQ(report.left, 1);
    CHECK_OK(tabi_server_close(server, TABI_NO_TIMEOUT, &report));
    CHECK_EQ(report.left, 0);
    CHECK_EQ(write(let_go[1], "x", 1), 1);
    CHECK_OK(tabi_server_close(server, 60.0, &report));
    CHECK_EQ(report.cut, 0);
    CHECK_EQ(report.left, 0);
    tabi_server_free(server);
    close_pipes();
}

static volatile sig_atomic_t wake_fd;

static void stop(int signal_number)
{
    (void)signal_number;
    if (write(wake_fd, "x", 1) != 1)
        abort();
}

/* The signal that interrupts the loop also requests a stop, which the loop must keep when it returns. */
static void an_interrupted_server_keeps_a_stop(void)
{
    struct sigaction action;
    tabi_server *server;
    int rc;
    memset(&action, 0, sizeof action);
    action.sa_handler = stop;
    CHECK_OK(tabi_threading_tcp_server("127.0.0.1", 0, check_stream, NULL, &server));
    CHECK_OK(tabi_server_set_interruptible(server, 1));
    wake_fd = (int)CHECK_OK(tabi_server_wake_fd(server));
    CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
    CHECK_EQ(ualarm(20000, 0), 0);
    rc = tabi_server_serve_forever(server, TABI_NO_TIMEOUT);
    if (rc == -EINTR)
        rc = tabi_server_serve_forever(server, TABI_NO_TIMEOUT);
    CHECK_OK(rc);
    action.sa_handler = on_alarm;
    CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
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
    RUN(a_reply_may_be_formatted);
    RUN(an_interruptible_server_returns_for_a_signal);
    RUN(an_interrupted_server_keeps_a_stop);
    RUN(a_signal_ends_the_wait_of_an_interruptible_close_and_closing_again_goes_on);
    RUN(closing_again_drains_what_was_left);
    RUN(null_is_an_error);
    return 0;
}
