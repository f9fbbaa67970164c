/* web_server FOLDER [PORT]: serves the files of the folder over HTTP/1.0, for GET and HEAD. */
#include "example.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LONGEST_LINE = 8000, MOST_HEADERS = 100 };

/* Opens the file that a target names, but never one outside the folder. Returns -1 if there is none. */
static int find(const char *folder, char *target, off_t *size)
{
    char path[LONGEST_LINE + 1024];
    struct stat about;
    int file;
    target[strcspn(target, "?#")] = '\0';
    if (target[0] != '/' || strstr(target, "..") != NULL)
        return -1;
    snprintf(path, sizeof path, "%s%s", folder, target);
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        snprintf(path, sizeof path, "%s%s/index.html", folder, target);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0 && (fstat(file, &about) != 0 || !S_ISREG(about.st_mode))) {
        close(file);
        file = -1;
    }
    *size = about.st_size;
    return file;
}

static ssize_t reply_head(tabi_request *request, const char *status, off_t size)
{
    return tabi_request_printf(request, "HTTP/1.0 %s\r\nContent-Length: %lld\r\nConnection: close\r\n\r\n", status,
                               (long long)size);
}

static int answer(tabi_request *request, void *userdata)
{
    tabi_sock *sk = tabi_request_sock(request);
    tabi_file *file = NULL;
    char line[LONGEST_LINE], header[LONGEST_LINE], method[16] = "", target[LONGEST_LINE] = "";
    off_t size = 0;
    int found, headers;
    ssize_t n = tabi_makefile(sk, -1, &file);

    if (n == 0) n = tabi_file_readline(file, line, sizeof line);
    for (headers = 0; n > 0 && headers < MOST_HEADERS; headers++)
        if ((n = tabi_file_readline(file, header, sizeof header)) >= 0 && strcspn(header, "\r\n") == 0)
            break;
    tabi_file_free(file);
    if (n < 0)
        return (int)n;
    sscanf(line, "%15s %7999s", method, target);
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return (int)reply_head(request, "501 Not Implemented", 0);
    if ((found = find(userdata, target, &size)) < 0)
        return (int)reply_head(request, "404 Not Found", 0);
    n = reply_head(request, "200 OK", size);
    if (n > 0 && strcmp(method, "GET") == 0)
        n = tabi_sendfile(sk, found, 0, -1, NULL);
    close(found);
    return (int)(n < 0 ? n : 0);
}

int main(int argc, char **argv)
{
    char here[] = ".";
    int port = port_argument(argc > 2 ? argv[2] : NULL, 9011);
    tabi_server_options options;
    tabi_server *server = NULL;
    tabi_addr addr;
    int rc = tabi_server_options_init(&options, sizeof options);

    options.concurrency = TABI_THREADS;
    options.request_timeout = 10;
    if (rc == 0) rc = tabi_addr_from_host(AF_INET, "127.0.0.1", port, &addr);
    if (rc == 0) rc = tabi_server_new(&options, &addr, answer, argc > 1 ? argv[1] : here, &server);
    if (rc == 0) rc = tabi_server_address(server, &addr);
    if (rc == 0) print_listening(&addr);
    if (rc == 0) rc = tabi_server_serve_forever(server, 0.5);
    if (rc < 0) failed("web_server: 127.0.0.1:%d", port);
    tabi_server_free(server);
    return rc < 0;
}
