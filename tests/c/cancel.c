/* Tokens that cancel calls: from another thread, from a signal handler, and by their own time. */
#include "serving.h"

#include <math.h>
#include <signal.h>

static tabi_cancel *new_token(void)
{
    tabi_cancel *token = NULL;
    CHECK_OK(tabi_cancel_new(TABI_NO_TIMEOUT, &token));
    return token;
}

static void new_pair(tabi_sock **one, tabi_sock **other)
{
    CHECK_OK(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, one, other));
}

static void *trigger(void *token)
{
    CHECK_OK(tabi_cancel_trigger(token));
    return NULL;
}

static void a_thread_that_has_entered_a_token_is_cancelled_until_it_leaves(void)
{
    tabi_cancel *token = new_token();
    tabi_sock *one, *other;
    pthread_t thread;
    char byte;
    new_pair(&one, &other);
    CHECK_EQ(tabi_cancel_is_triggered(token), 0);
    CHECK_OK(tabi_cancel_enter(token));
    CHECK_EQ(pthread_create(&thread, NULL, trigger, token), 0);
    CHECK_CODE(tabi_recv(one, &byte, 1, 0), TABI_ERR_CANCELLED);
    CHECK_EQ(errno, ECANCELED);
    CHECK_STR(tabi_last_error_message(), "the call was cancelled");
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(tabi_cancel_is_triggered(token), 1);
    CHECK_OK(tabi_cancel_trigger(token));
    CHECK_CODE(tabi_send(other, "x", 1, 0), TABI_ERR_CANCELLED);
    CHECK_OK(tabi_cancel_leave(token));
    CHECK_EQ(tabi_send(other, "x", 1, 0), 1);
    CHECK_EQ(tabi_recv(one, &byte, 1, 0), 1);
    tabi_cancel_free(token);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void a_thread_leaves_its_tokens_in_order(void)
{
    tabi_cancel *outer = new_token(), *inner = new_token();
    CHECK_CODE(tabi_cancel_leave(outer), TABI_ERR_VALUE);
    CHECK_OK(tabi_cancel_enter(outer));
    CHECK_OK(tabi_cancel_enter(inner));
    CHECK_OK(tabi_cancel_enter(inner));
    CHECK_CODE(tabi_cancel_leave(outer), TABI_ERR_VALUE);
    CHECK_OK(tabi_cancel_leave(inner));
    CHECK_OK(tabi_cancel_leave(inner));
    CHECK_CODE(tabi_cancel_leave(inner), TABI_ERR_VALUE);
    CHECK_OK(tabi_cancel_leave(outer));
    CHECK_CODE(tabi_cancel_leave(outer), TABI_ERR_VALUE);
    tabi_cancel_free(outer);
    tabi_cancel_free(inner);
}

static void a_socket_has_a_token_for_all_threads(void)
{
    tabi_cancel *token = new_token();
    tabi_sock *one, *other;
    size_t sent = 99;
    char byte;
    new_pair(&one, &other);
    CHECK_OK(tabi_set_cancel(one, token));
    CHECK_EQ(tabi_send(other, "x", 1, 0), 1);
    CHECK_EQ(tabi_recv(one, &byte, 1, 0), 1);
    CHECK_OK(tabi_cancel_trigger(token));
    /* The socket has a reference of its own. */
    tabi_cancel_free(token);
    CHECK_CODE(tabi_sendall(one, "x", 1, 0, &sent), TABI_ERR_CANCELLED);
    CHECK_EQ(sent, 0);
    CHECK_OK(tabi_set_cancel(one, NULL));
    CHECK_OK(tabi_sendall(one, "x", 1, 0, &sent));
    CHECK_CODE(tabi_set_cancel(NULL, NULL), TABI_ERR_NULL);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void a_token_has_a_time_of_its_own(void)
{
    tabi_cancel *token = NULL;
    tabi_sock *one, *other;
    char byte;
    new_pair(&one, &other);
    CHECK_OK(tabi_cancel_new(0.01, &token));
    CHECK_OK(tabi_set_cancel(one, token));
    CHECK_CODE(tabi_recv(one, &byte, 1, 0), TABI_ERR_CANCELLED);
    CHECK_EQ(tabi_cancel_is_triggered(token), 1);
    tabi_cancel_free(token);

    CHECK_OK(tabi_cancel_new_until(tabi_deadline(60), &token));
    CHECK_OK(tabi_set_cancel(one, token));
    CHECK_OK(tabi_settimeout(one, 0.01));
    CHECK_CODE(tabi_recv(one, &byte, 1, 0), TABI_ERR_TIMEOUT);
    CHECK_EQ(tabi_cancel_is_triggered(token), 0);
    tabi_cancel_free(token);

    CHECK_CODE(tabi_cancel_new(-1, &token), TABI_ERR_VALUE);
    CHECK_CODE(tabi_cancel_new(NAN, &token), TABI_ERR_VALUE);
    CHECK_CODE(tabi_cancel_new(1e300, &token), TABI_ERR_OVERFLOW);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

static void a_token_lives_until_its_last_reference_is_given_back(void)
{
    tabi_cancel *token = new_token();
    CHECK(tabi_cancel_ref(token) == token);
    tabi_cancel_free(token);
    CHECK_OK(tabi_cancel_enter(token));
    CHECK_OK(tabi_cancel_leave(token));
    tabi_cancel_free(token);
    tabi_cancel_free(NULL);
    CHECK(tabi_cancel_ref(NULL) == NULL);
}

static tabi_cancel *of_signals;
static volatile sig_atomic_t errno_in_handler;

static void on_signal(int number)
{
    (void)number;
    errno = 12345;
    tabi_cancel_trigger(of_signals);
    errno_in_handler = errno;
}

static void *send_a_signal(void *thread)
{
    CHECK_EQ(pthread_kill(*(pthread_t *)thread, SIGUSR1), 0);
    return NULL;
}

/* Whatever moment the signal comes at: before the call, while it begins, or while it waits. */
static void a_signal_handler_cancels_a_call_that_is_not_interruptible(void)
{
    struct sigaction action, before;
    pthread_t self = pthread_self(), thread;
    tabi_sock *one, *other;
    char byte;
    int round;
    new_pair(&one, &other);
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    CHECK_EQ(sigaction(SIGUSR1, &action, &before), 0);
    for (round = 0; round < 100; round++) {
        of_signals = new_token();
        CHECK_OK(tabi_cancel_enter(of_signals));
        CHECK_EQ(pthread_create(&thread, NULL, send_a_signal, &self), 0);
        CHECK_CODE(tabi_recv(one, &byte, 1, 0), TABI_ERR_CANCELLED);
        CHECK_EQ(pthread_join(thread, NULL), 0);
        CHECK_EQ(errno_in_handler, 12345);
        CHECK_OK(tabi_cancel_leave(of_signals));
        tabi_cancel_free(of_signals);
    }
    CHECK_EQ(sigaction(SIGUSR1, &before, NULL), 0);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

struct handled {
    tabi_cancel *token;
    int errors;
};

/* Enters a token and does not leave it. The next request of the thread is not under it. */
static int enter_and_stay(tabi_request *request, void *userdata)
{
    struct handled *handled = userdata;
    char byte;
    CHECK_EQ(tabi_recv(tabi_request_sock(request), &byte, 1, 0), 1);
    CHECK_OK(tabi_cancel_enter(handled->token));
    CHECK_OK(tabi_cancel_trigger(handled->token));
    CHECK_CODE(tabi_recv(tabi_request_sock(request), &byte, 1, 0), TABI_ERR_CANCELLED);
    return 0;
}

static void the_server_leaves_what_a_handler_has_entered(void)
{
    tabi_server_options options;
    struct handled handled = {new_token(), 0};
    tabi_server *server = NULL;
    tabi_addr any;
    pthread_t thread;
    int round;
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    options.concurrency = TABI_THREADS;
    options.max_threads = 1;
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &any));
    CHECK_OK(tabi_server_new(&options, &any, enter_and_stay, &handled, &server));
    thread = serve_in_a_thread(server);
    for (round = 1; round <= 3; round++) {
        tabi_sock *client = connect_to(server);
        say(client, "x");
        WAIT_FOR_COUNT(server, finished, (unsigned)round);
        tabi_sock_free(client);
    }
    CHECK_EQ(statistics_of(server).failed, 0);
    stop(server, thread);
    tabi_cancel_free(handled.token);
}

static int receive(tabi_request *request, void *userdata)
{
    char byte;
    ssize_t n = tabi_recv(tabi_request_sock(request), &byte, 1, 0);
    (void)userdata;
    return (int)n;
}

static void count_cancelled(tabi_request *request, int code, const char *message, void *userdata)
{
    (void)request;
    CHECK_EQ(code, TABI_ERR_CANCELLED);
    CHECK_STR(message, "the call was cancelled");
    ((struct handled *)userdata)->errors++;
}

static void the_handlers_of_a_server_are_under_its_token(void)
{
    tabi_server_options options;
    tabi_server_hooks hooks = {.struct_size = sizeof hooks, .handle_error = count_cancelled};
    struct handled handled = {new_token(), 0};
    tabi_server *server = NULL;
    tabi_sock *client;
    tabi_addr any;
    pthread_t thread;
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    CHECK(options.cancel == NULL);
    hooks.userdata = &handled;
    options.hooks = &hooks;
    options.concurrency = TABI_THREADS;
    options.cancel = handled.token;
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &any));
    CHECK_OK(tabi_server_new(&options, &any, receive, NULL, &server));
    thread = serve_in_a_thread(server);
    client = connect_to(server);
    WAIT_FOR_COUNT(server, active, 1);
    CHECK_OK(tabi_cancel_trigger(handled.token));
    HEAR_END(client);
    WAIT_FOR_COUNT(server, failed, 1);
    tabi_sock_free(client);
    stop(server, thread);
    CHECK_EQ(handled.errors, 1);
    tabi_cancel_free(handled.token);
}

static void a_thread_that_serves_is_cancelled(void)
{
    tabi_cancel *token = new_token();
    tabi_server *server = NULL;
    pthread_t thread;
    CHECK_OK(tabi_tcp_server("127.0.0.1", 0, receive, NULL, &server));
    CHECK_OK(tabi_cancel_enter(token));
    CHECK_EQ(pthread_create(&thread, NULL, trigger, token), 0);
    CHECK_CODE(tabi_server_serve_forever(server, 0.5), TABI_ERR_CANCELLED);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_CODE(tabi_server_handle_request(server), TABI_ERR_CANCELLED);
    CHECK_OK(tabi_server_close(server, 60.0, NULL));
    CHECK_OK(tabi_cancel_leave(token));
    tabi_server_free(server);
    tabi_cancel_free(token);
}

int main(void)
{
    RUN(a_thread_that_has_entered_a_token_is_cancelled_until_it_leaves);
    RUN(a_thread_leaves_its_tokens_in_order);
    RUN(a_socket_has_a_token_for_all_threads);
    RUN(a_token_has_a_time_of_its_own);
    RUN(a_token_lives_until_its_last_reference_is_given_back);
    RUN(a_signal_handler_cancels_a_call_that_is_not_interruptible);
    RUN(the_server_leaves_what_a_handler_has_entered);
    RUN(the_handlers_of_a_server_are_under_its_token);
    RUN(a_thread_that_serves_is_cancelled);
    return 0;
}
