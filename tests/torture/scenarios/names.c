/* The resolver: numeric and local names, both ways, services and interfaces. */
#include "../scenario.h"
#include <netdb.h>

static int pass(void)
{
    int rc;
    uint32_t index;
    char host[256], service[64];
    tabi_addrinfo_list *list = NULL;
    tabi_hostent *entry = NULL;
    tabi_interface_list *interfaces = NULL;
    tabi_addr address;
    TRY(tabi_getaddrinfo("127.0.0.1", "80", AF_UNSPEC, SOCK_STREAM, 0, 0, &list));
    tabi_addrinfo_list_free(list), list = NULL;
    TRY(tabi_getaddrinfo("localhost", NULL, AF_INET, SOCK_STREAM, 0, AI_CANONNAME, &list));
    TRY(tabi_addr_from_host(AF_INET, "localhost", 80, &address));
    TRY(tabi_getnameinfo(&address, 0, host, sizeof host, service, sizeof service));
    TRY(tabi_addr_text(&address, host, sizeof host));
    TRY(tabi_gethostbyname("localhost", host, sizeof host));
    TRY(tabi_gethostbyname_ex("localhost", &entry));
    TRY(tabi_gethostname(host, sizeof host));
    TRY(tabi_getfqdn("localhost", host, sizeof host));
    TRY(tabi_getservbyname("http", "tcp"));
    TRY(tabi_if_nameindex(&interfaces));
    TRY(tabi_if_nametoindex("lo", &index));
    rc = 0;
end:
    tabi_addrinfo_list_free(list);
    tabi_hostent_free(entry);
    tabi_interface_list_free(interfaces);
    return rc;
}
