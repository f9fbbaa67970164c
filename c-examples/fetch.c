/* fetch SECONDS HOST:PORT...: asks several web servers at the same time. One deadline is for all of them, and Ctrl-C ends
   everything at once. */
#include "example.h"

#include <pthread.h>
#include <signal.h>

/* What is known of one server. */
struct fetch {
    const char *place;
    pthread_t thread;
    int code;
};

static tabi_cancel *token;

/* A handler of a signal may trigger a token. */
static void interrupt(int number)
{
    (void)number;
    tabi_cancel_trigger(token);
}

/* Connects, asks, and counts the bytes of the answer. Nothing here knows of the deadline or of Ctrl-C. */
static int ask(const char *host, int port, size_t *received)
{
    static const char question[] = "GET / HTTP/1.0\r\n\r\n";
    char part[16384];
    tabi_sock *sk = NULL;
    ssize_t n = tabi_create_connection(host, port, TABI_NO_TIMEOUT, NULL, 0, &sk);
    if (n == 0) n = tabi_sendall(sk, question, sizeof question - 1, 0, NULL);
    while (n >= 0 && (n = tabi_recv(sk, part, sizeof part, 0)) > 0)
        *received += (size_t)n;
    tabi_sock_free(sk);
    return (int)n;
}

static void *run(void *argument)
{
    struct fetch *fetch = argument;
    const char *colon = strrchr(fetch->place, ':');
    char host[256];
    size_t received = 0;
    snprintf(host, sizeof host, "%.*s", (int)(colon - fetch->place), fetch->place);

    /* All calls of this thread are under the token from here on. */
    fetch->code = tabi_cancel_enter(token);
    if (fetch->code == 0) {
        fetch->code = ask(host, port_argument(colon + 1, 0), &received);
        tabi_cancel_leave(token);
    }

    if (fetch->code == 0)
        printf("%s: %lu bytes\n", fetch->place, (unsigned long)received);
    else if (fetch->code == TABI_ERR_CANCELLED)
        printf("%s: cancelled after %lu bytes\n", fetch->place, (unsigned long)received);
    else
        printf("%s: %s\n", fetch->place, tabi_strerror(fetch->code));
    fflush(stdout);
    return NULL;
}

int main(int argc, char **argv)
{
    struct sigaction action;
    struct fetch *fetches;
    double seconds;
    char *end;
    int i, count = argc - 2, failures = 0;

    for (i = 2; i < argc && strchr(argv[i], ':') != NULL; i++)
        continue;
    if (argc < 3 || i < argc || (seconds = strtod(argv[1], &end), end == argv[1] || *end != '\0')) {
        fprintf(stderr, "usage: fetch SECONDS HOST:PORT...\n");
        return EXIT_FAILURE;
    }
    if (tabi_cancel_new(seconds, &token) < 0)
        return failed("fetch");
    memset(&action, 0, sizeof action);
    action.sa_handler = interrupt;
    sigaction(SIGINT, &action, NULL);

    fetches = calloc((size_t)count, sizeof *fetches);
    if (fetches == NULL)
        return EXIT_FAILURE;
    for (i = 0; i < count; i++) {
        fetches[i].place = argv[i + 2];
        if (pthread_create(&fetches[i].thread, NULL, run, &fetches[i]) != 0)
            return EXIT_FAILURE;
    }
    for (i = 0; i < count; i++) {
        pthread_join(fetches[i].thread, NULL);
        failures += fetches[i].code != 0;
    }
    free(fetches);
    signal(SIGINT, SIG_DFL);
    tabi_cancel_free(token);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
