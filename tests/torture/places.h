/*
 * Which code is the library's: that of libtabi.so; or, with TORTURE_PLACES=PATH, the functions in the program itself whose
 * beginnings and ends PATH lists, for a Rust program, which contains the library. A place is an offset into that file.
 */
#ifndef PLACES_H
#define PLACES_H
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unwind.h>

enum { DEPTH = 24, MOST_FUNCTIONS = 20000 };

static uintptr_t base, begin, end;
static struct function { unsigned long begin, end; } *functions;
static size_t function_count;

static void read_functions(const char *path)
{
    FILE *file = fopen(path, "re");
    static struct function all[MOST_FUNCTIONS];
    if (!file)
        abort();
    while (function_count < MOST_FUNCTIONS
           && fscanf(file, "%lx %lx", &all[function_count].begin, &all[function_count].end) == 2)
        function_count++;
    fclose(file);
    functions = all;
}

static int find_file(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size, (void)unused;
    /* The first file is the program. */
    if (!functions && !(info->dlpi_name && strstr(info->dlpi_name, "libtabi.so")))
        return 0;
    base = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X)) {
            begin = base + part->p_vaddr;
            end = begin + part->p_memsz;
        }
    }
    return 1;
}

/* Does nothing once the library is found. */
static void find_library(void)
{
    const char *path = getenv("TORTURE_PLACES");
    if (path && !functions)
        read_functions(path);
    if (!begin)
        dl_iterate_phdr(find_file, NULL);
}

/* A return address may be the end of a function that does not return from its last call. */
static int is_in_library(uintptr_t at)
{
    size_t low = 0, high = function_count;
    if (at < begin || at >= end)
        return 0;
    if (!functions)
        return 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (functions[middle].end < at - base)
            low = middle + 1;
        else
            high = middle;
    }
    return low < function_count && functions[low].begin < at - base;
}

struct places { int count; uintptr_t at[DEPTH]; };

static _Unwind_Reason_Code note_place(struct _Unwind_Context *context, void *into)
{
    struct places *places = into;
    uintptr_t at = _Unwind_GetIP(context);
    if (is_in_library(at))
        places->at[places->count++] = at - base;
    return places->count < DEPTH ? _URC_NO_REASON : _URC_END_OF_STACK;
}
#endif
