/* Servers that are made in every way: by class, from settings, from sockets of other programs, and with bad settings. */
#include "pairs.h"
#include "serving.h"

#include <sys/wait.h>

static int answer(tabi_request *request, void *userdata)
{
    (void)userdata;
    CHECK_OK(tabi_request_reply(request, "answer", 6));
    return -EDOM;
}

static void sockets_from_elsewhere(void)
{
    tabi_server_options options;
    tabi_server *server = NULL;
    tabi_sock *listener = NULL, *client;
    tabi_listen_socket *list = NULL;
    size_t count = 7;
    char bytes[16];

    CHECK_OK(tabi_listen_fds(&list, &count));
    CHECK_EQ(count, 0);
    tabi_listen_fds_free(list, count);
    tabi_listen_fds_free(NULL, 0);

    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    CHECK_OK(tabi_socket(AF_INET, SOCK_STREAM, 0, &listener));
    CHECK_OK(tabi_bind(listener, "127.0.0.1", 0));
    CHECK_CODE(tabi_server_from_sockets(&options, &listener, 0, answer, NULL, &server), TABI_ERR_VALUE);
    CHECK_CODE(tabi_server_from_sockets(&options, NULL, 1, answer, NULL, &server), TABI_ERR_NULL);
    CHECK_CODE(tabi_server_from_sockets(&options, NULL, 0, answer, NULL, &server), TABI_ERR_VALUE);
    CHECK_CODE(tabi_server_from_sockets(&options, &listener, SIZE_MAX, answer, NULL, &server), TABI_ERR_OVERFLOW);
    CHECK_OK(tabi_server_from_sockets(&options, &listener, 1, answer, NULL, &server));
    client = connect_to(server);
    CHECK_OK(tabi_server_handle_request(server));
    CHECK_EQ(tabi_recv(client, bytes, sizeof bytes, MSG_WAITALL), 6);
    tabi_server_free(server);
    tabi_sock_free(client);
}

/* A socket that is given twice, or is not the program's to give, would be freed by two owners. */
static void a_socket_is_given_to_one_server_once(void)
{
    tabi_server_options options;
    tabi_server *server = NULL, *other = NULL;
    tabi_sock *listener = NULL, *twice[2], *lent;
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    CHECK_OK(tabi_create_server(AF_INET, "127.0.0.1", 0, 1, 0, &listener));
    twice[0] = twice[1] = listener;
    CHECK_CODE(tabi_server_from_sockets(&options, twice, 2, answer, NULL, &server), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "sockets[1] is in the array already");
    CHECK_OK(tabi_tcp_server("127.0.0.1", 0, answer, NULL, &other));
    lent = tabi_server_sock(other);
    CHECK_CODE(tabi_server_from_sockets(&options, &lent, 1, answer, NULL, &server), TABI_ERR_VALUE);
    CHECK_CONTAINS(tabi_last_error_message(), "belongs to its server or request");
    tabi_server_free(other);
    CHECK_OK(tabi_server_from_sockets(&options, &listener, 1, answer, NULL, &server));
    tabi_server_free(server);
}

static void a_program_inherits_the_sockets(void)
{
    tabi_server *server = NULL;
    pid_t pid = 0;
    int end = 0;
    const char *const argv[] = {"-c", "test -S /dev/fd/3 && test \"$LISTEN_FDS:$LISTEN_FDNAMES:$LISTEN_PID\" = 1:chat:", NULL};

    CHECK_OK(tabi_tcp_server("127.0.0.1", 0, answer, NULL, &server));
    CHECK_OK(tabi_server_pass_to(server, "/bin/sh", argv, "chat", &pid));
    CHECK_EQ(waitpid(pid, &end, 0), pid);
    CHECK_EQ(end, 0);
    /* Valgrind and qemu give the child a copy of the memory, in which posix_spawn cannot report this. */
    if (!check_emulated())
        CHECK_CODE(tabi_server_pass_to(server, "/nowhere/at/all", NULL, "chat", &pid), -ENOENT);
    CHECK_CODE(tabi_server_pass_to(server, "/bin/sh", argv, "a:b", &pid), TABI_ERR_VALUE);
    CHECK_CODE(tabi_server_pass_to(server, NULL, argv, "chat", &pid), TABI_ERR_NULL);
    CHECK_CODE(tabi_server_pass_to(NULL, "/bin/sh", argv, "chat", &pid), TABI_ERR_NULL);
    tabi_server_free(server);
}

static void is_of_type(tabi_server *server, int type)
{
    CHECK_EQ(tabi_type(tabi_server_sock(server)), type);
    CHECK_OK(tabi_server_collect_children(server));
    tabi_server_free(server);
}

static void internet_classes(void)
{
    tabi_server *server = NULL;
    CHECK_OK(tabi_tcp_server("127.0.0.1", 0, answer, NULL, &server));
    is_of_type(server, SOCK_STREAM);
    CHECK_OK(tabi_threading_tcp_server("127.0.0.1", 0, answer, NULL, &server));
    is_of_type(server, SOCK_STREAM);
    CHECK_OK(tabi_forking_tcp_server("127.0.0.1", 0, answer, NULL, &server));
    is_of_type(server, SOCK_STREAM);
    CHECK_OK(tabi_udp_server("127.0.0.1", 0, answer, NULL, &server));
    is_of_type(server, SOCK_DGRAM);
    CHECK_OK(tabi_threading_udp_server("127.0.0.1", 0, answer, NULL, &server));
    is_of_type(server, SOCK_DGRAM);
    CHECK_OK(tabi_forking_udp_server("127.0.0.1", 0, answer, NULL, &server));
    is_of_type(server, SOCK_DGRAM);
}

static void unix_classes(void)
{
    char path[64];
    tabi_server *server = NULL;
    snprintf(path, sizeof path, "/tmp/tabi-c-%ld", (long)getpid());
    CHECK_OK(tabi_unix_stream_server(path, answer, NULL, &server));
    CHECK_CODE(tabi_unix_datagram_server(path, answer, NULL, &server), -EADDRINUSE);
    is_of_type(server, SOCK_STREAM);
    CHECK_EQ(unlink(path), 0);
    CHECK_OK(tabi_threading_unix_stream_server(path, answer, NULL, &server));
    is_of_type(server, SOCK_STREAM);
    CHECK_EQ(unlink(path), 0);
    CHECK_OK(tabi_forking_unix_stream_server(path, answer, NULL, &server));
    is_of_type(server, SOCK_STREAM);
    CHECK_EQ(unlink(path), 0);
    CHECK_OK(tabi_unix_datagram_server(path, answer, NULL, &server));
    is_of_type(server, SOCK_DGRAM);
    CHECK_EQ(unlink(path), 0);
    CHECK_OK(tabi_threading_unix_datagram_server(path, answer, NULL, &server));
    is_of_type(server, SOCK_DGRAM);
    CHECK_EQ(unlink(path), 0);
    CHECK_OK(tabi_forking_unix_datagram_server(path, answer, NULL, &server));
    is_of_type(server, SOCK_DGRAM);
    CHECK_EQ(unlink(path), 0);
}

static int exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* A server removes its path on request, in its own process, when no other file is there. */
static void a_path_is_removed_on_request(void)
{
    char directory[32], path[64];
    tabi_server_options options;
    tabi_server *server = NULL;
    tabi_addr addr;
    pid_t pid;
    int status = 0, keep;
    const char *const argv[] = {"-c", "exit 0", NULL};

    snprintf(path, sizeof path, "%s/socket", make_directory(directory));
    CHECK_OK(tabi_addr_from_unix(path, strlen(path), &addr));
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    CHECK_EQ(options.unlink_path, 0);
    options.unlink_path = 1;
    CHECK_CODE(tabi_server_new(&options, &addr, answer, NULL, &server), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "unlink_path is for AF_UNIX, got AF_INET");
    options.address_family = AF_UNIX;

    CHECK_OK(tabi_server_new(&options, &addr, answer, NULL, &server));
    CHECK(exists(path));
    pid = fork();
    if (pid == 0) {
        tabi_server_free(server);
        _exit(exists(path) ? 0 : 1);
    }
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK_EQ(status, 0);
    CHECK_OK(tabi_server_close(server, TABI_NO_TIMEOUT, NULL));
    CHECK(!exists(path));
    tabi_server_free(server);

    CHECK_OK(tabi_server_new(&options, &addr, answer, NULL, &server));
    CHECK_OK(tabi_server_pass_to(server, "/bin/sh", argv, "control", &pid));
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    tabi_server_free(server);
    CHECK(exists(path));
    CHECK_EQ(unlink(path), 0);

    for (keep = 0; keep < 2; keep++) {
        int fd = -1;
        options.unlink_path = !keep;
        CHECK_OK(tabi_server_new(&options, &addr, answer, NULL, &server));
        if (!keep) {
            CHECK_EQ(unlink(path), 0);
            fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
            CHECK(fd >= 0);
            close(fd);
        }
        tabi_server_free(server);
        CHECK(exists(path));
        CHECK_EQ(unlink(path), 0);
    }
    CHECK_EQ(rmdir(directory), 0);
}

/* Also a setting that nothing uses must be a value that can be. */
static void settings_that_cannot_be_are_named(void)
{
    tabi_server_options options, defaults;
    tabi_server *server = NULL;
    tabi_addr any;
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &any));
    CHECK_OK(tabi_server_options_init(&defaults, sizeof defaults));
#define IS_REFUSED(setting, value)                                                         \
    do {                                                                                   \
        options = defaults;                                                                \
        options.setting = (value);                                                         \
        CHECK_CODE(tabi_server_new(&options, &any, answer, NULL, &server), TABI_ERR_VALUE); \
        CHECK_CONTAINS(tabi_last_error_message(), #setting);                                \
    } while (0)
    IS_REFUSED(proxy_version, 3);
    IS_REFUSED(min_rate_grace, (double)NAN);
    IS_REFUSED(when_full, 3);
    IS_REFUSED(thread_idle, -1);
    IS_REFUSED(dualstack_ipv6, 1);
#undef IS_REFUSED
    CHECK(server == NULL);
}

static void bad_settings(void)
{
    tabi_server_options options;
    tabi_server_hooks hooks;
    tabi_server_statistics statistics;
    tabi_addr any;
    tabi_server *server = NULL;

    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &any));
    CHECK_CODE(tabi_server_options_init(NULL, sizeof options), TABI_ERR_NULL);
    CHECK_CODE(tabi_server_options_init(&options, 4), TABI_ERR_VALUE);
    CHECK_CODE(tabi_server_new(NULL, &any, answer, NULL, &server), TABI_ERR_NULL);
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    options.concurrency = 9;
    CHECK_CODE(tabi_server_new(&options, &any, answer, NULL, &server), TABI_ERR_VALUE);
    CHECK_CONTAINS(tabi_last_error_message(), "got 9");
    options.concurrency = TABI_THREADS;
    options.when_full = -1;
    CHECK_CODE(tabi_server_new(&options, &any, answer, NULL, &server), TABI_ERR_VALUE);
    options.when_full = TABI_WHEN_FULL_REFUSE;
    options.loops = 0;
    CHECK_CODE(tabi_server_new(&options, &any, answer, NULL, &server), TABI_ERR_VALUE);
    options.loops = 1;
    options.timeout = -1;
    CHECK_CODE(tabi_server_new(&options, &any, answer, NULL, &server), TABI_ERR_VALUE);
    options.timeout = TABI_NO_TIMEOUT;
    options.address_family = AF_UNIX;
    CHECK_CODE(tabi_server_new(&options, &any, answer, NULL, &server), TABI_ERR_TYPE);
    options.address_family = AF_INET;
    memset(&hooks, 0, sizeof hooks);
    options.hooks = &hooks;
    CHECK_CODE(tabi_server_new(&options, &any, answer, NULL, &server), TABI_ERR_VALUE);
    options.hooks = NULL;
    CHECK_CODE(tabi_server_new(&options, NULL, answer, NULL, &server), TABI_ERR_NULL);
    CHECK_CODE(tabi_server_new(&options, &any, NULL, NULL, &server), TABI_ERR_NULL);
    CHECK_CODE(tabi_server_new(&options, &any, answer, NULL, NULL), TABI_ERR_NULL);
    CHECK(server == NULL);
    statistics.struct_size = 0;
    CHECK_CODE(tabi_server_get_statistics(NULL, &statistics), TABI_ERR_NULL);
    CHECK_OK(tabi_server_new(&options, &any, answer, NULL, &server));
    CHECK_CODE(tabi_server_get_statistics(server, &statistics), TABI_ERR_VALUE);
    CHECK_CODE(tabi_request_process(NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_request_process_default(NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_request_finish(NULL), TABI_ERR_NULL);
    CHECK(tabi_request_data(NULL) == NULL);
    tabi_request_free(NULL);
    tabi_server_free(server);
}

int main(void)
{
    RUN(sockets_from_elsewhere);
    RUN(a_socket_is_given_to_one_server_once);
    RUN(a_program_inherits_the_sockets);
    RUN(internet_classes);
    RUN(unix_classes);
    RUN(a_path_is_removed_on_request);
    RUN(settings_that_cannot_be_are_named);
    RUN(bad_settings);
    return 0;
}
