/* What the C echo servers share: a listening socket whose port is printed, and the limit of descriptors. */
#ifndef LISTEN_H
#define LISTEN_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 4096
#define LINE 1024

static inline void fail(const char *what)
{
    perror(what);
    exit(1);
}

static inline void allow_many_descriptors(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static inline void print_port(int port)
{
    printf("%d\n", port);
    fflush(stdout);
}

static inline int listen_on_loopback(int flags)
{
    struct sockaddr_in name;
    socklen_t length = sizeof name;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    memset(&name, 0, sizeof name);
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&name, sizeof name) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&name, &length) != 0)
        fail("listen");
    allow_many_descriptors();
    print_port(ntohs(name.sin_port));
    return fd;
}

/* Sends back what one client sends, until the client disconnects. */
static inline void echo(int fd)
{
    char line[LINE];
    ssize_t n;
    while ((n = recv(fd, line, sizeof line, 0)) > 0)
        for (ssize_t sent = 0; sent < n;) {
            ssize_t part = send(fd, line + sent, (size_t)(n - sent), MSG_NOSIGNAL);
            if (part < 0)
                goto end;
            sent += part;
        }
end:
    close(fd);
}

#endif
