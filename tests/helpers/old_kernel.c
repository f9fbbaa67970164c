/*
 * Preloaded beside the filter of old_kernel.rs, which cannot shorten an answer of the kernel: Linux 3.10 knows less about a
 * TCP connection, and its TCP_INFO ends before the counts of bytes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>

enum { LENGTH_IN_LINUX_3_10 = 104 };

int getsockopt(int fd, int level, int option, void *value, socklen_t *length)
{
    static __typeof__(&getsockopt) real;
    if (real == NULL)
        real = (__typeof__(&getsockopt))dlsym(RTLD_NEXT, "getsockopt");
    if (level == IPPROTO_TCP && option == TCP_INFO && *length > LENGTH_IN_LINUX_3_10)
        *length = LENGTH_IN_LINUX_3_10;
    return real(fd, level, option, value, length);
}
