/* bundle_box.h: small lock bundles in memory, good ones and hostile ones, for the tests of src/bundle and of
 * src/archive. Every function fails the test itself when something goes wrong. */
#ifndef TESTS_UNIT_BUNDLE_BOX_H
#define TESTS_UNIT_BUNDLE_BOX_H

#include "archive/tar.h"
#include "bundle/bundle.h"
#include "wheel_box.h"

struct box_member {
    struct vf_slice name, data;
};
enum { BOX_DISTS = 4, BOX_MEMBERS = 14 };
struct box_bundle {
    struct vf_bundle in;
    struct vf_bundle_dist dists[BOX_DISTS];
    struct vf_bundle_extra extra;
    struct vf_buf wheels[BOX_DISTS];
    char names[BOX_DISTS][100], members_of[BOX_DISTS][110];
    struct vf_buf manifest, lock, requirements, sums;
    struct vf_slice own_requirements, own_lock; /* instead of what follows from the manifest */
    struct box_member members[BOX_MEMBERS];     /* manifest, lock, requirements, wheels, extra, sums */
    size_t n;
};
/* Wheels "NAME-1.0-TAG.whl", in the order of their names; then the texts, and one carried file. */
void box_bundle_begin(struct box_bundle *b);
void box_bundle_wheel(struct box_bundle *b, const char *name, const char *tag, const char *metadata,
                      const struct box_file *files);
void box_bundle_end(struct box_bundle *b);
/* All of it: `a`, and `c` that needs it. */
void box_bundle_make(struct box_bundle *b);
void box_bundle_release(struct box_bundle *b);
/* The members, packed by the writer. */
void box_pack(const struct box_member *members, size_t n, enum vf_tar_packing packing, struct vf_buf *out);
/* A header by hand: kind as in ustar, mode, and a right sum; then data and padding. */
void box_tar_put(struct vf_buf *out, const char *name, struct vf_slice data, char type, unsigned mode);
void box_tar_end(struct vf_buf *out);
/* Corrects the sum of the header at this offset. */
void box_tar_sum(struct vf_buf *out, size_t at);
enum vf_status box_bundle_open(struct vf_slice bytes, int spool, struct vf_bundle_file **f,
                               struct vf_err *err);

#endif
