/* _dl_find_object() of glibc 2.35, for musl. Debian's libgcc_eh looks for the tables of a function with it, and without
   it no panic could be caught. Systems whose C library is musl have a libgcc that does not need it. */
#define _GNU_SOURCE
#include <link.h>
#include <string.h>

struct dl_find_object {
    unsigned long long dlfo_flags;
    void *dlfo_map_start, *dlfo_map_end, *dlfo_link_map, *dlfo_eh_frame;
    unsigned long long reserved[7];
};

struct search {
    const char *address;
    struct dl_find_object *result;
};

/* Fills the result and returns 1 if the address is in this object. */
static int look(struct dl_phdr_info *info, size_t size, void *data)
{
    struct search *search = data;
    char *start = NULL, *end = NULL, *eh_frame = NULL;
    int inside = 0;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        char *from = (char *)info->dlpi_addr + part->p_vaddr, *to = from + part->p_memsz;
        if (part->p_type == PT_GNU_EH_FRAME)
            eh_frame = from;
        if (part->p_type != PT_LOAD)
            continue;
        if (start == NULL || from < start)
            start = from;
        if (to > end)
            end = to;
        inside |= search->address >= from && search->address < to;
    }
    if (!inside || eh_frame == NULL)
        return 0;
    memset(search->result, 0, sizeof *search->result);
    search->result->dlfo_map_start = start;
    search->result->dlfo_map_end = end;
    search->result->dlfo_eh_frame = eh_frame;
    return 1;
}

int _dl_find_object(void *address, struct dl_find_object *result)
{
    struct search search = {address, result};
    return dl_iterate_phdr(look, &search) ? 0 : -1;
}
