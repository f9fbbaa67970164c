/* connect_check HOST PORT SECONDS: tries to connect, and prints the error number and its name. */
#include <stdio.h>
#include <stdlib.h>
#include <tabi.h>

int main(int argc, char **argv)
{
    tabi_sock *sk = NULL;
    int code;

    if (argc != 4) {
        fprintf(stderr, "usage: connect_check HOST PORT SECONDS\n");
        return 2;
    }
    code = tabi_socket(AF_INET, SOCK_STREAM, 0, &sk);
    if (code == 0) code = tabi_settimeout(sk, atof(argv[3]));
    if (code == 0) code = tabi_connect_ex(sk, argv[1], atoi(argv[2]));
    tabi_sock_free(sk);
    if (code == 0) puts("0 connected");
    else if (code > 0) printf("%d %s\n", code, tabi_error_name(-code));
    else fprintf(stderr, "connect_check: %s\n", tabi_last_error_message());
    return code != 0;
}
