/* installer_parts.h: what the installer's files share. For src/wheel only.
 *
 *   installer.c        the queue, its workers, and what the caller's thread asks of them
 *   installer_ahead.c  files whose bytes come by before their wheel is complete */
#ifndef VF_WHEEL_INSTALLER_PARTS_H
#define VF_WHEEL_INSTALLER_PARTS_H

#include <pthread.h>

#include "wheel/install.h"
#include "wheel/install_plan.h"

enum { VF_INSTALLERS_MAX = 64 };

/* Bytes of a file that is written while they come by. */
struct vf_piece {
    struct vf_slice bytes;
    struct vf_block *block; /* keeps them; to be released */
    struct vf_piece *next;
};

struct vf_ahead_file {
    struct vf_slice dest;          /* below the root */
    uint64_t data, size;           /* as the local header said: offset in the wheel, bytes */
    struct vf_piece *first, *last; /* under the lock, these two; not yet written */
    uint64_t come;
    unsigned char
        sha256[32]; /* of what was written, as is `crc`: the worker's until the workers were joined */
    uint32_t crc;
    bool written;
    const struct vf_item *item; /* NULL until its wheel is planned */
};

struct vf_ahead_slot {
    struct vf_ahead_file *file;
};

/* Items of one wheel, or one file that comes by. */
struct vf_batch {
    const struct vf_item *items;
    size_t n;
    struct vf_ahead_file *ahead;
    struct vf_batch *next;
};

struct vf_installer {
    struct vf_install_plan plan;
    struct vf_site site;
    const struct vf_hooks *hooks;
    struct vf_vec units; /* struct unit_ref */
    size_t dirs_made;
    struct vf_vec ahead;      /* struct vf_ahead_slot, in the order in which they came */
    size_t ahead_planned;     /* so many of them belong to wheels that are planned */
    struct vf_map ahead_dest; /* where they go: folded where the file system folds */
    pthread_t threads[VF_INSTALLERS_MAX];
    unsigned n_threads;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct vf_batch *first, *last; /* under the lock, all below, too */
    size_t taken;                  /* of the first batch */
    unsigned waiting;              /* workers */
    bool closed;                   /* nothing will be added */
    bool abandoned;                /* and what is there is not wanted */
    struct vf_err err;             /* the first that a worker met */
};

/* installer.c: makes the directories that the plan has since the last call. */
VF_MUST_CHECK enum vf_status vf_installer_dirs(struct vf_installer *i, struct vf_err *err);
/* What a worker met, if it did. */
VF_MUST_CHECK enum vf_status vf_installer_reported(struct vf_installer *i, struct vf_err *err);
/* The lock is held. */
void vf_installer_enqueue(struct vf_installer *i, struct vf_batch *b);
bool vf_installer_failed(struct vf_installer *i); /* or abandoned: what comes is dropped */

/* installer_ahead.c: by a worker: writes it, waiting for what has not come; or drops it. */
VF_MUST_CHECK enum vf_status vf_ahead_write(struct vf_installer *i, struct vf_ahead_file *f,
                                            struct vf_err *err);
void vf_ahead_drop(struct vf_installer *i, struct vf_ahead_file *f);
/* The items from this index on are those of the wheel that has come: finds the files of each. */
VF_MUST_CHECK enum vf_status vf_ahead_match(struct vf_installer *i, const struct vf_install *in, size_t from,
                                            struct vf_err *err);
/* When all is written: is file `n` what directory and RECORD say? Gives it its mode. From any thread. */
VF_MUST_CHECK enum vf_status vf_ahead_prove(struct vf_installer *i, size_t n, struct vf_err *err);

#endif
