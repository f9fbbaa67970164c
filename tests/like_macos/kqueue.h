/* What of macOS's sys/event.h the tests need. */
#include <stdint.h>
#include <time.h>

struct kevent {
    uintptr_t ident;
    int16_t filter;
    uint16_t flags;
    uint32_t fflags;
    intptr_t data;
    void *udata;
};

enum { EVFILT_READ = -1, EVFILT_USER = -10 };
enum { EV_ADD = 0x1, EV_DELETE = 0x2, EV_ONESHOT = 0x10, EV_CLEAR = 0x20, EV_EOF = 0x8000 };
enum { NOTE_TRIGGER = 0x01000000 };

int kqueue(void);
int kevent(int queue, const struct kevent *changes, int change_count, struct kevent *events, int event_count,
           const struct timespec *limit);
void kqueue_before_close(int fd);
