/* elf.c: libelf over bytes in memory. Files are untrusted: libelf checks its bounds, and strings are taken by
 * its own function. */
#include "syntax/elf.h"

#include <gelf.h>
#include <string.h>

#define NEEDED_MAX 1024u

static bool keep(struct vf_arena *a, struct vf_vec *v, const char *text)
{
    struct vf_slice *s = vf_vec_push(a, v, sizeof *s);
    if (!s)
        return false;
    *s = vf_arena_dup(a, vf_slice_of(text));
    return s->p != NULL;
}

static bool read_entry(Elf *elf, size_t strings, const GElf_Dyn *d, struct vf_arena *a, struct vf_vec *needed,
                       struct vf_elf *out)
{
    if (d->d_tag != DT_NEEDED && d->d_tag != DT_RUNPATH && d->d_tag != DT_RPATH)
        return true;
    const char *text = elf_strptr(elf, strings, d->d_un.d_val);
    if (!text)
        return false;
    if (d->d_tag == DT_NEEDED)
        return needed->n >= NEEDED_MAX || keep(a, needed, text);
    if (d->d_tag == DT_RUNPATH || !out->runpath.p)
        out->runpath = vf_arena_dup(a, vf_slice_of(text));
    return true;
}

static bool read_dynamic(Elf *elf, struct vf_arena *a, struct vf_elf *out)
{
    struct vf_vec needed = {0};
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
        GElf_Shdr head;
        if (!gelf_getshdr(scn, &head) || head.sh_type != SHT_DYNAMIC || !head.sh_entsize)
            continue;
        Elf_Data *data = elf_getdata(scn, NULL);
        size_t n = data ? head.sh_size / head.sh_entsize : 0;
        for (size_t i = 0; i < n && i < INT32_MAX; i++) {
            GElf_Dyn d;
            if (!gelf_getdyn(data, (int)i, &d) || d.d_tag == DT_NULL)
                break;
            if (!read_entry(elf, head.sh_link, &d, a, &needed, out))
                return false;
        }
        break;
    }
    out->needed = needed.base;
    out->n_needed = needed.n;
    return true;
}

bool vf_elf_read(struct vf_slice bytes, struct vf_arena *a, struct vf_elf *out)
{
    *out = (struct vf_elf){0};
    if (bytes.n < EI_NIDENT || memcmp(bytes.p, ELFMAG, SELFMAG) != 0 || elf_version(EV_CURRENT) == EV_NONE)
        return false;
    struct vf_slice copy = vf_arena_dup(a, bytes); /* libelf wants memory that it may write to */
    Elf *elf = copy.p ? elf_memory((char *)(uintptr_t)copy.p, copy.n) : NULL;
    bool ok = elf && elf_kind(elf) == ELF_K_ELF && read_dynamic(elf, a, out);
    if (elf)
        elf_end(elf);
    if (!ok)
        *out = (struct vf_elf){0};
    return ok;
}
