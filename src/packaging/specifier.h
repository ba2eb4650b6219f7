/* specifier.h: version specifiers (PEP 440): parse, membership, choice among versions with the rules for
 * pre-releases.
 *
 * Agrees with the newest `packaging`: a single version is judged by its bounds alone; only where one is
 * chosen among several do pre-releases stand back behind final releases. */
#ifndef VF_PACKAGING_SPECIFIER_H
#define VF_PACKAGING_SPECIFIER_H

#include "packaging/version.h"

#define VF_SPECIFIERS_MAX 4096 /* specifiers of one set; more are malformed */

enum vf_spec_op {
    VF_SPEC_EQ,         /* == */
    VF_SPEC_NE,         /* != */
    VF_SPEC_LE,         /* <= */
    VF_SPEC_GE,         /* >= */
    VF_SPEC_LT,         /* < */
    VF_SPEC_GT,         /* > */
    VF_SPEC_COMPATIBLE, /* ~= */
    VF_SPEC_ARBITRARY   /* === : the same text but for ASCII case */
};
const char *vf_spec_op_text(enum vf_spec_op op); /* static */

struct vf_specifier {
    enum vf_spec_op op;
    bool wildcard;             /* == and != only: `X.*`; version is X */
    bool asks_pre;             /* names a pre-release, so pre-releases are welcome; never for != */
    struct vf_version version; /* not valid for VF_SPEC_ARBITRARY */
    struct vf_slice text; /* the version as written, without blanks; may be empty for VF_SPEC_ARBITRARY */
};

/* Zero-initialised is the empty set, which every version is in. */
struct vf_specifiers {
    struct vf_specifier *v; /* in the order written */
    size_t n;
};

/* Comma-separated; blanks and empty parts do not count. Texts borrow from `text`. VF_MALFORMED, VF_NO_MEMORY.
 */
VF_MUST_CHECK enum vf_status vf_specifiers_parse(struct vf_arena *a, struct vf_slice text,
                                                 struct vf_specifiers *out, struct vf_err *err);
/* One specifier, no comma. The same errors. */
VF_MUST_CHECK enum vf_status vf_specifier_parse(struct vf_arena *a, struct vf_slice text,
                                                struct vf_specifier *out, struct vf_err *err);
/* Takes the operator at the start of s: its bytes, 0 when none stands there. */
size_t vf_spec_op_at(struct vf_slice s, enum vf_spec_op *op);

/* A version to be judged. `text` is compared by VF_SPEC_ARBITRARY; `version` is NULL when the text is no PEP
 * 440 version, which no other operator accepts. */
struct vf_candidate {
    const struct vf_version *version;
    struct vf_slice text;
};
bool vf_specifier_contains(const struct vf_specifier *s, const struct vf_candidate *c);
/* Is it in all of them? Pre-releases are judged like others. */
bool vf_specifiers_contains(const struct vf_specifiers *set, const struct vf_candidate *c);
/* The same for a text; false when it is no version. Errors: VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_specifiers_contains_text(struct vf_arena *a, const struct vf_specifiers *set,
                                                         struct vf_slice version, bool *in,
                                                         struct vf_err *err);
/* Does the set itself ask for pre-releases (`>=2.0a1`)? */
bool vf_specifiers_ask_pre(const struct vf_specifiers *set);
/* Sets keep[i] for the candidates to choose from: those in the set; without pre-releases, unless the set or
 * `pre` asks for them, or there is nothing else. */
void vf_specifiers_filter(const struct vf_specifiers *set, const struct vf_candidate *c, size_t n, bool pre,
                          bool *keep);

/* Appends the set as text: sorted, equal ones once, "," between. */
VF_MUST_CHECK enum vf_status vf_specifiers_put(struct vf_arena *a, struct vf_buf *out,
                                               const struct vf_specifiers *set, struct vf_err *err);
/* `==X` without wildcard (or `===`): the one version that the set pins, NULL when it pins none. */
const struct vf_specifier *vf_specifiers_pin(const struct vf_specifiers *set);

#endif
