/* chat_client [PORT]: sends lines from standard input and prints the answers, until "exit". */
#include "example.h"

static const char END_OF_INPUT[] = "\nend of input";
static const char SERVER_LEFT[] = "the server closed the connection";

/* Talks until one side ends the connection. Returns the reason, or NULL for an error. */
static const char *chat(tabi_sock *sk)
{
    char line[1024];
    for (;;) {
        ssize_t n;
        printf(">>>");
        fflush(stdout);
        if (!read_line(line, sizeof line - 1))
            return END_OF_INPUT;
        strcat(line, "\n");
        if (tabi_sendall(sk, line, strlen(line), 0, NULL) < 0)
            return NULL;
        if (strcmp(line, "exit\n") == 0)
            return "";
        n = tabi_recv(sk, line, sizeof line - 1, 0);
        if (n < 0)
            return NULL;
        if (n == 0)
            return SERVER_LEFT;
        line[n] = '\0';
        line[strcspn(line, "\r\n")] = '\0';
        printf("%s\n", line);
    }
}

int main(int argc, char **argv)
{
    int port = port_argument(argc > 1 ? argv[1] : NULL, 9001);
    tabi_sock *sk = NULL;
    const char *reason = NULL;

    int rc = tabi_socket(AF_INET, SOCK_STREAM, 0, &sk);
    if (rc == 0) rc = tabi_connect(sk, "127.0.0.1", port);
    if (rc == 0) reason = chat(sk);
    tabi_sock_free(sk);

    if (reason == NULL) return failed("chat_client: 127.0.0.1:%d", port);
    if (*reason != '\0') printf("%s\n", reason);
    return reason == SERVER_LEFT ? EXIT_FAILURE : 0;
}
