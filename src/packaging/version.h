/* version.h: versions after PEP 440: parse, canonical text, order.
 *
 * Numbers are kept as digits, so that no number of any length overflows or loses a place. Agrees with the
 * `packaging` library on what is valid, on the text and on the order. Sources: PEP 440 with its appendix B,
 * docs/formats.md 6.3. */
#ifndef VF_PACKAGING_VERSION_H
#define VF_PACKAGING_VERSION_H

#include "base/arena.h"
#include "base/err.h"

#define VF_VERSION_MAX 4096 /* bytes; a longer text is no version */

enum vf_version_pre { VF_PRE_NONE, VF_PRE_A, VF_PRE_B, VF_PRE_RC };

/* Every number is ASCII digits without leading zeros ("0" for zero). All slices live in the arena given to
 * the parser. */
struct vf_version {
    struct vf_slice epoch;    /* "0" when the text has none */
    struct vf_slice *release; /* the parts between dots, trailing zeros included */
    size_t n_release;         /* at least 1 */
    enum vf_version_pre pre;
    struct vf_slice pre_n; /* valid unless pre is VF_PRE_NONE */
    bool has_post, has_dev;
    struct vf_slice post_n, dev_n; /* valid when has_post, has_dev */
    struct vf_slice *local;        /* parts of the local version, lower case */
    size_t n_local;                /* 0: no local version */
};

/* Blanks around the text are ignored. VF_MALFORMED when it is not a PEP 440 version, VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_version_parse(struct vf_arena *a, struct vf_slice text,
                                              struct vf_version *out, struct vf_err *err);
/* The canonical text ("1.0.post1+local.1"). Trailing zeros of the release stay. Appends to out. */
void vf_version_put(struct vf_buf *out, const struct vf_version *v);
/* The same without the local version. */
void vf_version_public_put(struct vf_buf *out, const struct vf_version *v);
/* Parses and writes: the canonical text in the arena. Errors as vf_version_parse. */
VF_MUST_CHECK enum vf_status vf_version_canonical(struct vf_arena *a, struct vf_slice text,
                                                  struct vf_slice *out, struct vf_err *err);

/* Negative, 0, positive. 1.0 and 1.0.0 are equal; a local version is greater than none. */
int vf_version_cmp(const struct vf_version *a, const struct vf_version *b);
/* The same as if neither had a local version. */
int vf_version_public_cmp(const struct vf_version *a, const struct vf_version *b);
/* Epoch and release only (trailing zeros do not count). */
int vf_version_release_cmp(const struct vf_version *a, const struct vf_version *b);
/* A pre-release or a development release. */
bool vf_version_is_pre(const struct vf_version *v);
/* Order of two numbers in digits without leading zeros. */
int vf_version_number_cmp(struct vf_slice a, struct vf_slice b);

#endif
