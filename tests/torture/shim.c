/*
 * Preloaded into a program: makes one call of libtabi fail, and says where.
 *
 * Only calls whose return address lies in the library's code are counted and can fail (places.h); what the program itself,
 * the C library and the loader call is untouched. Counts are shared with forked children, so that a fault happens once.
 *
 * TORTURE_FAULT=KIND:NUMBER:ERROR makes the call number NUMBER (from 1) of KIND fail with ERROR; with TORTURE_LASTS=1
 * all later ones fail too.
 * TORTURE_REPORT=PATH gets a line for each call ("call KIND NUMBER PLACE...") or for the fault ("fault KIND NUMBER
 * PLACE..."); a PLACE is an offset into libtabi.so, the innermost first.
 *
 * What delays calls of the whole program instead is in delays.h.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "delays.h"
#include "places.h"

enum { KINDS = 64, REPORT_DESCRIPTOR = 1000 };

struct shared {
    atomic_int armed;
    atomic_int error;
    atomic_long live;
    /* The names of the kinds, in the order in which they were first called: a fork keeps their addresses. */
    _Atomic(const char *) kinds[KINDS];
    atomic_long counts[KINDS];
};

static struct shared *shared;
static int report = -1;
static char wanted_kind[64];
static long wanted_number;
static int wanted_error, lasts;
static __thread int inside;

/*
 * What scenarios ask: the error of the fault, or 0 when it has not happened; whether all later calls fail too; and the
 * blocks of memory that libtabi has.
 */
int torture_lasts(void) { return lasts; }
int torture_error(void) { return shared ? atomic_load(&shared->error) : 0; }
long torture_live(void) { return shared ? atomic_load(&shared->live) : 0; }
/* From here on nothing is counted and nothing fails. */
void torture_stop(void) { if (shared) atomic_store(&shared->armed, 0); }

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("TORTURE_REPORT"), *fault = getenv("TORTURE_FAULT");
    struct places places = {0};
    read_delay();
    if (!path)
        return;
    find_library();
    _Unwind_Backtrace(note_place, &places);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    report = fcntl(fd, F_DUPFD_CLOEXEC, REPORT_DESCRIPTOR);
    close(fd);
    if (fault && sscanf(fault, "%63[^:]:%ld:%d", wanted_kind, &wanted_number, &wanted_error) != 3)
        abort();
    lasts = getenv("TORTURE_LASTS") != NULL;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    atomic_store(&shared->armed, 1);
}

/* Python loads the library when it runs already. */
void *dlopen(const char *name, int flags)
{
    static __typeof__(&dlopen) real;
    if (!real) real = (__typeof__(&dlopen))dlsym(RTLD_NEXT, "dlopen");
    void *library = real(name, flags);
    if (shared)
        find_library();
    return library;
}

static int kind_index(const char *kind)
{
    for (int i = 0; i < KINDS; i++) {
        const char *none = NULL;
        if (atomic_compare_exchange_strong(&shared->kinds[i], &none, kind) || strcmp(none, kind) == 0)
            return i;
    }
    abort();
}

static void tell(const char *what, const char *kind, long number)
{
    char line[64 + DEPTH * 20];
    struct places places = {0};
    int length = snprintf(line, sizeof line, "%s %s %ld", what, kind, number);
    _Unwind_Backtrace(note_place, &places);
    for (int i = 0; i < places.count; i++)
        length += snprintf(line + length, sizeof line - (size_t)length, " %lx", (unsigned long)places.at[i]);
    line[length++] = '\n';
    if (write(report, line, (size_t)length) < 0)
        abort();
}

#define CALLER __builtin_return_address(0)

static int is_library(void *caller)
{
    return shared && !inside && is_in_library((uintptr_t)caller);
}

/* The error by which this call is to fail, or 0. */
static int due(const char *kind, void *caller)
{
    int saved = errno, error = 0;
    if (!is_library(caller) || !atomic_load(&shared->armed))
        return 0;
    inside = 1;
    long number = atomic_fetch_add(&shared->counts[kind_index(kind)], 1) + 1;
    if (!wanted_kind[0]) {
        tell("call", kind, number);
    } else if ((lasts ? number >= wanted_number : number == wanted_number) && strcmp(kind, wanted_kind) == 0) {
        if (number == wanted_number)
            tell("fault", kind, number);
        atomic_store(&shared->error, wanted_error);
        error = wanted_error;
    }
    inside = 0;
    errno = saved;
    return error;
}

/* Memory. */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

static void *counted(void *memory, void *caller)
{
    if (memory && is_library(caller))
        atomic_fetch_add(&shared->live, 1);
    return memory;
}

static int out_of_memory(void *caller)
{
    int error = due("memory", caller);
    if (error)
        errno = error;
    return error;
}

void *malloc(size_t size) { return out_of_memory(CALLER) ? NULL : counted(__libc_malloc(size), CALLER); }

void *calloc(size_t count, size_t size)
{
    return out_of_memory(CALLER) ? NULL : counted(__libc_calloc(count, size), CALLER);
}

void *realloc(void *memory, size_t size)
{
    if (out_of_memory(CALLER))
        return NULL;
    return memory ? __libc_realloc(memory, size) : counted(__libc_realloc(memory, size), CALLER);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    if (out_of_memory(CALLER))
        return ENOMEM;
    *memory = counted(__libc_memalign(alignment, size), CALLER);
    return *memory ? 0 : ENOMEM;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return out_of_memory(CALLER) ? NULL : counted(__libc_memalign(alignment, size), CALLER);
}

void free(void *memory)
{
    if (memory && is_library(CALLER))
        atomic_fetch_sub(&shared->live, 1);
    __libc_free(memory);
}

/* System calls that fail with -1 and errno, and do nothing then. */
#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* The error of a system call, which may have to wait first. */
static int late_and_due(const char *kind, void *caller)
{
    pause_before_call();
    return due(kind, caller);
}

#define FAILS(returns, name, parameters, arguments) \
    returns name parameters \
    { \
        REAL(name); \
        int error = late_and_due(#name, CALLER); \
        if (error) return errno = error, -1; \
        return real arguments; \
    }

FAILS(int, socket, (int a, int b, int c), (a, b, c))
FAILS(int, socketpair, (int a, int b, int c, int d[2]), (a, b, c, d))
FAILS(int, bind, (int a, const struct sockaddr *b, socklen_t c), (a, b, c))
FAILS(int, listen, (int a, int b), (a, b))
FAILS(int, accept4, (int a, struct sockaddr *b, socklen_t *c, int d), (a, b, c, d))
FAILS(int, getsockname, (int a, struct sockaddr *b, socklen_t *c), (a, b, c))
FAILS(int, getpeername, (int a, struct sockaddr *b, socklen_t *c), (a, b, c))
FAILS(int, getsockopt, (int a, int b, int c, void *d, socklen_t *e), (a, b, c, d, e))
FAILS(int, setsockopt, (int a, int b, int c, const void *d, socklen_t e), (a, b, c, d, e))
FAILS(int, shutdown, (int a, int b), (a, b))
FAILS(int, dup2, (int a, int b), (a, b))
FAILS(int, dup3, (int a, int b, int c), (a, b, c))
FAILS(int, poll, (struct pollfd *a, nfds_t b, int c), (a, b, c))
FAILS(ssize_t, recv, (int a, void *b, size_t c, int d), (a, b, c, d))
FAILS(ssize_t, recvfrom, (int a, void *b, size_t c, int d, struct sockaddr *e, socklen_t *f), (a, b, c, d, e, f))
FAILS(ssize_t, recvmsg, (int a, struct msghdr *b, int c), (a, b, c))
FAILS(int, recvmmsg, (int a, struct mmsghdr *b, unsigned c, int d, struct timespec *e), (a, b, c, d, e))
FAILS(ssize_t, send, (int a, const void *b, size_t c, int d), (a, b, c, d))
FAILS(ssize_t, sendto, (int a, const void *b, size_t c, int d, const struct sockaddr *e, socklen_t f), (a, b, c, d, e, f))
FAILS(ssize_t, sendmsg, (int a, const struct msghdr *b, int c), (a, b, c))
FAILS(int, sendmmsg, (int a, struct mmsghdr *b, unsigned c, int d), (a, b, c, d))
FAILS(ssize_t, sendfile64, (int a, int b, off64_t *c, size_t d), (a, b, c, d))
FAILS(int, eventfd, (unsigned a, int b), (a, b))
FAILS(int, pipe2, (int a[2], int b), (a, b))
FAILS(int, epoll_create1, (int a), (a))
FAILS(int, epoll_wait, (int a, struct epoll_event *b, int c, int d), (a, b, c, d))
FAILS(pid_t, fork, (void), ())
FAILS(pid_t, waitpid, (pid_t a, int *b, int c), (a, b, c))
FAILS(int, waitid, (idtype_t a, id_t b, siginfo_t *c, int d), (a, b, c, d))
FAILS(ssize_t, read, (int a, void *b, size_t c), (a, b, c))
FAILS(int, gethostname, (char *a, size_t b), (a, b))

/* A connect that a signal interrupts goes on, unless it is a unix socket's. */
int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    REAL(connect);
    int error = late_and_due("connect", CALLER);
    if (error == EINTR && address->sa_family != AF_UNIX) {
        int result = real(fd, address, length);
        if (result != 0)
            return result;
    }
    if (error)
        return errno = error, -1;
    return real(fd, address, length);
}

/* To watch a descriptor no longer needs nothing that could be missing. */
int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    REAL(epoll_ctl);
    int error = operation == EPOLL_CTL_DEL ? 0 : late_and_due("epoll_ctl", CALLER);
    return error ? (errno = error, -1) : real(epoll, operation, fd, event);
}

/* A close that fails has closed. */
int close(int fd)
{
    REAL(close);
    int error = late_and_due("close", CALLER), result = real(fd);
    return error ? (errno = error, -1) : result;
}

/* The library writes to eventfds and pipes only, and those fail when they are readable already. */
ssize_t write(int fd, const void *bytes, size_t size)
{
    REAL(write);
    int error = late_and_due("write", CALLER);
    ssize_t result = real(fd, bytes, size);
    return error ? (errno = error, -1) : result;
}

/* Calls with variable arguments. */
int fcntl(int fd, int command, ...)
{
    REAL(fcntl);
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    int error = late_and_due(command == F_DUPFD_CLOEXEC ? "dup" : "fcntl", CALLER);
    return error ? (errno = error, -1) : real(fd, command, argument);
}

int ioctl(int fd, unsigned long request, ...)
{
    REAL(ioctl);
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    int error = late_and_due("ioctl", CALLER);
    return error ? (errno = error, -1) : real(fd, request, argument);
}

long syscall(long number, ...)
{
    REAL(syscall);
    va_list rest;
    va_start(rest, number);
    long a[6];
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(rest, long);
    va_end(rest);
    /* The standard library's locks are calls like this, too; those are no business of the library's. */
    const char *kind = number == SYS_ppoll ? "ppoll"
        : number == SYS_pidfd_open ? "pidfd_open"
        : number == SYS_pidfd_send_signal ? "pidfd_send_signal"
        : NULL;
    int error = kind ? late_and_due(kind, CALLER) : 0;
    return error ? (errno = error, -1) : real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Calls that return their error. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
    REAL(pthread_create);
    int error = late_and_due("pthread_create", CALLER);
    return error ? error : real(thread, attributes, run, argument);
}

int pthread_attr_init(pthread_attr_t *attributes)
{
    REAL(pthread_attr_init);
    int error = late_and_due("pthread_attr_init", CALLER);
    return error ? error : real(attributes);
}

int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                 char *const arguments[], char *const environment[])
{
    REAL(posix_spawnp);
    int error = late_and_due("posix_spawnp", CALLER);
    return error ? error : real(pid, file, actions, attributes, arguments, environment);
}

int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *actions, int from, int to)
{
    REAL(posix_spawn_file_actions_adddup2);
    int error = late_and_due("posix_spawn_file_actions_adddup2", CALLER);
    return error ? error : real(actions, from, to);
}

/* The resolver's errors: those of the system stand for EAI_SYSTEM. */
static int resolver_error(int error) { return error > 0 ? (errno = error, EAI_SYSTEM) : error; }

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
    REAL(getaddrinfo);
    int error = late_and_due("getaddrinfo", CALLER);
    return error ? resolver_error(error) : real(host, service, hints, list);
}

int getnameinfo(const struct sockaddr *address, socklen_t length, char *host, socklen_t host_size, char *service,
                socklen_t service_size, int flags)
{
    REAL(getnameinfo);
    int error = late_and_due("getnameinfo", CALLER);
    return error ? resolver_error(error) : real(address, length, host, host_size, service, service_size, flags);
}

int gethostbyname_r(const char *name, struct hostent *entry, char *buffer, size_t size, struct hostent **result, int *code)
{
    REAL(gethostbyname_r);
    int error = late_and_due("gethostbyname_r", CALLER);
    if (error)
        return *result = NULL, *code = NETDB_INTERNAL, errno = error, error;
    return real(name, entry, buffer, size, result, code);
}

int getservbyname_r(const char *name, const char *protocol, struct servent *entry, char *buffer, size_t size, struct servent **result)
{
    REAL(getservbyname_r);
    int error = late_and_due("getservbyname_r", CALLER);
    return error ? (*result = NULL, error) : real(name, protocol, entry, buffer, size, result);
}

struct if_nameindex *if_nameindex(void)
{
    REAL(if_nameindex);
    int error = late_and_due("if_nameindex", CALLER);
    return error ? (errno = error, NULL) : real();
}

/* Its last step is a jump to free(), which then seems to be called by the library. */
void if_freenameindex(struct if_nameindex *list)
{
    REAL(if_freenameindex);
    inside++;
    real(list);
    inside--;
}

unsigned if_nametoindex(const char *name)
{
    REAL(if_nametoindex);
    int error = late_and_due("if_nametoindex", CALLER);
    return error ? (errno = error, 0) : real(name);
}

char *if_indextoname(unsigned index, char name[IF_NAMESIZE])
{
    REAL(if_indextoname);
    int error = late_and_due("if_indextoname", CALLER);
    return error ? (errno = error, NULL) : real(index, name);
}
