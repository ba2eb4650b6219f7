/* ld_cache.h: /etc/ld.so.cache, the list of libraries that glibc's loader finds by their bare name.
 *
 * Both forms are read: the one since glibc 2.2 ("glibc-ld.so.cache1.1"), and the older one that may stand in
 * front of it. Any bytes are accepted; a cache that does not fit the format is empty, as for the loader.
 * Source: ldconfig(8), ld.so(8); the layout is that of the file itself, which is written by one machine for
 * itself: numbers are in its own byte order. */
#ifndef VF_SYNTAX_LD_CACHE_H
#define VF_SYNTAX_LD_CACHE_H

#include "base/arena.h"

struct vf_ld_cache_entry {
    struct vf_slice name, path; /* "libz.so.1", "/lib/x86_64-linux-gnu/libz.so.1"; borrowed from the bytes */
    bool plain;                 /* for every processor of its kind, not only for those with some extension */
};

/* The entries in the order of the file; *v in the arena. False: no memory. */
VF_MUST_CHECK bool vf_ld_cache_read(struct vf_slice bytes, struct vf_arena *a, struct vf_ld_cache_entry **v,
                                    size_t *n);

#endif
