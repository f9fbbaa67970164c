/* What the example programs share: how they read their arguments and report errors. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tabi.h>

#if defined(_WIN32)
/* The names that Windows has for the directions of a connection. */
#define SHUT_RD SD_RECEIVE
#define SHUT_WR SD_SEND
#define SHUT_RDWR SD_BOTH
#endif

/* Prints a text and the message of the last call that failed. Returns the exit status. */
static inline int failed(const char *who, ...)
{
    va_list arguments;
    va_start(arguments, who);
    vfprintf(stderr, who, arguments);
    va_end(arguments);
    fprintf(stderr, ": %s\n", tabi_last_error_message());
    return EXIT_FAILURE;
}

/* Returns the port in an argument, or `otherwise` if it is NULL. Ends the program if it is not a number. */
static inline int port_argument(const char *argument, int otherwise)
{
    char *end;
    long port;
    if (argument == NULL)
        return otherwise;
    errno = 0;
    port = strtol(argument, &end, 10);
    if (errno != 0 || end == argument || *end != '\0' || port < -1000000 || port > 1000000) {
        fprintf(stderr, "port must be 0-65535, got %s\n", argument);
        exit(EXIT_FAILURE);
    }
    return (int)port;
}

/* Prints the port on which a server listens. With port 0, the system has chosen it. */
static inline void print_listening(const tabi_addr *addr)
{
    printf("listening on 127.0.0.1:%d\n", tabi_addr_port(addr));
    fflush(stdout);
}

/* Reads a line without its newline. Returns 0 at the end of the input. A line that is too long is read in parts. */
static inline int read_line(char *line, size_t size)
{
    if (fgets(line, (int)size, stdin) == NULL)
        return 0;
    line[strcspn(line, "\n")] = '\0';
    return 1;
}

#endif
