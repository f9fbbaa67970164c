/* uv_client PORT: prints what a server says, in a loop of libuv. */
#include <stdio.h>
#include <stdlib.h>
#include <tabi.h>
#include <uv.h>

static int failed;

/* The loop calls it when there is something to receive. */
static void on_readable(uv_poll_t *watcher, int status, int events)
{
    tabi_sock *sk = watcher->data;
    char text[4096];
    ssize_t n;

    (void)status;
    (void)events;
    while ((n = tabi_recv(sk, text, sizeof text, 0)) > 0)
        fwrite(text, 1, (size_t)n, stdout);
    if (n == -EAGAIN)
        return; /* nothing is left; the loop will tell */
    if (n < 0)
        fprintf(stderr, "uv_client: %s\n", tabi_last_error_message());
    failed = n < 0;
    uv_poll_stop(watcher);
}

int main(int argc, char **argv)
{
    uv_loop_t *loop = uv_default_loop();
    tabi_sock *sk = NULL;
    uv_poll_t watcher;

    int rc = tabi_create_connection("127.0.0.1", argc > 1 ? atoi(argv[1]) : 9000, 5, NULL, 0, &sk);
    if (rc == 0) rc = tabi_setblocking(sk, 0);
    if (rc < 0) {
        fprintf(stderr, "uv_client: %s\n", tabi_last_error_message());
        tabi_sock_free(sk);
        return 1;
    }
    uv_poll_init(loop, &watcher, tabi_fileno(sk));
    watcher.data = sk;
    uv_poll_start(&watcher, UV_READABLE, on_readable);
    uv_run(loop, UV_RUN_DEFAULT);
    /* The watcher goes first: until then, the loop uses the number of the descriptor. */
    uv_close((uv_handle_t *)&watcher, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    tabi_sock_free(sk);
    return failed;
}
