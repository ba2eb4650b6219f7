/* elf_object.h: what the dynamic loader reads of an ELF file: for which machine it was built, which libraries
 * it needs, where it looks for them, and which symbol versions it requires and defines.
 *
 * Read by program headers, as the loader does, through a function that gives bytes at an offset: of a large
 * file only a few kilobytes are read. Any bytes are accepted; what does not fit the format is `damage`.
 * Sources: System V ABI (gABI) chapters 4 and 5; LSB, "Symbol Versioning"; elf(5); ld.so(8). */
#ifndef VF_SYNTAX_ELF_OBJECT_H
#define VF_SYNTAX_ELF_OBJECT_H

#include "base/arena.h"

/* Bytes of a file. `at` copies up to n of them from `off` and returns how many there were; fewer at the end
 * of the file or after an error. */
struct vf_elf_bytes {
    void *ctx;
    uint64_t size;
    size_t (*at)(void *ctx, uint64_t off, void *buf, size_t n);
};

enum vf_elf_libc { VF_ELF_LIBC_NONE, VF_ELF_LIBC_GLIBC, VF_ELF_LIBC_MUSL };

/* For which processor a file was built. */
struct vf_elf_machine {
    unsigned machine; /* e_machine: 62 is x86-64, 183 AArch64 */
    unsigned bits;    /* 32 or 64 */
    bool big_endian;
};

/* A symbol version that is required of a library. */
struct vf_elf_version {
    struct vf_slice library, name; /* "libc.so.6", "GLIBC_2.38" */
    bool weak;                     /* VER_FLG_WEAK: the loader does without */
};

/* Slices live in the arena; empty where the file has none. */
struct vf_elf_object {
    struct vf_elf_machine machine;
    bool loadable;                  /* a shared object or program with segments */
    bool program;                   /* it names a loader (PT_INTERP) or is ET_EXEC */
    bool no_default_dirs;           /* DF_1_NODEFLIB */
    bool has_definitions;           /* it defines versions at all: else every version is taken to be there */
    const char *damage;             /* static words for what is wrong with the file, NULL: nothing */
    struct vf_slice interp;         /* path of the loader */
    struct vf_slice soname;         /* its own name */
    struct vf_slice rpath, runpath; /* colon lists as stored; p NULL when there is none */
    struct vf_slice *needed;        /* names of libraries, in order */
    size_t n_needed;
    struct vf_elf_version *requires;
    size_t n_requires;
    struct vf_slice *defines; /* names of versions */
    size_t n_defines;
    enum vf_elf_libc libc; /* which C library its needs name */
    bool has_symbol; /* its texts hold the symbol that was asked for (or are too many to be looked through) */
};

/* The first bytes of a file: is it an ELF file? */
bool vf_elf_is(struct vf_slice head);
/* `damage` says whether it could be read; what was read up to there is kept. `symbol`: a name to look for,
 * may be empty. False: no memory. */
VF_MUST_CHECK bool vf_elf_object_read(const struct vf_elf_bytes *bytes, struct vf_slice symbol,
                                      struct vf_arena *a, struct vf_elf_object *out);
bool vf_elf_machine_eq(const struct vf_elf_machine *x, const struct vf_elf_machine *y);
/* Appends "x86-64", "AArch64 (64 bits)", "machine 4660, 32 bits, big-endian". */
void vf_elf_machine_put(struct vf_buf *out, const struct vf_elf_machine *m);
/* The processor as platform tags name it: "x86_64", "aarch64"; NULL: there are no wheels for it. */
const char *vf_elf_machine_arch(const struct vf_elf_machine *m);
/* The machine of such a name; false, and zero, when it is not known. */
bool vf_elf_machine_of(struct vf_slice arch, struct vf_elf_machine *out);
const char *vf_elf_libc_name(enum vf_elf_libc c); /* "glibc", "musl", "no libc" */

#endif
