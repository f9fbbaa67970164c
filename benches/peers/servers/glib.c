/* Echo on GIO's GThreadedSocketService. */
#include <gio/gio.h>
#include "listen.h"

enum { MOST_THREADS = 20000 };

static gboolean on_run(GThreadedSocketService *service, GSocketConnection *connection, GObject *source, gpointer data)
{
    GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(connection));
    GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    char line[LINE];
    gssize n;
    (void)service, (void)source, (void)data;
    while ((n = g_input_stream_read(in, line, sizeof line, NULL, NULL)) > 0)
        if (!g_output_stream_write_all(out, line, (gsize)n, NULL, NULL, NULL))
            break;
    return FALSE;
}

int main(void)
{
    GError *error = NULL;
    GSocketService *service = g_threaded_socket_service_new(MOST_THREADS);
    GInetAddress *loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    GSocketAddress *wanted = g_inet_socket_address_new(loopback, 0), *bound = NULL;
    allow_many_descriptors();
    g_socket_listener_set_backlog(G_SOCKET_LISTENER(service), BACKLOG);
    if (!g_socket_listener_add_address(G_SOCKET_LISTENER(service), wanted, G_SOCKET_TYPE_STREAM,
                                       G_SOCKET_PROTOCOL_TCP, NULL, &bound, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    g_signal_connect(service, "run", G_CALLBACK(on_run), NULL);
    g_socket_service_start(service);
    print_port(g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound)));
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
    return 0;
}
