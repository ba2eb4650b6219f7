/* native_file.h: what the loaders of macOS and Windows read of a compiled file: for which processors it was
 * built, which libraries it needs, the oldest system that takes it. Only what a check for such a target asks.
 *
 * Any bytes are accepted; what does not fit its format is `damage`. Sources: Mach-O: <mach-o/loader.h> and
 * <mach-o/fat.h>, dyld(1); PE: Microsoft's "PE Format". */
#ifndef VF_SYNTAX_NATIVE_FILE_H
#define VF_SYNTAX_NATIVE_FILE_H

#include "base/arena.h"

enum vf_native_kind { VF_NATIVE_OTHER, VF_NATIVE_ELF, VF_NATIVE_MACHO, VF_NATIVE_PE };

#define VF_NATIVE_CPUS 8

/* Slices borrow from the bytes. */
struct vf_native_file {
    enum vf_native_kind kind;
    const char *damage;               /* static words; NULL: none */
    const char *cpus[VF_NATIVE_CPUS]; /* as platform tags name them: "arm64", "x86_64", "amd64"; static */
    size_t n_cpus;
    unsigned least_major, least_minor; /* Mach-O: of the system that it needs; 0: it does not say */
    struct vf_slice *needed, *rpaths;  /* names as stored */
    size_t n_needed, n_rpaths;
};

/* `cpu`: of a file for several processors, the part that is read ("arm64"); where it has no such part, cpus
 * alone is filled. False: no memory. */
VF_MUST_CHECK bool vf_native_read(struct vf_slice bytes, struct vf_slice cpu, struct vf_arena *a,
                                  struct vf_native_file *out);
bool vf_native_has_cpu(const struct vf_native_file *f, struct vf_slice cpu);

#endif
