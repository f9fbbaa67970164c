/* The beginnings and ends of processes and threads: fork, thread exit, exit() while others are blocked, SIGPIPE. */
#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static int on_client(tabi_request *req, void *userdata)
{
    char line[64];
    tabi_sock *sk = tabi_request_sock(req);
    (void)userdata;
    for (;;) {
        ssize_t n = tabi_recv(sk, line, sizeof line, 0);
        if (n <= 0) return (int)n;
        if ((n = tabi_sendall(sk, line, (size_t)n, 0, NULL)) < 0) return (int)n;
    }
}

static void *serve(void *server)
{
    tabi_server_serve_forever(server, 0.5);
    return NULL;
}

static void *receive(void *sk)
{
    char byte;
    tabi_recv(sk, &byte, 1, 0);
    return NULL;
}

static void *accept_one(void *sk)
{
    tabi_sock *client;
    tabi_accept(sk, &client, NULL);
    return NULL;
}

/* Waits until a thread of this process sleeps in a system call, which the files of the kernel show. */
static void wait_until_asleep(const volatile int *thread)
{
    char path[64], state = 0;
    const struct timespec moment = {0, 1000000};
    while (state != 'S') {
        FILE *file;
        nanosleep(&moment, NULL);
        if (*thread == 0)
            continue;
        snprintf(path, sizeof path, "/proc/self/task/%d/stat", *thread);
        file = fopen(path, "r");
        CHECK(file != NULL && fscanf(file, "%*d (%*[^)]) %c", &state) == 1);
        fclose(file);
    }
}

/* The status with which a child process ended. */
static int status_of(pid_t child)
{
    int status = -1;
    CHECK(child > 0);
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int child_is_done;

/* The last exit handler of a child. A memory checker must not check the memory of a forked child: memory that only the
   only the other threads of the parent could reach would count as leaked. */
static void end_unseen(void)
{
    if (child_is_done)
        kill(getpid(), SIGKILL);
}

static void check_is_done(pid_t child)
{
    int status = -1;
    CHECK(child > 0);
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static tabi_server *start_server(pthread_t *thread, tabi_addr *address)
{
    tabi_server *server = NULL;
    CHECK_OK(tabi_threading_tcp_server("127.0.0.1", 0, on_client, NULL, &server));
    CHECK_OK(tabi_server_address(server, address));
    CHECK_EQ(pthread_create(thread, NULL, serve, server), 0);
    return server;
}

static void echo_from(const tabi_addr *address)
{
    char answer[8];
    tabi_sock *client;
    CHECK_OK(tabi_socket(AF_INET, SOCK_STREAM, 0, &client));
    CHECK_OK(tabi_settimeout(client, 30));
    CHECK_OK(tabi_connect_addr(client, address));
    CHECK_OK(tabi_sendall(client, "hello", 5, 0, NULL));
    CHECK_EQ(tabi_recv(client, answer, sizeof answer, 0), 5);
    CHECK_OK(tabi_close(client));
    CHECK_CODE(tabi_send(client, "x", 1, 0), TABI_ERR_CLOSED);
    CHECK_STR(tabi_last_error_message(), "the socket is closed");
    tabi_sock_free(client);
}

static void a_child_has_working_sockets(void)
{
    pthread_t thread, reader;
    tabi_addr address;
    tabi_sock *one, *other;
    char byte;
    int round;
    tabi_server *server = start_server(&thread, &address);
    CHECK_OK(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &one, &other));
    CHECK_EQ(pthread_create(&reader, NULL, receive, one), 0);
    echo_from(&address);
    for (round = 0; round < 10; round++) {
        pid_t child = fork();
        if (child == 0) {
            echo_from(&address);
            tabi_sock_free(one);
            child_is_done = 1;
            exit(1);
        }
        check_is_done(child);
    }
    CHECK_OK(tabi_sendall(other, "x", 1, 0, NULL));
    pthread_join(reader, NULL);
    CHECK_OK(tabi_setblocking(other, 0));
    CHECK_CODE(tabi_recv(other, &byte, 1, 0), -EAGAIN);
    tabi_sock_free(one);
    tabi_sock_free(other);
    CHECK_OK(tabi_server_shutdown(server));
    pthread_join(thread, NULL);
    tabi_server_free(server);
}

static pthread_key_t key;
static int destructor_calls;

/* Runs when the thread ends, after the library's own data of the thread is gone. */
static void at_thread_exit(void *rounds)
{
    char buffer[8];
    CHECK(tabi_last_error_message() != NULL);
    CHECK_EQ(tabi_recv(NULL, buffer, sizeof buffer, 0), TABI_ERR_NULL);
    CHECK(tabi_last_error_message() != NULL);
    CHECK_STR(tabi_strerror(TABI_ERR_NULL), tabi_strerror(TABI_ERR_NULL));
    {
        tabi_sock *one, *other;
        CHECK_OK(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &one, &other));
        CHECK_OK(tabi_settimeout(other, 0.001));
        CHECK_EQ(tabi_recv(other, buffer, 1, 0), TABI_ERR_TIMEOUT);
        tabi_sock_free(one);
        tabi_sock_free(other);
    }
    destructor_calls++;
    if ((char *)rounds > (char *)1)
        pthread_setspecific(key, (char *)rounds - 1);
}

/* The first failure of a thread comes before its destructors. If the first one came in a destructor, its message of about
   fifty bytes would leak, because the C library runs the destructors of thread-local data only once. */
static void *use_and_end(void *unused)
{
    (void)unused;
    CHECK_EQ(tabi_listen(NULL, 1), TABI_ERR_NULL);
    pthread_setspecific(key, (char *)3);
    return NULL;
}

static void a_thread_may_call_as_it_ends(void)
{
    int round;
    CHECK_EQ(pthread_key_create(&key, at_thread_exit), 0);
    for (round = 0; round < 20; round++) {
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, use_and_end, NULL), 0);
        pthread_join(thread, NULL);
    }
    CHECK_EQ(destructor_calls, 60);
    pthread_key_delete(key);
}

static volatile int blocked_thread;

static void *receive_and_tell(void *sk)
{
    char path[32] = "";
    CHECK(readlink("/proc/thread-self", path, sizeof path - 1) > 0);
    blocked_thread = atoi(strrchr(path, '/') + 1);
    return receive(sk);
}

/* In a child: a server serves, threads are blocked in calls, and main returns. */
static void exit_while_blocked(void)
{
    pthread_t thread;
    tabi_addr address;
    tabi_sock *one, *other, *listener, *timed, *peer;
    start_server(&thread, &address);
    echo_from(&address);
    CHECK_OK(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &one, &other));
    CHECK_OK(tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &timed, &peer));
    CHECK_OK(tabi_settimeout(timed, 100));
    CHECK_OK(tabi_socket(AF_INET, SOCK_STREAM, 0, &listener));
    CHECK_OK(tabi_bind(listener, "127.0.0.1", 0));
    CHECK_OK(tabi_listen(listener, 1));
    CHECK_EQ(pthread_create(&thread, NULL, accept_one, listener), 0);
    CHECK_EQ(pthread_create(&thread, NULL, receive, timed), 0);
    CHECK_EQ(pthread_create(&thread, NULL, receive_and_tell, one), 0);
    wait_until_asleep(&blocked_thread);
    exit(9);
}

static void a_program_may_exit_while_threads_are_blocked(void)
{
    int round;
    for (round = 0; round < 5; round++) {
        pid_t child = fork();
        if (child == 0)
            exit_while_blocked();
        CHECK_EQ(status_of(child), 9);
    }
}

static void a_vanished_peer_raises_no_signal(void)
{
    char byte = 0;
    tabi_iovec buffer = {&byte, 1};
    struct sigaction action;
    int family, file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), from_pipe[2];
    CHECK(file >= 0);
    CHECK_EQ(pipe(from_pipe), 0);
    CHECK_EQ(write(from_pipe[1], "xx", 2), 2);
    CHECK_EQ(sigaction(SIGPIPE, NULL, &action), 0);
    CHECK(action.sa_handler == SIG_DFL);
    for (family = 0; family < 2; family++) {
        tabi_sock *one, *other;
        CHECK_OK(tabi_socketpair(AF_UNIX, family ? SOCK_SEQPACKET : SOCK_STREAM, 0, &one, &other));
        tabi_sock_free(other);
        CHECK_CODE(tabi_send(one, &byte, 1, 0), -EPIPE);
        CHECK_CODE(tabi_sendall(one, &byte, 1, 0, NULL), -EPIPE);
        CHECK_CODE(tabi_sendmsg(one, &buffer, 1, NULL, 0, NULL), -EPIPE);
        if (!family) {
            CHECK_CODE(tabi_sendfile(one, file, 0, 1, NULL), -EPIPE);
            CHECK_CODE(tabi_sendfile(one, from_pipe[0], 0, 1, NULL), -EPIPE);
        }
        CHECK_OK(tabi_settimeout(one, 5));
        CHECK_CODE(tabi_send(one, &byte, 1, 0), -EPIPE);
        CHECK_CODE(tabi_sendall(one, &byte, 1, 0, NULL), -EPIPE);
        tabi_sock_free(one);
    }
    close(file);
    close(from_pipe[0]);
    close(from_pipe[1]);
    CHECK_EQ(sigaction(SIGPIPE, NULL, &action), 0);
    CHECK(action.sa_handler == SIG_DFL);
}

/* Handlers that end their own threads. The program goes on, and so do the other threads. */
static int end_the_thread(tabi_request *request, void *userdata)
{
    (void)userdata;
    CHECK_OK(tabi_request_reply(request, "ending", 6));
    pthread_exit(NULL);
}

static void serve_with_threads_that_end(void)
{
    pthread_t thread;
    tabi_server_options options;
    tabi_server *server = NULL;
    tabi_sock *clients[3];
    tabi_addr address;
    tabi_drain_report report = {sizeof report, 0, 0, 0, 0};
    char answer[8];
    size_t i;
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    options.concurrency = TABI_THREADS;
    options.daemon_threads = 1;
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &address));
    CHECK_OK(tabi_server_new(&options, &address, end_the_thread, NULL, &server));
    CHECK_OK(tabi_server_address(server, &address));
    CHECK_EQ(pthread_create(&thread, NULL, serve, server), 0);
    for (i = 0; i < 3; i++) {
        CHECK_OK(tabi_create_connection("127.0.0.1", tabi_addr_port(&address), 30, NULL, 0, &clients[i]));
        CHECK_EQ(tabi_recv_exactly(clients[i], answer, 6, 0, NULL), 6);
    }
    CHECK_OK(tabi_server_shutdown(server));
    pthread_join(thread, NULL);
    CHECK_OK(tabi_server_close(server, 0, &report));
    CHECK_EQ(report.left, 3);
    tabi_server_free(server);
    for (i = 0; i < 3; i++)
        tabi_sock_free(clients[i]);
}

/* In a process of its own, because these threads keep their requests until the process ends. */
static void a_handler_that_ends_its_thread_stays_there(void)
{
    pid_t child = fork();
    if (child == 0) {
        serve_with_threads_that_end();
        child_is_done = 1;
        exit(1);
    }
    check_is_done(child);
}

int main(void)
{
    /* Exit handlers run in the opposite order, so this one runs after those of all libraries. */
    CHECK_EQ(atexit(end_unseen), 0);
    RUN(a_child_has_working_sockets);
    RUN(a_thread_may_call_as_it_ends);
    RUN(a_program_may_exit_while_threads_are_blocked);
    RUN(a_vanished_peer_raises_no_signal);
    RUN(a_handler_that_ends_its_thread_stays_there);
    return 0;
}
