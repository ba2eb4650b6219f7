/* elf.h: the dynamic section of an ELF file: which libraries it needs and where they are looked for
 * (docs/formats.md 8.1, 8.2). Read by libelf; reading only. */
#ifndef VF_SYNTAX_ELF_H
#define VF_SYNTAX_ELF_H

#include "base/arena.h"
#include "base/err.h"

#define VF_ELF_CAP ((uint64_t)256 << 20) /* bytes of a file that is read */

struct vf_elf {
    struct vf_slice *needed; /* DT_NEEDED, in order */
    size_t n_needed;
    struct vf_slice
        runpath;          /* DT_RUNPATH, else DT_RPATH, as stored (colon list); p NULL when there is none */
    uint64_t runpath_off; /* where it stands in the file */
    bool runpath_shared;  /* another entry's text begins inside of it: no byte of it may change */
};

/* False when the bytes are no ELF file or its dynamic section cannot be read (nothing in `out` then). Slices
 * live in the arena. */
bool vf_elf_read(struct vf_slice bytes, struct vf_arena *a, struct vf_elf *out);

/* Bytes that no program reads when it runs: debug information and the table of symbols for debuggers. */
struct vf_elf_idle {
    uint64_t off, len;
};
/* The sections of an ELF file that are of that kind; none when it cannot be read. False: no memory. Lives in
 * the arena. */
bool vf_elf_idle(struct vf_slice bytes, struct vf_arena *a, const struct vf_elf_idle **out, size_t *n);

/* What an ELF file asks of the host's libc, by the versions of symbols that it binds (docs/formats.md 8.3).
 */
struct vf_elf_floor {
    bool is_elf;
    unsigned glibc_minor; /* of 2.N; 0: none is asked for */
    bool musl;            /* it needs musl's libc */
    unsigned machine;     /* e_machine: 62 is x86_64, 183 aarch64 */
};
/* `image` is private memory of the caller's, which libelf may write to. Never fails: what cannot be read asks
 * for nothing, and is_elf is false. */
void vf_elf_floor_of(char *image, size_t n, struct vf_elf_floor *out);

#endif
