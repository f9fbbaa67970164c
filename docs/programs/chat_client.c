/* chat_client: sends lines from the keyboard and shows the answers, until the line "exit". */
#include <stdio.h>
#include <string.h>
#include <tabi.h>

int main(void)
{
    tabi_sock *sk = NULL;
    tabi_file *file = NULL;
    char line[1000];

    ssize_t n = tabi_create_connection("127.0.0.1", 9001, TABI_NO_TIMEOUT, NULL, 0, &sk);
    if (n == 0) n = tabi_makefile(sk, -1, &file);
    while (n >= 0) {
        printf(">>>");
        fflush(stdout);
        if (fgets(line, sizeof line, stdin) == NULL)
            break;
        n = tabi_sendall(sk, line, strlen(line), 0, NULL);
        if (n < 0 || strcmp(line, "exit\n") == 0)
            break;
        n = tabi_file_readline(file, line, sizeof line);
        if (n == 0) {
            puts("the server has closed the connection");
            break;
        }
        if (n > 0) printf("%s", line);
    }
    if (n < 0) fprintf(stderr, "chat_client: %s\n", tabi_last_error_message());
    tabi_file_free(file);
    tabi_sock_free(sk);
    return n < 0;
}
