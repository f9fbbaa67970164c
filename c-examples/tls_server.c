/* tls_server CERTIFICATE KEY [PORT]: answers HTTPS requests, with OpenSSL. A connection that waits for its next request
 * occupies no thread. SIGTERM stops it.
 *
 *     openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -keyout key.pem -out certificate.pem
 *     ./tls_server certificate.pem key.pem 8443
 *     curl --insecure https://localhost:8443/
 *
 * OpenSSL does not get the descriptor. It reads and writes through a BIO that calls tabi_recv() and tabi_sendall(), so
 * that the timeouts of the library hold in TLS too, and a server that cuts a connection off ends the calls on it. */
#include "example.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

/* What belongs to a connection. tabi_request_data() has it. */
struct session {
    SSL *ssl;
    tabi_sock *sk;
    int code;            /* of the library's last call that failed, or 0 */
    int has_ended;       /* the client sends nothing more */
    size_t size;         /* how much of `bytes` was received and not used */
    char bytes[8192];    /* the longest head of a request */
};

/* --- OpenSSL on sockets of the library --- */

static int bio_read(BIO *bio, char *bytes, int size)
{
    struct session *session = BIO_get_data(bio);
    ssize_t n = tabi_recv(session->sk, bytes, (size_t)size, 0);
    BIO_clear_retry_flags(bio);
    if (n < 0)
        session->code = (int)n;
    session->has_ended = n == 0;
    return n < 0 ? -1 : (int)n;
}

static int bio_write(BIO *bio, const char *bytes, int size)
{
    struct session *session = BIO_get_data(bio);
    int rc = tabi_sendall(session->sk, bytes, (size_t)size, 0, NULL);
    BIO_clear_retry_flags(bio);
    if (rc < 0)
        session->code = rc;
    return rc < 0 ? -1 : size;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    const struct session *session = BIO_get_data(bio);
    (void)number;
    (void)pointer;
    if (command == BIO_CTRL_EOF)
        return session->has_ended;
    /* Nothing is kept here that a flush would send. */
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *bio_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "tabi_sock");
    if (method != NULL && BIO_meth_set_read(method, bio_read) && BIO_meth_set_write(method, bio_write)
        && BIO_meth_set_ctrl(method, bio_control))
        return method;
    BIO_meth_free(method);
    return NULL;
}

/* --- the steps of the server that TLS replaces --- */

struct tls {
    SSL_CTX *context;
    BIO_METHOD *method;
};

/* The code for a call of OpenSSL that failed: that of the library's call in it, if that was the reason. */
static int tls_failed(struct session *session)
{
    ERR_clear_error();
    return session->code < 0 ? session->code : -EPROTO;
}

/* Makes the handshake, in the thread of the request. */
static int on_handshake(tabi_request *request, void *userdata)
{
    struct tls *tls = userdata;
    struct session *session = calloc(1, sizeof *session);
    BIO *bio;
    if (session == NULL)
        return -ENOMEM;
    /* From here on, on_close() frees it. */
    tabi_request_set_data(request, session);
    session->sk = tabi_request_sock(request);
    /* TLS sends records of its own after the handshake, and an answer must not wait until they are acknowledged. */
    tabi_setsockopt(session->sk, IPPROTO_TCP, TCP_NODELAY, 1);
    session->ssl = SSL_new(tls->context);
    bio = BIO_new(tls->method);
    if (session->ssl == NULL || bio == NULL) {
        BIO_free(bio);
        return -ENOMEM;
    }
    BIO_set_data(bio, session);
    BIO_set_init(bio, 1);
    SSL_set_bio(session->ssl, bio, bio);
    return SSL_accept(session->ssl) == 1 ? 0 : tls_failed(session);
}

static void on_close(tabi_request *request, void *userdata)
{
    struct session *session = tabi_request_data(request);
    (void)userdata;
    tabi_request_set_data(request, NULL);
    tabi_request_close(request);
    if (session != NULL)
        SSL_free(session->ssl);
    free(session);
}

/* Tells the client that this is the end, so that it can tell the end from a cut. */
static void on_shutdown(tabi_request *request, void *userdata)
{
    struct session *session = tabi_request_data(request);
    if (session != NULL && session->code == 0 && SSL_is_init_finished(session->ssl)) {
        SSL_shutdown(session->ssl);
        ERR_clear_error();
    }
    tabi_request_shutdown(request);
    on_close(request, userdata);
}

static void on_error(tabi_request *request, int code, const char *message, void *userdata)
{
    (void)request;
    (void)code;
    (void)userdata;
    fprintf(stderr, "tls_server: %s\n", message);
}

/* --- HTTP --- */

/* Reads until the head of a request is complete. Returns its size, 0 when the client has ended the connection between
 * two requests, or a code. */
static ssize_t read_head(struct session *session)
{
    for (;;) {
        int n;
        char *end;
        session->bytes[session->size] = '\0';
        end = strstr(session->bytes, "\r\n\r\n");
        if (end != NULL)
            return end + 4 - session->bytes;
        if (session->size == sizeof session->bytes - 1)
            return -EMSGSIZE;
        n = SSL_read(session->ssl, session->bytes + session->size, (int)(sizeof session->bytes - 1 - session->size));
        if (n > 0)
            session->size += (size_t)n;
        else if (session->size == 0 && SSL_get_error(session->ssl, n) == SSL_ERROR_ZERO_RETURN)
            return 0;
        else
            return tls_failed(session);
    }
}

/* Answers one request, and gives the thread back until there is more. */
static int answer(tabi_request *request, void *userdata)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\nhello over TLS\n";
    struct session *session = tabi_request_data(request);
    ssize_t head = read_head(session);
    int is_last;
    (void)userdata;
    if (head <= 0)
        return (int)head;
    if (SSL_write(session->ssl, reply, sizeof reply - 1) <= 0)
        return tls_failed(session);
    session->bytes[head - 1] = '\0';
    is_last = strstr(session->bytes, "Connection: close") != NULL;
    session->size -= (size_t)head;
    memmove(session->bytes, session->bytes + head, session->size);
    if (is_last)
        return 0;
    /* What was decrypted already would wake nobody. */
    return session->size > 0 || SSL_pending(session->ssl) > 0 ? TABI_AGAIN : TABI_PARK;
}

/* --- the server --- */

static int wake_fd = -1;

static void stop(int number)
{
    uint64_t one = 1;
    ssize_t written = write(wake_fd, &one, sizeof one);
    (void)number;
    (void)written;
}

static int make_server(const struct tls *tls, int port, tabi_server **server)
{
    tabi_server_hooks hooks = {.struct_size = sizeof hooks, .userdata = (void *)tls};
    tabi_server_options options;
    tabi_addr addr;
    int rc = tabi_server_options_internet(&options, sizeof options);
    hooks.handshake = on_handshake;
    hooks.shutdown_request = on_shutdown;
    hooks.close_request = on_close;
    hooks.handle_error = on_error;
    options.hooks = &hooks;
    options.max_connections_per_address = 1000;
    if (rc == 0) rc = tabi_addr_from_host(AF_INET, "127.0.0.1", port, &addr);
    if (rc == 0) rc = tabi_server_new(&options, &addr, answer, NULL, server);
    return rc;
}

static int serve(const struct tls *tls, int port)
{
    tabi_drain_report report = {.struct_size = sizeof report};
    tabi_server *server = NULL;
    tabi_addr addr;
    int rc = make_server(tls, port, &server);
    if (rc == 0) rc = tabi_server_address(server, &addr);
    if (rc == 0) {
        wake_fd = tabi_server_wake_fd(server);
        signal(SIGTERM, stop);
        print_listening(&addr);
        rc = tabi_server_serve_forever(server, 0.5);
    }
    if (rc == 0) {
        printf("stopped\n");
        fflush(stdout);
        /* Clients may go on for 5 seconds. */
        rc = tabi_server_close(server, 5, &report);
    }
    if (rc == 0)
        printf("%lu finished, %lu cut off\n", (unsigned long)report.finished, (unsigned long)report.cut);
    else
        failed("tls_server: 127.0.0.1:%d", port);
    signal(SIGTERM, SIG_DFL);
    tabi_server_free(server);
    return rc < 0;
}

int main(int argc, char **argv)
{
    struct tls tls;
    int port, status = EXIT_FAILURE;
    if (argc < 3) {
        fprintf(stderr, "usage: tls_server CERTIFICATE KEY [PORT]\n");
        return status;
    }
    port = port_argument(argc > 3 ? argv[3] : NULL, 8443);
    tls.context = SSL_CTX_new(TLS_server_method());
    tls.method = bio_method();
    if (tls.context == NULL || tls.method == NULL
        || SSL_CTX_use_certificate_chain_file(tls.context, argv[1]) != 1
        || SSL_CTX_use_PrivateKey_file(tls.context, argv[2], SSL_FILETYPE_PEM) != 1) {
        fprintf(stderr, "tls_server: %s and %s: %s\n", argv[1], argv[2], ERR_error_string(ERR_peek_error(), NULL));
    } else {
#ifdef SSL_OP_IGNORE_UNEXPECTED_EOF
        /* Many clients end a connection without saying so in TLS. Between two requests nothing is lost then. */
        SSL_CTX_set_options(tls.context, SSL_OP_IGNORE_UNEXPECTED_EOF);
#endif
        status = serve(&tls, port);
    }
    SSL_CTX_free(tls.context);
    BIO_meth_free(tls.method);
    return status;
}
