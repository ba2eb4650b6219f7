/* runtime.h: what runs the environment: the program at the end of its interpreter links, how far it gets, and
 * its standard library. Found as the kernel, the loader and Python find them; nothing is started.
 *
 * Sources: execve(2); ld.so(8); PEP 405; CPython's "Modules/getpath.py" and, up to 3.10, getpath.c: from 3.11
 * on `home` is searched upward for the landmark, before that the directory of the program itself. */
#ifndef VF_ENV_RUNTIME_H
#define VF_ENV_RUNTIME_H

#include "env/loader.h"

enum vf_start_fault {
    VF_START_OK,
    VF_START_ASSUMED, /* of an unknown host: the interpreter of params.target, which nobody looked at */
    VF_START_NONE,    /* BIN has no interpreter that could be followed */
    VF_START_MISSING, /* the links end where nothing is */
    VF_START_DENIED,  /* a directory on the way may not be looked into */
    VF_START_LOOP,    /* the links lead back to themselves */
    VF_START_NO_FILE, /* a directory, or something else that is no file */
    VF_START_NOT_EXECUTABLE, /* no x bit */
    VF_START_SCRIPT,         /* `#!`: a shim */
    VF_START_FORMAT,         /* no ELF file, or a damaged one */
    VF_START_MACHINE,        /* of another machine than this host */
    VF_START_LOADER,         /* its loader is missing */
    VF_START_UNSEEN,         /* something on the way could not be examined: loader.unseen */
    VF_START_LIBRARY         /* a library that it needs is missing or too old: see problems */
};

struct vf_runtime {
    struct vf_loader loader; /* started with the program, when there is one */
    enum vf_start_fault fault;
    struct vf_slice name; /* of the entry of BIN that is followed */
    struct vf_slice home;
    struct vf_slice *links; /* absolute paths: BIN/python and every link that it leads through */
    size_t n_links;
    struct vf_slice program;               /* absolute: where they end, also when nothing is there */
    struct vf_slice blocked;               /* DENIED: the directory */
    bool inside;                           /* the program is a file of the environment */
    const struct vf_library *library;      /* of the program; NULL: none that could be read */
    const struct vf_load_problem *problem; /* LIBRARY */
    struct vf_elf_machine host_machine;    /* MACHINE */
    /* what its name and its libpython say; minor 0: unknown */
    unsigned minor;
    bool pypy, threaded;
    bool shared; /* it needs a libpython */
    /* the standard library: known is false where this version's way to it is not known */
    bool stdlib_known, stdlib_by_home;
    struct vf_slice stdlib;      /* directory (or zip) with the landmark; empty: there is none */
    struct vf_slice stdlib_home; /* home has none: the directory that should be home; empty */
};

/* `root`: where the environment is judged for, absolute. `home`: of pyvenv.cfg, empty when there is none.
 * Never fails but for memory (false). The environment has been scanned. Release frees scratch memory only. */
VF_MUST_CHECK bool vf_runtime_inspect(struct vf_runtime *rt, const struct vf_env *env, struct vf_slice root,
                                      struct vf_slice home, struct vf_arena *a);
void vf_runtime_release(struct vf_runtime *rt);

#endif
