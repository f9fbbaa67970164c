/* pass_descriptor FILE: opens a file and passes the descriptor to a child process, which prints the file. */
#include "example.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs in the child: receives a descriptor and prints the file. */
static int print_received(tabi_sock *sk)
{
    char name[256], bytes[4096];
    size_t fd_count = 0;
    int fd = -1;
    ssize_t n = tabi_recv_fds(sk, name, sizeof name, &fd, 1, 0, &fd_count, NULL);
    if (n < 0)
        return failed("pass_descriptor: the child");
    if (fd_count == 0) {
        fprintf(stderr, "pass_descriptor: no descriptor came\n");
        return EXIT_FAILURE;
    }
    printf("descriptor %d is %.*s:\n", fd, (int)n, name);
    while ((n = read(fd, bytes, sizeof bytes)) > 0)
        fwrite(bytes, 1, (size_t)n, stdout);
    tabi_close_fd(fd);
    return 0;
}

int main(int argc, char **argv)
{
    tabi_sock *parent = NULL, *child = NULL;
    int status = EXIT_FAILURE, fd;
    pid_t pid;

    if (argc < 2) {
        fprintf(stderr, "usage: pass_descriptor FILE\n");
        return EXIT_FAILURE;
    }
    fd = open(argv[1], O_RDONLY);
    if (fd < 0) {
        perror(argv[1]);
        return EXIT_FAILURE;
    }
    if (tabi_socketpair(AF_UNIX, SOCK_STREAM, 0, &parent, &child) < 0)
        return failed("pass_descriptor");
    pid = fork();
    if (pid == 0) {
        close(fd); /* the child uses only the descriptor that it receives */
        tabi_sock_free(parent);
        status = print_received(child);
        tabi_sock_free(child);
        return status;
    }
    if (pid > 0 && tabi_send_fds(parent, argv[1], strlen(argv[1]), &fd, 1, 0) < 0)
        failed("pass_descriptor: %s", argv[1]);
    close(fd);
    tabi_sock_free(child);
    tabi_sock_free(parent);
    if (pid < 0)
        perror("fork");
    else
        waitpid(pid, &status, 0);
    return status == 0 ? 0 : EXIT_FAILURE;
}
