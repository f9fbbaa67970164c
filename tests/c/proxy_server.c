/* Servers behind a proxy: their clients' addresses, what the header carries, who is refused, and jobs. */
#include "serving.h"

/* Answers with the client's address and the unique id of its PROXY header. */
static int who(tabi_request *request, void *userdata)
{
    const tabi_proxy_header *header = tabi_request_proxy_header(request);
    char text[128], address[64];
    tabi_addr addr;
    size_t len = 0;
    const char *id = tabi_proxy_header_tlv(header, TABI_PP2_TYPE_UNIQUE_ID, &len);
    (void)userdata;
    CHECK(header != NULL);
    CHECK_OK(tabi_request_client_address(request, &addr));
    CHECK_OK(tabi_addr_text(&addr, address, sizeof address));
    snprintf(text, sizeof text, "%s %.*s", address, (int)len, len ? id : "");
    return tabi_request_reply(request, text, strlen(text));
}

/* Lets only even ports in. */
static int verify(tabi_request *request, void *userdata)
{
    tabi_addr addr;
    (void)userdata;
    CHECK_OK(tabi_request_client_address(request, &addr));
    return tabi_addr_port(&addr) % 2 == 0;
}

static tabi_server_options options_for(const char *trusted)
{
    tabi_server_options options;
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    options.concurrency = TABI_THREADS;
    options.proxy_protocol = trusted;
    return options;
}

static int make(const tabi_server_options *options, tabi_server **server)
{
    tabi_addr loopback;
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &loopback));
    return tabi_server_new(options, &loopback, who, NULL, server);
}

static tabi_server *server_with(const tabi_server_options *options)
{
    tabi_server *server = NULL;
    CHECK_OK(make(options, &server));
    return server;
}

/* A client of a proxy that connects on behalf of 192.0.2.1 with this port. */
static tabi_sock *behind_proxy(tabi_server *server, int version, int port)
{
    tabi_sock *client = connect_to(server);
    tabi_proxy_header *header = NULL;
    tabi_addr from, to;
    CHECK_OK(tabi_addr_from_host(AF_INET, "192.0.2.1", port, &from));
    CHECK_OK(tabi_addr_from_host(AF_INET, "192.0.2.7", 443, &to));
    CHECK_OK(tabi_proxy_header_new(version, &from, &to, &header));
    if (version == 2)
        CHECK_OK(tabi_proxy_header_add_tlv(header, TABI_PP2_TYPE_UNIQUE_ID, "request 7", 9));
    CHECK_OK(tabi_send_proxy_header(client, header));
    tabi_proxy_header_free(header);
    return client;
}

static void the_address_is_the_one_of_the_header_also_when_it_is_verified(void)
{
    tabi_server_hooks hooks;
    tabi_server_options options = options_for("10.0.0.0/8, 127.0.0.1");
    tabi_server *server;
    tabi_sock *one, *two, *refused;
    pthread_t thread;
    memset(&hooks, 0, sizeof hooks);
    hooks.struct_size = sizeof hooks;
    hooks.verify_request = verify;
    options.hooks = &hooks;
    server = server_with(&options);
    thread = serve_in_a_thread(server);
    one = behind_proxy(server, 1, 56324);
    HEAR(one, "('192.0.2.1', 56324) ");
    HEAR_END(one);
    two = behind_proxy(server, 2, 56326);
    HEAR(two, "('192.0.2.1', 56326) request 7");
    refused = behind_proxy(server, 2, 56325);
    HEAR_END(refused);
    WAIT_FOR_COUNT(server, rejected, 1);
    CHECK_EQ(statistics_of(server).header_refused, 0);
    tabi_sock_free(one);
    tabi_sock_free(two);
    tabi_sock_free(refused);
    stop(server, thread);
}

static void who_is_not_trusted_or_sends_no_header_is_refused(void)
{
    static const char *const trusted[] = {"192.0.2.0/24,unix:", "127.0.0.0/8"};
    int i;
    for (i = 0; i < 2; i++) {
        tabi_server_options options = options_for(trusted[i]);
        tabi_server *server;
        tabi_sock *client;
        pthread_t thread;
        options.proxy_version = 1;
        server = server_with(&options);
        thread = serve_in_a_thread(server);
        /* The second server does not allow version 2. */
        client = behind_proxy(server, i == 0 ? 1 : 2, 56324);
        CHECK(check_end(client) == 0 || tabi_error_number(check_end(client)) != 0);
        WAIT_FOR_COUNT(server, header_refused, 1);
        CHECK_EQ(statistics_of(server).rejected, 1);
        tabi_sock_free(client);
        stop(server, thread);
    }
}

static void a_header_that_does_not_come_is_cut_off_and_holds_no_thread(void)
{
    tabi_server_options options = options_for("127.0.0.1");
    tabi_server *server;
    tabi_sock *silent;
    pthread_t thread;
    CHECK(options.header_timeout == 5.0);
    CHECK_EQ(options.proxy_version, 0);
    options.header_timeout = 0.2;
    server = server_with(&options);
    thread = serve_in_a_thread(server);
    silent = connect_to(server);
    HEAR_END(silent);
    WAIT_FOR_COUNT(server, header_cut, 1);
    CHECK_EQ(statistics_of(server).threads, 0);
    tabi_sock_free(silent);
    stop(server, thread);
}

/* What a job has seen, and whether it has ended. */
struct seen {
    tabi_addr address;
    int ended;
};

static int look(tabi_request *request, void *userdata)
{
    struct seen *seen = userdata;
    return tabi_proxy_header_source(tabi_request_proxy_header(request), &seen->address);
}

static void has_ended(void *userdata)
{
    ((struct seen *)userdata)->ended = 1;
}

static void a_job_runs_when_its_header_is_complete(void)
{
    tabi_server_options options = options_for("127.0.0.1");
    tabi_server *server = server_with(&options), *elsewhere = server_with(&options);
    tabi_sock *client, *accepted = NULL;
    struct seen seen;
    pthread_t thread = serve_in_a_thread(server);
    tabi_job job;
    char text[64];
    memset(&seen, 0, sizeof seen);
    memset(&job, 0, sizeof job);
    client = behind_proxy(elsewhere, 2, 56324);
    CHECK_OK(tabi_accept(tabi_server_sock(elsewhere), &accepted, NULL));
    job.struct_size = sizeof job;
    job.userdata = &seen;
    job.run = look;
    job.end = has_ended;
    job.fd = tabi_fileno(accepted);
    job.proxy_header = 1;
    CHECK_EQ(tabi_server_run_job(server, &job), 1);
    WAIT_FOR_COUNT(server, finished, 1);
    stop(server, thread);
    CHECK_EQ(seen.ended, 1);
    CHECK_OK(tabi_addr_text(&seen.address, text, sizeof text));
    CHECK_STR(text, "('192.0.2.1', 56324)");
    tabi_sock_free(accepted);
    tabi_sock_free(client);
    tabi_server_free(elsewhere);
}

static void settings_that_cannot_be_are_refused(void)
{
    tabi_server *server = NULL;
    tabi_server_options options = options_for("10.0.0.1/8");
    CHECK_CODE(make(&options, &server), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "\"10.0.0.1/8\" is not a network: bits behind the prefix are set");
    options.proxy_protocol = " ,";
    CHECK_CODE(make(&options, &server), TABI_ERR_VALUE);
    options.proxy_protocol = "127.0.0.1";
    options.proxy_version = 3;
    CHECK_CODE(make(&options, &server), TABI_ERR_VALUE);
    CHECK_STR(tabi_last_error_message(), "proxy_version must be 1 or 2, got 3");
    options.proxy_version = 0;
    options.header_timeout = 0;
    CHECK_CODE(make(&options, &server), TABI_ERR_VALUE);
    options.header_timeout = 5;
    options.concurrency = TABI_FORKS;
    CHECK_CODE(make(&options, &server), TABI_ERR_VALUE);
    CHECK(server == NULL);
}

int main(void)
{
    RUN(the_address_is_the_one_of_the_header_also_when_it_is_verified);
    RUN(who_is_not_trusted_or_sends_no_header_is_refused);
    RUN(a_header_that_does_not_come_is_cut_off_and_holds_no_thread);
    RUN(a_job_runs_when_its_header_is_complete);
    RUN(settings_that_cannot_be_are_refused);
    return 0;
}
