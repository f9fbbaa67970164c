/* fetch_bsd HOST PORT TEXT: sends a line and prints the answer, within 5 seconds in all. With plain sockets. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

/* Waits until the socket is ready. Returns 0, or -1 with errno. */
static int wait_for(int fd, short events, long long deadline)
{
    struct pollfd entry = {fd, events, 0};
    for (;;) {
        long long left = deadline - now();
        int n = poll(&entry, 1, left > 0 ? (int)left : 0);
        if (n > 0)
            return 0;
        if (n == 0) {
            errno = ETIMEDOUT;
            return -1;
        }
        if (errno != EINTR)
            return -1;
    }
}

static int connect_to(const struct addrinfo *address, long long deadline)
{
    int error = 0, fd = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    socklen_t size = sizeof error;
    if (fd < 0)
        return -1;
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    if (errno == EINPROGRESS && wait_for(fd, POLLOUT, deadline) == 0
        && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0)
        return fd;
    error = error != 0 ? error : errno;
    close(fd);
    errno = error;
    return -1;
}

int main(int argc, char **argv)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    long long deadline = now() + 5000;
    struct addrinfo *addresses, *address;
    char text[4096];
    size_t sent = 0, len;
    ssize_t n;
    int rc, fd = -1;

    if (argc != 4)
        return 2;
    rc = getaddrinfo(argv[1], argv[2], &hints, &addresses); /* the deadline does not hold here */
    if (rc != 0) {
        fprintf(stderr, "fetch_bsd: %s\n", gai_strerror(rc));
        return 1;
    }
    for (address = addresses; address != NULL && fd < 0; address = address->ai_next)
        fd = connect_to(address, deadline);
    freeaddrinfo(addresses);
    len = (size_t)snprintf(text, sizeof text, "%s\n", argv[3]);
    while (fd >= 0 && sent < len) {
        n = send(fd, text + sent, len - sent, MSG_NOSIGNAL);
        if (n >= 0)
            sent += (size_t)n;
        else if (errno != EINTR && (errno != EAGAIN || wait_for(fd, POLLOUT, deadline) < 0))
            break;
    }
    n = fd < 0 || sent < len ? -1 : 1;
    while (n > 0) {
        n = recv(fd, text, sizeof text, 0);
        if (n > 0)
            fwrite(text, 1, (size_t)n, stdout);
        else if (n < 0 && (errno == EINTR || (errno == EAGAIN && wait_for(fd, POLLIN, deadline) == 0)))
            n = 1;
    }
    if (n < 0)
        fprintf(stderr, "fetch_bsd: %s\n", strerror(errno));
    if (fd >= 0)
        close(fd);
    return n < 0;
}
