/* Connections that wait without a thread between two turns of their handler. */
#include "serving.h"

#include "pairs.h"

/* A server with one thread. A connection that held the thread would keep it from all others. */
static tabi_server *server_with_one_thread(tabi_handler handler, void *userdata, void (*change)(tabi_server_options *))
{
    tabi_server_options options;
    tabi_server *server = NULL;
    tabi_addr any;
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    options.concurrency = TABI_THREADS;
    options.max_threads = 1;
    if (change != NULL)
        change(&options);
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &any));
    CHECK_OK(tabi_server_new(&options, &any, handler, userdata, &server));
    return server;
}

/* Answers one word, and waits for the next without a thread. The word "bye" is the last one. */
static int echo_a_word(tabi_request *request, void *userdata)
{
    char word[16];
    ssize_t n = tabi_recv(tabi_request_sock(request), word, sizeof word, 0);
    (void)userdata;
    if (n <= 0)
        return (int)n;
    CHECK_OK(tabi_request_reply(request, word, (size_t)n));
    return n == 3 && memcmp(word, "bye", 3) == 0 ? 0 : TABI_PARK;
}

static void one_thread_serves_many_connections_that_stay_open(void)
{
    tabi_server *server = server_with_one_thread(echo_a_word, NULL, NULL);
    pthread_t thread = serve_in_a_thread(server);
    tabi_sock *clients[20];
    size_t i, round;
    for (i = 0; i < 20; i++) {
        clients[i] = connect_to(server);
        say(clients[i], "first");
        HEAR(clients[i], "first");
    }
    for (round = 0; round < 3; round++)
        for (i = 20; i-- > 0;) {
            say(clients[i], "more");
            HEAR(clients[i], "more");
        }
    WAIT_FOR_COUNT(server, parked, 20);
    CHECK_EQ(statistics_of(server).threads, 1);
    CHECK_EQ(statistics_of(server).active, 20);
    /* Bytes that come before the connection is parked need no waking. */
    CHECK(statistics_of(server).woken > 0 && statistics_of(server).woken <= 60);
    for (i = 0; i < 20; i++) {
        say(clients[i], "bye");
        HEAR(clients[i], "bye");
        HEAR_END(clients[i]);
        tabi_sock_free(clients[i]);
    }
    WAIT_FOR_COUNT(server, finished, 20);
    CHECK_EQ(statistics_of(server).accepted, 20);
    CHECK_EQ(statistics_of(server).parked, 0);
    CHECK_EQ(statistics_of(server).failed, 0);
    stop(server, thread);
}

static void from_the_first_byte(tabi_server_options *options)
{
    options->wait_for_first_byte = 1;
}

static void a_silent_client_has_no_thread_until_its_first_byte(void)
{
    tabi_server *server = server_with_one_thread(echo_a_word, NULL, from_the_first_byte);
    pthread_t thread = serve_in_a_thread(server);
    tabi_sock *silent[5], *client;
    size_t i;
    for (i = 0; i < 5; i++)
        silent[i] = connect_to(server);
    client = connect_to(server);
    say(client, "bye");
    HEAR(client, "bye");
    HEAR_END(client);
    WAIT_FOR_COUNT(server, parked, 5);
    for (i = 5; i-- > 0;) {
        say(silent[i], "bye");
        HEAR(silent[i], "bye");
        tabi_sock_free(silent[i]);
    }
    tabi_sock_free(client);
    stop(server, thread);
}

/* What a handler keeps from one turn to the next. */
struct visit {
    int turns;
    int ended;
};

static int keep_a_count(tabi_request *request, void *userdata)
{
    struct visit *visit = tabi_request_data(request);
    char byte;
    ssize_t n;
    if (visit == NULL) {
        visit = userdata;
        CHECK_OK(tabi_request_set_data(request, visit));
    }
    visit->turns++;
    if ((n = tabi_recv(tabi_request_sock(request), &byte, 1, 0)) <= 0) {
        visit->ended = n == 0;
        return (int)n;
    }
    CHECK_OK(tabi_request_reply(request, &byte, 1));
    return TABI_PARK;
}

static void what_a_request_carries_stays_until_its_last_turn(void)
{
    struct visit visit = {0, 0};
    tabi_server *server = server_with_one_thread(keep_a_count, &visit, NULL);
    pthread_t thread = serve_in_a_thread(server);
    tabi_sock *client = connect_to(server);
    int i;
    for (i = 0; i < 3; i++) {
        say(client, "x");
        HEAR(client, "x");
    }
    /* The end of the stream is one more turn. */
    CHECK_OK(tabi_close(client));
    WAIT_FOR_COUNT(server, finished, 1);
    CHECK_EQ(visit.turns, 4);
    CHECK_EQ(visit.ended, 1);
    tabi_sock_free(client);
    stop(server, thread);
}

/* Answers one line, which it reads from the request's own file. */
static int echo_a_line(tabi_request *request, void *userdata)
{
    tabi_file *rfile = tabi_request_rfile(request);
    char line[64];
    ssize_t n;
    (void)userdata;
    CHECK(rfile != NULL);
    CHECK(tabi_request_rfile(request) == rfile);
    if ((n = tabi_file_readline(rfile, line, sizeof line)) <= 0)
        return (int)n;
    CHECK_OK(tabi_request_reply(request, line, (size_t)n));
    return TABI_PARK;
}

static void lines_that_were_read_ahead_are_answered_without_more_bytes(void)
{
    tabi_server *server = server_with_one_thread(echo_a_line, NULL, from_the_first_byte);
    pthread_t thread = serve_in_a_thread(server);
    tabi_sock *client = connect_to(server);
    say(client, "one\ntwo\nthree\nfo");
    HEAR(client, "one\ntwo\nthree\n");
    say(client, "ur\n");
    HEAR(client, "four\n");
    tabi_sock_free(client);
    stop(server, thread);
}

/* Reads all that has come, uses the part up to a comma, and gives the rest back. */
static int echo_up_to_a_comma(tabi_request *request, void *userdata)
{
    tabi_file *rfile = tabi_request_rfile(request);
    char bytes[64];
    const char *comma;
    size_t used;
    ssize_t n = tabi_file_read1(rfile, bytes, sizeof bytes);
    (void)userdata;
    if (n <= 0)
        return (int)n;
    comma = memchr(bytes, ',', (size_t)n);
    used = comma != NULL ? (size_t)(comma - bytes) + 1 : (size_t)n;
    CHECK_OK(tabi_file_unread(rfile, bytes + used, (size_t)n - used));
    CHECK_EQ(tabi_file_buffered(rfile), (size_t)n - used);
    CHECK_OK(tabi_request_reply(request, bytes, used));
    CHECK_OK(tabi_request_reply(request, ";", 1));
    return TABI_PARK;
}

static void bytes_that_were_given_back_are_read_again(void)
{
    tabi_server *server = server_with_one_thread(echo_up_to_a_comma, NULL, NULL);
    pthread_t thread = serve_in_a_thread(server);
    tabi_sock *client = connect_to(server);
    say(client, "a,bc,d,");
    HEAR(client, "a,;bc,;d,;");
    tabi_sock_free(client);
    stop(server, thread);
}

static int again_and_again(tabi_request *request, void *userdata)
{
    int *turns = userdata;
    if (++*turns < 5)
        return TABI_AGAIN;
    return tabi_request_reply(request, "fifth", 5);
}

static void a_handler_that_says_again_runs_without_new_bytes(void)
{
    int turns = 0;
    tabi_server *server = server_with_one_thread(again_and_again, &turns, NULL);
    pthread_t thread = serve_in_a_thread(server);
    tabi_sock *client = connect_to(server);
    HEAR(client, "fifth");
    HEAR_END(client);
    CHECK_EQ(turns, 5);
    tabi_sock_free(client);
    stop(server, thread);
}

/* What has come of a request. */
struct piece {
    char bytes[64];
    size_t len;
};

/* Answers what has come when it ends with a comma. */
static int wait_for_a_comma(tabi_request *request, void *userdata)
{
    struct piece *piece = tabi_request_data(request);
    ssize_t n;
    (void)userdata;
    if (piece == NULL) {
        piece = calloc(1, sizeof *piece);
        CHECK_OK(tabi_request_set_data(request, piece));
    }
    n = tabi_recv(tabi_request_sock(request), piece->bytes + piece->len, sizeof piece->bytes - piece->len, 0);
    if (n <= 0) {
        free(piece);
        return (int)n;
    }
    piece->len += (size_t)n;
    if (piece->bytes[piece->len - 1] != ',')
        return TABI_MORE;
    CHECK_OK(tabi_request_reply(request, piece->bytes, piece->len));
    piece->len = 0;
    return TABI_PARK;
}

static void a_request_that_comes_in_pieces_keeps_nobody_waiting(void)
{
    tabi_server *server = server_with_one_thread(wait_for_a_comma, NULL, NULL);
    pthread_t thread = serve_in_a_thread(server);
    tabi_sock *slow = connect_to(server), *other = connect_to(server);
    say(slow, "a ");
    say(other, "one,");
    HEAR(other, "one,");
    say(slow, "slow,");
    HEAR(slow, "a slow,");
    say(other, "two,");
    HEAR(other, "two,");
    tabi_sock_free(slow);
    tabi_sock_free(other);
    stop(server, thread);
}

/* The failures that the hook handle_error was told. */
struct failures {
    pthread_mutex_t lock;
    int count, code;
    char message[128];
};

static void on_error(tabi_request *request, int code, const char *message, void *userdata)
{
    struct failures *failures = userdata;
    (void)request;
    pthread_mutex_lock(&failures->lock);
    failures->count++;
    failures->code = code;
    snprintf(failures->message, sizeof failures->message, "%s", message);
    pthread_mutex_unlock(&failures->lock);
}

static int fail_in_the_second_turn(tabi_request *request, void *userdata)
{
    char byte;
    CHECK_EQ(tabi_recv(tabi_request_sock(request), &byte, 1, 0), 1);
    CHECK_OK(tabi_request_reply(request, &byte, 1));
    (void)userdata;
    return byte == '1' ? TABI_PARK : -EDOM;
}

static struct failures failures = {PTHREAD_MUTEX_INITIALIZER, 0, 0, ""};
static tabi_server_hooks reporting;

static void report_failures(tabi_server_options *options)
{
    memset(&reporting, 0, sizeof reporting);
    reporting.struct_size = sizeof reporting;
    reporting.userdata = &failures;
    reporting.handle_error = on_error;
    options->hooks = &reporting;
    failures.count = 0;
}

static void a_handler_that_fails_after_it_was_parked_is_reported_once(void)
{
    tabi_server *server = server_with_one_thread(fail_in_the_second_turn, NULL, report_failures);
    pthread_t thread = serve_in_a_thread(server);
    tabi_sock *client = connect_to(server);
    say(client, "1");
    HEAR(client, "1");
    say(client, "2");
    HEAR(client, "2");
    HEAR_END(client);
    WAIT_FOR_COUNT(server, finished, 1);
    CHECK_EQ(failures.count, 1);
    CHECK_EQ(failures.code, -EDOM);
    CHECK_EQ(statistics_of(server).failed, 1);
    tabi_sock_free(client);
    stop(server, thread);
}

static int through_the_hook(tabi_request *request, void *userdata)
{
    int answer = tabi_request_finish(request);
    (void)userdata;
    CHECK(answer == TABI_PARK || answer == 0);
    return answer;
}

static void replace_finish_request(tabi_server_options *options)
{
    report_failures(options);
    reporting.finish_request = through_the_hook;
}

static void a_hook_passes_the_answer_of_the_handler_on(void)
{
    tabi_server *server = server_with_one_thread(echo_a_word, NULL, replace_finish_request);
    pthread_t thread = serve_in_a_thread(server);
    tabi_sock *client = connect_to(server);
    say(client, "one");
    HEAR(client, "one");
    say(client, "bye");
    HEAR(client, "bye");
    HEAR_END(client);
    CHECK_EQ(failures.count, 0);
    tabi_sock_free(client);
    stop(server, thread);
}

static void at_most_two_parked(tabi_server_options *options)
{
    options->wait_for_first_byte = 1;
    options->max_parked = 2;
}

static void above_the_limit_the_longest_parked_is_closed(void)
{
    tabi_server *server = server_with_one_thread(echo_a_word, NULL, at_most_two_parked);
    pthread_t thread = serve_in_a_thread(server);
    tabi_sock *clients[4];
    size_t i;
    for (i = 0; i < 4; i++)
        clients[i] = connect_to(server);
    HEAR_END(clients[0]);
    HEAR_END(clients[1]);
    WAIT_FOR_COUNT(server, shed, 2);
    for (i = 2; i < 4; i++) {
        say(clients[i], "bye");
        HEAR(clients[i], "bye");
    }
    for (i = 0; i < 4; i++)
        tabi_sock_free(clients[i]);
    stop(server, thread);
}

static void closing_the_server_ends_parked_connections_at_once_and_counts_them(void)
{
    tabi_server *server = server_with_one_thread(echo_a_word, NULL, from_the_first_byte);
    pthread_t thread = serve_in_a_thread(server);
    tabi_drain_report report;
    tabi_sock *clients[5];
    size_t i;
    for (i = 0; i < 5; i++)
        clients[i] = connect_to(server);
    WAIT_FOR_COUNT(server, parked, 5);
    CHECK_OK(tabi_server_shutdown(server));
    CHECK_EQ(pthread_join(thread, NULL), 0);
    memset(&report, 9, sizeof report);
    report.struct_size = sizeof report;
    /* Nobody waits for these minutes: a parked connection has nothing to finish. */
    CHECK_OK(tabi_server_close(server, 600.0, &report));
    CHECK_EQ(report.parked, 5);
    CHECK_EQ(report.cut, 0);
    CHECK_EQ(report.left, 0);
    for (i = 0; i < 5; i++) {
        HEAR_END(clients[i]);
        tabi_sock_free(clients[i]);
    }
    tabi_server_free(server);
}

/* A server of another kind, whose handler parks. The failure goes to handle_error. */
static void park_in_vain(int concurrency, int type, const char *message)
{
    tabi_server_options options;
    tabi_server *server = NULL;
    tabi_sock *client = NULL;
    tabi_addr addr;
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    options.concurrency = concurrency;
    options.socket_type = type;
    report_failures(&options);
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &addr));
    CHECK_OK(tabi_server_new(&options, &addr, again_and_again, &(int){-100}, &server));
    CHECK_OK(tabi_server_address(server, &addr));
    CHECK_OK(tabi_socket(AF_INET, type, 0, &client));
    CHECK_OK(tabi_connect_addr(client, &addr));
    say(client, "x");
    CHECK_OK(tabi_server_handle_request(server));
    CHECK_EQ(failures.count, 1);
    CHECK_EQ(failures.code, TABI_ERR_TYPE);
    CHECK_STR(failures.message, message);
    tabi_sock_free(client);
    tabi_server_free(server);
}

static void a_datagram_cannot_be_parked(void)
{
    park_in_vain(TABI_INLINE, SOCK_DGRAM, "a datagram cannot be parked");
}

static void the_answers_have_names_and_texts(void)
{
    CHECK_STR(tabi_error_name(TABI_PARK), "TABI_PARK");
    CHECK_STR(tabi_error_name(TABI_AGAIN), "TABI_AGAIN");
    CHECK_CONTAINS(tabi_strerror(TABI_PARK), "when there is more");
    CHECK_CONTAINS(tabi_strerror(TABI_AGAIN), "there is more");
    CHECK_STR(tabi_error_name(TABI_MORE), "TABI_MORE");
    CHECK_CONTAINS(tabi_strerror(TABI_MORE), "more of this request");
}

static void bad_input(void)
{
    tabi_sock *one, *other;
    tabi_file *file;
    unix_pair(&one, &other);
    CHECK_OK(tabi_makefile(one, -1, &file));
    CHECK(tabi_request_rfile(NULL) == NULL);
    CHECK_CODE(tabi_file_unread(NULL, "x", 1), TABI_ERR_NULL);
    CHECK_CODE(tabi_file_unread(file, NULL, 1), TABI_ERR_NULL);
    CHECK_OK(tabi_file_unread(file, NULL, 0));
    CHECK_EQ(tabi_file_buffered(file), 0);
    tabi_file_free(file);
    tabi_sock_free(one);
    tabi_sock_free(other);
}

int main(void)
{
    RUN(one_thread_serves_many_connections_that_stay_open);
    RUN(a_silent_client_has_no_thread_until_its_first_byte);
    RUN(what_a_request_carries_stays_until_its_last_turn);
    RUN(lines_that_were_read_ahead_are_answered_without_more_bytes);
    RUN(bytes_that_were_given_back_are_read_again);
    RUN(a_handler_that_says_again_runs_without_new_bytes);
    RUN(a_request_that_comes_in_pieces_keeps_nobody_waiting);
    RUN(a_handler_that_fails_after_it_was_parked_is_reported_once);
    RUN(a_hook_passes_the_answer_of_the_handler_on);
    RUN(above_the_limit_the_longest_parked_is_closed);
    RUN(closing_the_server_ends_parked_connections_at_once_and_counts_them);
    RUN(a_datagram_cannot_be_parked);
    RUN(the_answers_have_names_and_texts);
    RUN(bad_input);
    return 0;
}
