/* location.h: where a finding is, for formats that show it in a checkout, and a fingerprint that stays the
 * same when checkout or environment move. For src/report only. */
#ifndef VF_REPORT_LOCATION_H
#define VF_REPORT_LOCATION_H

#include "base/arena.h"
#include "report/report.h"

/* Appends the file of a finding: as the user named the environment, joined with the finding's path; a finding
 * of the whole environment is shown at its pyvenv.cfg; a path outside of the environment is absolute. */
void vf_location_put(struct vf_buf *out, const struct vf_checked *one, const struct venvfix_finding *f);
/* The directory that relative locations begin at, absolute, with a slash at its end. */
void vf_location_base_put(struct vf_buf *out, const struct vf_checked *one);
/* A path as a URI reference (RFC 3986): relative paths stay relative, absolute ones get `file://`; every byte
 * that is not plain is %XX, and so is a colon in the first component. */
void vf_location_put_uri(struct vf_buf *out, struct vf_slice path);

/* Fingerprints of one environment's findings, one after the other. */
struct vf_fingerprints {
    struct vf_arena a;
    struct vf_map seen; /* fingerprint -> how often it was given */
};
void vf_fingerprints_init(struct vf_fingerprints *p);
void vf_fingerprints_release(struct vf_fingerprints *p);
/* Appends 64 hexadecimal digits: SHA-256 of rule, file and value, in which the paths of environment and
 * project are left out, and of an ordinal where findings are equal. With `env_name` also of the name of the
 * environment: for a report of several, in which each must be unique. */
void vf_fingerprint_put(struct vf_buf *out, struct vf_fingerprints *p, const struct vf_checked *one,
                        const struct venvfix_finding *f, bool env_name);

#endif
