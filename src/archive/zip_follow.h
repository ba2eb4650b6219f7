/* zip_follow.h: a zip file whose bytes come by one after another, before its directory is known.
 *
 * Local headers are read as they pass, so that a member can be used while the rest is still on its way. What
 * is seen here is only a promise: the caller opens the whole file later (vf_zip_open goes by the directory,
 * and refuses a file whose local headers disagree with it), and compares name, size, checksum and place of
 * what it used. */
#ifndef VF_ARCHIVE_ZIP_FOLLOW_H
#define VF_ARCHIVE_ZIP_FOLLOW_H

#include "archive/zip.h"

/* A stored member, as its local header announces it. */
struct vf_zip_ahead {
    struct vf_slice name; /* one that vf_zip_open may take; valid until its bytes have passed */
    uint64_t data;        /* offset of its bytes in the file */
    uint64_t size;        /* bytes, at least 1 */
    uint32_t crc;
};

/* Zero-initialise; release. */
struct vf_zip_follow {
    uint64_t at;          /* bytes that have passed */
    uint64_t left;        /* of the member whose bytes pass */
    struct vf_buf header; /* the part of a local header that has passed */
    enum {
        VF_FOLLOW_REST,
        VF_FOLLOW_NEW,
        VF_FOLLOW_DATA
    } member;  /* what these are: `ahead`, to be announced or not */
    bool lost; /* nothing more can be told: the directory, or a form that is not followed */
    struct vf_zip_ahead ahead;
};

enum vf_zip_passing {
    VF_PASSING_REST,  /* headers, the directory, members that are not announced */
    VF_PASSING_BEGIN, /* the next bytes are those of f->ahead; none has passed yet */
    VF_PASSING_DATA   /* bytes of f->ahead */
};

/* Takes the front of `bytes` that is of one kind, and says how many bytes that are in *n (0 with BEGIN).
 * Without memory it is lost, and no more. */
enum vf_zip_passing vf_zip_follow_next(struct vf_zip_follow *f, struct vf_slice bytes, size_t *n);
void vf_zip_follow_release(struct vf_zip_follow *f);

#endif
