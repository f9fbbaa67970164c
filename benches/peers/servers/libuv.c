/* Echo on libuv. */
#include <uv.h>
#include "listen.h"

struct reply {
    uv_write_t request;
    uv_buf_t bytes;
};

static void on_closed(uv_handle_t *client)
{
    free(client);
}

static void on_written(uv_write_t *request, int status)
{
    struct reply *reply = (struct reply *)request;
    (void)status;
    free(reply->bytes.base);
    free(reply);
}

static void on_alloc(uv_handle_t *client, size_t suggested, uv_buf_t *bytes)
{
    (void)client, (void)suggested;
    *bytes = uv_buf_init(malloc(LINE), LINE);
}

static void on_read(uv_stream_t *client, ssize_t n, const uv_buf_t *bytes)
{
    if (n > 0) {
        struct reply *reply = malloc(sizeof *reply);
        reply->bytes = uv_buf_init(bytes->base, (unsigned)n);
        uv_write(&reply->request, client, &reply->bytes, 1, on_written);
        return;
    }
    if (n < 0)
        uv_close((uv_handle_t *)client, on_closed);
    free(bytes->base);
}

static void on_connection(uv_stream_t *listener, int status)
{
    uv_tcp_t *client = malloc(sizeof *client);
    if (status < 0)
        exit(1);
    uv_tcp_init(listener->loop, client);
    if (uv_accept(listener, (uv_stream_t *)client) == 0)
        uv_read_start((uv_stream_t *)client, on_alloc, on_read);
    else
        uv_close((uv_handle_t *)client, on_closed);
}

int main(void)
{
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t listener;
    struct sockaddr_in name;
    int length = sizeof name;
    allow_many_descriptors();
    uv_ip4_addr("127.0.0.1", 0, &name);
    uv_tcp_init(loop, &listener);
    uv_tcp_bind(&listener, (const struct sockaddr *)&name, 0);
    if (uv_listen((uv_stream_t *)&listener, BACKLOG, on_connection) != 0)
        fail("uv_listen");
    uv_tcp_getsockname(&listener, (struct sockaddr *)&name, &length);
    print_port(ntohs(name.sin_port));
    return uv_run(loop, UV_RUN_DEFAULT);
}
