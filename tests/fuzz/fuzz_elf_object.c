/* What the loader reads of an ELF file, and ld.so.cache: any bytes are accepted, and every text that comes
 * out ends within what went in. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "syntax/elf_object.h"
#include "syntax/ld_cache.h"

static size_t at_bytes(void *ctx, uint64_t off, void *buf, size_t n)
{
    const struct vf_slice *all = ctx;
    if (off >= all->n)
        return 0;
    if (n > all->n - (size_t)off)
        n = all->n - (size_t)off;
    memcpy(buf, all->p + off, n);
    return n;
}

static void check(struct vf_slice text, size_t most)
{
    if (text.n > most || (text.n && (!text.p || memchr(text.p, 0, text.n))))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct vf_slice all = {(const char *)data, n};
    struct vf_arena a;
    struct vf_elf_object elf;
    struct vf_elf_bytes bytes = {.ctx = &all, .size = n, .at = at_bytes};
    struct vf_ld_cache_entry *entries;
    size_t count;
    vf_arena_init(&a);
    if (!vf_elf_object_read(&bytes, (struct vf_slice){"PyInit_x", 8}, &a, &elf))
        abort();
    check(elf.interp, n);
    check(elf.soname, n);
    check(elf.runpath, n);
    for (size_t i = 0; i < elf.n_needed; i++)
        check(elf.needed[i], n);
    for (size_t i = 0; i < elf.n_requires; i++) {
        check(elf.requires[i].library, n);
        check(elf.requires[i].name, n);
    }
    for (size_t i = 0; i < elf.n_defines; i++)
        check(elf.defines[i], n);
    if (!vf_ld_cache_read(all, &a, &entries, &count))
        abort();
    for (size_t i = 0; i < count; i++) {
        check(entries[i].name, n);
        check(entries[i].path, n);
    }
    vf_arena_release(&a);
    return 0;
}
