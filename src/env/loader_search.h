/* loader_search.h: where a loader looks for a library; for loader*.c only. */
#ifndef VF_ENV_LOADER_SEARCH_H
#define VF_ENV_LOADER_SEARCH_H

#include "env/loader.h"

/* One file of a round, and the file that made it be loaded. */
struct vf_loaded {
    const struct vf_library *lib;
    size_t parent; /* index; VF_NPOS: the program itself opened it */
};

/* The library that the i-th needed name of the loaded file `at` leads to. NULL: none; l->other is then a file
 * of that name for another machine, or NULL. */
const struct vf_library *vf_loader_search(struct vf_loader *l, size_t at, size_t i);
/* The whole of a file of the host; false when it is not there, or could not be read (l->unseen). */
bool vf_loader_read(struct vf_loader *l, struct vf_slice path, uint64_t cap, struct vf_arena *a,
                    struct vf_slice *out);

#endif
