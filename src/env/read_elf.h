/* read_elf.h: what the loader reads of an ELF file of the host. */
#ifndef VF_ENV_READ_ELF_H
#define VF_ENV_READ_ELF_H

#include "fs/host.h"
#include "syntax/elf_object.h"

/* *out is NULL when there is no ELF file at the absolute path (links followed). *why: 0, or the errno value
 * that kept the path from being examined or the file from being read. False: no memory. */
VF_MUST_CHECK bool vf_host_elf(struct vf_host *host, struct vf_slice path, struct vf_arena *a,
                               const struct vf_elf_object **out, int *why);

#endif
