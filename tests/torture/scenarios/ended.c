/* Children that the server ends, because its close does not wait for them. */
#include "../scenario.h"

static int pass(void)
{
    int rc, port, fd = -1;
    char byte;
    ssize_t n;
    tabi_server *server = NULL;
    tabi_drain_report report = {sizeof report, 0, 0, 0, 0};
    struct serving serving;
    TRY(tabi_forking_tcp_server("127.0.0.1", 0, echo, NULL, &server));
    TRY(server_port(server, &port));
    begin_to_serve(&serving, server);
    fd = plain_connect(port);
    /* The answer says that the child runs. */
    n = fd >= 0 && send(fd, "?", 1, MSG_NOSIGNAL) == 1 ? read_all(fd, &byte, 1) : -1;
    CHECK(n == 1 || fault());
    TRY(end_serving(&serving));
    rc = tabi_server_close(server, 0, &report);
    if (rc < 0) complain("tabi_server_close", rc);
    CHECK(rc < 0 || report.cut + report.left == (n == 1) || fault());
    /* The child has ended, and nobody else has its connection. */
    CHECK((fd >= 0 && read_all(fd, &byte, 1) == 0) || fault());
end:
    if (fd >= 0) close(fd);
    tabi_server_free(server);
    return rc;
}
