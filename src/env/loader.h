/* loader.h: which files the dynamic loader would load for a program or an extension module, and what would
 * stop it. Nothing is started: names, search paths and versions are followed as glibc's and musl's loaders
 * do.
 *
 * Call sequence: vf_loader_init, vf_loader_start with the interpreter (whose libraries are then loaded for
 * everything else), vf_loader_load for each extension module or library. Everything lives in the arena given
 * to init. Files of the environment are those of `env` (scanned before); all others are asked of its host.
 * LD_LIBRARY_PATH and LD_PRELOAD are taken to be unset. Sources: ld.so(8), ldconfig(8), dlopen(3); musl's
 * manual, "Functional differences from glibc". */
#ifndef VF_ENV_LOADER_H
#define VF_ENV_LOADER_H

#include "env/env.h"

/* One file that can be loaded. */
struct vf_library {
    struct vf_slice path; /* absolute, as the loader would open it */
    uint32_t file;        /* in env->files; VF_NONE: a file of the host */
    const struct vf_elf_object *elf;
    struct vf_map defines;           /* its versions */
    const struct vf_library **found; /* of each needed name, where that depends on nothing else; see below */
    bool *searched;                  /* found[i] is known */
    uint64_t round;                  /* of vf_loader_load */
};

enum vf_load_kind {
    VF_LOAD_NO_LIBRARY, /* no file of that name is found */
    VF_LOAD_MACHINE,    /* only one for another machine is */
    VF_LOAD_VERSION     /* it is found, and lacks the version */
};
struct vf_load_problem {
    enum vf_load_kind kind;
    const struct vf_library *by;    /* the file that needs it */
    struct vf_slice name, version;  /* the needed library; VERSION: what it lacks */
    const struct vf_library *found; /* MACHINE, VERSION: the file that is there */
};

struct vf_loader {
    const struct vf_env *env;
    struct vf_slice root; /* where the environment is judged for */
    struct vf_arena *a, scratch;
    struct vf_map by_path;    /* -> index into libraries, plus one; 0: nothing there */
    struct vf_vec libraries;  /* struct vf_library * */
    struct vf_map system;     /* name -> the same, found without a search path */
    struct vf_map cache;      /* name -> index into entries */
    struct vf_slice *entries; /* paths of ld.so.cache */
    bool cache_read;
    struct vf_slice *dirs; /* where the loader looks last */
    size_t n_dirs;
    bool dirs_read;
    bool musl;
    struct vf_elf_machine machine;
    const struct vf_library *program, *interp; /* NULL: none */
    struct vf_map base;                        /* names loaded with the program -> index plus one */
    struct vf_vec loaded;                      /* of the present round: struct vf_loaded */
    struct vf_map names;                       /* of the present round */
    uint64_t round;
    const struct vf_library *other; /* a file of another machine, seen in the last search */
    struct vf_vec problems;         /* struct vf_load_problem, of the present round */
    struct vf_slice unseen;         /* a path of the host that could not be examined or read; empty */
    bool failed;                    /* no memory */
};

void vf_loader_init(struct vf_loader *l, const struct vf_env *env, struct vf_slice root, struct vf_arena *a);
void vf_loader_release(struct vf_loader *l); /* the scratch memory; what lives in the arena stays */
/* Is the path one of the environment, when that is at its root? *rel is then the path below it. False with
 * *gone: it is in the environment as it is now, which will not be there. */
bool vf_loader_below_root(const struct vf_loader *l, struct vf_slice path, struct vf_slice *rel, bool *gone);
/* The file at an absolute path, links followed; NULL when there is no ELF file. */
const struct vf_library *vf_loader_file(struct vf_loader *l, struct vf_slice path);
const struct vf_library *vf_loader_env_file(struct vf_loader *l, uint32_t file);
/* The program and all that it needs; problems are then in l->problems. */
void vf_loader_start(struct vf_loader *l, const struct vf_library *program);
/* What dlopen of `lib` by the running program would load; problems are then in l->problems. */
void vf_loader_load(struct vf_loader *l, const struct vf_library *lib);
/* The i-th file of the last vf_loader_load, `lib` first; NULL behind the last. */
const struct vf_library *vf_loader_loaded(const struct vf_loader *l, size_t i);

#endif
