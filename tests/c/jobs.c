/* Work that a program gives to its server. */
#include "serving.h"

/* What a job has recorded. */
struct told {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int run, cut, end;
    int code, fd;
    tabi_server *server;
};

static void tell(struct told *told, int *count)
{
    pthread_mutex_lock(&told->lock);
    *count += 1;
    pthread_cond_broadcast(&told->changed);
    pthread_mutex_unlock(&told->lock);
}

static void wait_until(struct told *told, const int *count, int least)
{
    pthread_mutex_lock(&told->lock);
    while (*count < least)
        pthread_cond_wait(&told->changed, &told->lock);
    pthread_mutex_unlock(&told->lock);
}

static void wait_for(struct told *told, const int *count)
{
    wait_until(told, count, 1);
}

static void tell_end(void *userdata)
{
    struct told *told = userdata;
    tell(told, &told->end);
}

static void tell_cut(void *userdata)
{
    struct told *told = userdata;
    tell(told, &told->cut);
}

/* A request that stands for a job has a server, but no client, packet or address. */
static int look(tabi_request *request, void *userdata)
{
    struct told *told = userdata;
    size_t len = 99;
    tabi_addr addr;
    CHECK(tabi_request_server(request) != NULL);
    CHECK(tabi_request_packet(request, &len) == NULL);
    CHECK_EQ(len, 0);
    CHECK_EQ(tabi_request_is_cut(request), 0);
    CHECK_OK(tabi_request_client_address(request, &addr));
    CHECK_CODE(tabi_request_reply(request, "x", 1), TABI_ERR_TYPE);
    tell(told, &told->run);
    return told->code;
}

/* Runs until it is cut. */
static int wait_for_cut(tabi_request *request, void *userdata)
{
    struct told *told = userdata;
    (void)request;
    tell(told, &told->run);
    wait_for(told, &told->cut);
    return 0;
}

static int no_client(tabi_request *request, void *userdata)
{
    (void)request;
    (void)userdata;
    return 0;
}

static struct told new_told(void)
{
    struct told told = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0, 0, -1, NULL};
    return told;
}

static tabi_job job_of(int (*run)(tabi_request *, void *), struct told *told)
{
    tabi_job job = {sizeof job, told, run, tell_cut, tell_end, told != NULL ? told->fd : -1, 0, NULL, 0};
    return job;
}

static void a_job_runs_is_counted_and_ends(void)
{
    struct told well = new_told(), badly = new_told();
    tabi_server *server;
    tabi_job job = job_of(look, &well), failing = job_of(look, &badly);
    badly.code = -EIO;
    CHECK_OK(tabi_threading_tcp_server("127.0.0.1", 0, no_client, NULL, &server));
    CHECK_EQ(tabi_server_run_job(server, &job), 1);
    CHECK_EQ(tabi_server_run_job(server, &failing), 1);
    wait_for(&well, &well.end);
    wait_for(&badly, &badly.end);
    CHECK_EQ(well.run + badly.run, 2);
    CHECK_OK(tabi_server_close(server, 60.0, NULL));
    CHECK_EQ(statistics_of(server).accepted, 2);
    CHECK_EQ(statistics_of(server).finished, 2);
    CHECK_EQ(statistics_of(server).failed, 1);
    CHECK_EQ(well.cut + badly.cut, 0);
    tabi_server_free(server);
}

static void closing_the_server_cuts_a_job_and_ends_one_that_never_ran(void)
{
    struct told running = new_told(), waiting = new_told(), refused = new_told();
    tabi_server_options options;
    tabi_drain_report report = {sizeof report, 9, 9, 9, 9};
    tabi_addr any;
    tabi_server *server;
    tabi_job first = job_of(wait_for_cut, &running), second = job_of(look, &waiting), third = job_of(look, &refused);
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    options.address_family = AF_INET;
    options.concurrency = TABI_THREADS;
    options.max_threads = 1;
    options.when_full = TABI_WHEN_FULL_QUEUE;
    options.queue_size = 1;
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &any));
    CHECK_OK(tabi_server_new(&options, &any, no_client, NULL, &server));
    CHECK_EQ(tabi_server_run_job(server, &first), 1);
    wait_for(&running, &running.run);
    CHECK_EQ(tabi_server_run_job(server, &second), 1);
    CHECK_EQ(waiting.end, 0);
    CHECK_OK(tabi_server_close(server, 0.0, &report));
    CHECK_EQ(report.cut, 2);
    CHECK_EQ(report.left, 0);
    CHECK_EQ(running.cut, 1);
    CHECK_EQ(running.end, 1);
    CHECK_EQ(waiting.run, 0);
    CHECK_EQ(waiting.end, 1);
    CHECK_EQ(tabi_server_run_job(server, &third), 0);
    CHECK_EQ(refused.run, 0);
    CHECK_EQ(refused.end, 1);
    CHECK_EQ(statistics_of(server).rejected, 2);
    tabi_server_free(server);
}

static void bad_jobs_are_refused_and_their_end_is_not_called(void)
{
    struct told told = new_told();
    tabi_server *server;
    tabi_job small = job_of(look, &told), empty = job_of(NULL, &told), alone = job_of(no_client, NULL);
    small.struct_size = sizeof small - 1;
    alone.cut = alone.end = NULL;
    CHECK_OK(tabi_tcp_server("127.0.0.1", 0, no_client, NULL, &server));
    CHECK_CODE(tabi_server_run_job(server, &small), TABI_ERR_VALUE);
    CHECK_CODE(tabi_server_run_job(server, &empty), TABI_ERR_NULL);
    CHECK_CODE(tabi_server_run_job(server, NULL), TABI_ERR_NULL);
    CHECK_CODE(tabi_server_run_job(NULL, &small), TABI_ERR_NULL);
    CHECK_EQ(told.end, 0);
    /* An in-line server runs the job at once. The members cut and end may be NULL. */
    CHECK_EQ(tabi_server_run_job(server, &alone), 1);
    CHECK_EQ(statistics_of(server).finished, 1);
    tabi_server_free(server);
}

/* Takes one byte, and waits for the next without a thread. */
static int take_a_byte(tabi_request *request, void *userdata)
{
    struct told *told = userdata;
    char byte;
    (void)request;
    if (read(told->fd, &byte, 1) != 1)
        return 0;
    tell(told, &told->run);
    return TABI_PARK;
}

static void a_job_with_a_descriptor_waits_for_it_without_a_thread(void)
{
    enum { JOBS = 5 };
    struct told told[JOBS];
    int ends[JOBS][2];
    tabi_server_options options;
    tabi_server *server;
    tabi_addr any;
    pthread_t thread;
    int i;
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    options.concurrency = TABI_THREADS;
    options.max_threads = 1;
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &any));
    CHECK_OK(tabi_server_new(&options, &any, no_client, NULL, &server));
    thread = serve_in_a_thread(server);
    for (i = 0; i < JOBS; i++) {
        tabi_job job;
        CHECK_EQ(pipe(ends[i]), 0);
        CHECK_EQ(write(ends[i][1], "1", 1), 1);
        told[i] = new_told();
        told[i].fd = ends[i][0];
        job = job_of(take_a_byte, &told[i]);
        CHECK_EQ(tabi_server_run_job(server, &job), 1);
        wait_until(&told[i], &told[i].run, 1);
    }
    for (i = JOBS; i-- > 0;) {
        CHECK_EQ(write(ends[i][1], "2", 1), 1);
        wait_until(&told[i], &told[i].run, 2);
    }
    WAIT_FOR_COUNT(server, parked, JOBS);
    CHECK_EQ(statistics_of(server).active, JOBS);
    for (i = 0; i < JOBS; i++) {
        CHECK_EQ(close(ends[i][1]), 0);
        wait_for(&told[i], &told[i].end);
        CHECK_EQ(told[i].run, 2);
        CHECK_EQ(told[i].cut, 0);
        CHECK_EQ(close(ends[i][0]), 0);
    }
    stop(server, thread);
}

static int has_a_client(tabi_request *request, void *userdata)
{
    char host[64];
    tabi_addr client;
    CHECK_OK(tabi_request_client_address(request, &client));
    CHECK_EQ(tabi_addr_host(&client, host, sizeof host), 9);
    CHECK_STR(host, "192.0.2.1");
    return wait_for_cut(request, userdata);
}

static void jobs_for_one_client_are_limited(void)
{
    struct told first = new_told(), second = new_told();
    tabi_server_options options;
    tabi_server *server;
    tabi_addr any, client;
    tabi_job one = job_of(has_a_client, &first), other = job_of(look, &second);
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    options.concurrency = TABI_THREADS;
    options.max_connections_per_address = 1;
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &any));
    CHECK_OK(tabi_server_new(&options, &any, no_client, NULL, &server));
    CHECK_OK(tabi_addr_from_host(AF_INET, "192.0.2.1", 9, &client));
    one.client_address = other.client_address = &client;
    CHECK_EQ(tabi_server_run_job(server, &one), 1);
    wait_for(&first, &first.run);
    CHECK_EQ(tabi_server_run_job(server, &other), 0);
    CHECK_EQ(second.run, 0);
    CHECK_EQ(second.end, 1);
    client.len = 1000;
    CHECK_CODE(tabi_server_run_job(server, &other), TABI_ERR_VALUE);
    CHECK_EQ(second.end, 1);
    CHECK_OK(tabi_server_close(server, 0.0, NULL));
    tabi_server_free(server);
}

static void report(tabi_request *request, int code, const char *message, void *userdata)
{
    struct told *told = userdata;
    (void)request;
    told->code = code;
    CHECK_STR(message, "a job without a descriptor cannot be parked");
}

static int park_at_once(tabi_request *request, void *userdata)
{
    (void)request;
    (void)userdata;
    return TABI_PARK;
}

static void a_job_without_a_descriptor_cannot_park(void)
{
    struct told told = new_told();
    tabi_server_hooks hooks;
    tabi_server_options options;
    tabi_server *server;
    tabi_addr any;
    tabi_job job = job_of(park_at_once, &told);
    memset(&hooks, 0, sizeof hooks);
    hooks.struct_size = sizeof hooks;
    hooks.userdata = &told;
    hooks.handle_error = report;
    CHECK_OK(tabi_server_options_init(&options, sizeof options));
    options.hooks = &hooks;
    CHECK_OK(tabi_addr_from_host(AF_INET, "127.0.0.1", 0, &any));
    CHECK_OK(tabi_server_new(&options, &any, no_client, NULL, &server));
    CHECK_EQ(tabi_server_run_job(server, &job), 1);
    CHECK_EQ(told.code, TABI_ERR_TYPE);
    CHECK_EQ(told.end, 1);
    CHECK_EQ(statistics_of(server).failed, 1);
    tabi_server_free(server);
}

int main(void)
{
    RUN(a_job_with_a_descriptor_waits_for_it_without_a_thread);
    RUN(jobs_for_one_client_are_limited);
    RUN(a_job_without_a_descriptor_cannot_park);
    RUN(a_job_runs_is_counted_and_ends);
    RUN(closing_the_server_cuts_a_job_and_ends_one_that_never_ran);
    RUN(bad_jobs_are_refused_and_their_end_is_not_called);
    return 0;
}
