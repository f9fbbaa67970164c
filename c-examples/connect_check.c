/* connect_check HOST PORT SECONDS: tries to connect, and prints the error number and its name. */
#include "example.h"

int main(int argc, char **argv)
{
    tabi_sock *sk = NULL;
    int code, port;
    double seconds;
    char *end;

    if (argc != 4 || (seconds = strtod(argv[3], &end), end == argv[3] || *end != '\0')) {
        fprintf(stderr, "usage: connect_check HOST PORT SECONDS\n");
        return EXIT_FAILURE;
    }
    port = port_argument(argv[2], 0);
    code = tabi_socket(AF_INET, SOCK_STREAM, 0, &sk);
    if (code == 0) code = tabi_settimeout(sk, seconds);
    if (code == 0) code = tabi_connect_ex(sk, argv[1], port);
    tabi_sock_free(sk);

    if (code < 0) return failed("connect_check: %s:%d", argv[1], port);
    printf("%d %s\n", code, code == 0 ? "connected" : tabi_error_name(-code));
    return code == 0 ? 0 : EXIT_FAILURE;
}
