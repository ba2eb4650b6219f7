/* freeze.h: the lines of a frozen list, as the newest `pip freeze` prints them (docs/formats.md 6.1), and
 * what it leaves out.
 *
 * Pure functions: who finds distributions, reads .git and knows which paths exist gives it all in. Three
 * deliberate differences from pip: secrets in URLs become `****` unless asked for, a list may carry hashes,
 * and control characters and line ends are written as %XX (so that metadata cannot add lines to the list). */
#ifndef VF_PACKAGING_FREEZE_H
#define VF_PACKAGING_FREEZE_H

#include "packaging/direct_url.h"
#include "packaging/name.h"
#include "packaging/pylock.h"

/* --- name and version --- */

struct vf_freeze_version {
    struct vf_slice text; /* canonical PEP 440, or as written when legacy; in the arena or borrowed */
    bool legacy;          /* no PEP 440 version: printed behind `===` */
};
/* The version pip prints: of a dist-info the part of its directory name behind the first `-`, else the
 * Version header; where that is no PEP 440 version, the header as it is (legacy). `header` is NULL when there
 * is no such header; pip then prints "None" for a legacy version, and so does this. Errors: VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_freeze_version(struct vf_arena *a, const struct vf_info_name *info,
                                               const struct vf_slice *header, struct vf_freeze_version *out,
                                               struct vf_err *err);
/* Is this project left out of the list? `python`, `wsgiref`, `argparse` always; `pip`, and before Python 3.12
 * also `setuptools`, `wheel` and `distribute`, unless `all`. `canonical` is a PEP 503 name, `minor` the Y of
 * Python 3.Y (0: not known, taken as new). */
bool vf_freeze_hides(struct vf_slice canonical, unsigned minor, bool all);

/* --- editables in a version control checkout --- */

enum vf_freeze_vcs_state {
    VF_VCS_NONE,       /* not in a checkout */
    VF_VCS_FOUND,      /* remote and commit are known */
    VF_VCS_NO_REMOTE,  /* a checkout without remote */
    VF_VCS_BAD_REMOTE, /* its remote is no URL and no path that exists */
    VF_VCS_UNKNOWN     /* a checkout that could not be read */
};
struct vf_freeze_vcs {
    enum vf_freeze_vcs_state state;
    struct vf_slice kind;         /* "git", "hg", "svn", "bzr" */
    struct vf_slice remote;       /* a URL as vf_freeze_git_remote gives it; for BAD_REMOTE as configured */
    struct vf_slice commit;       /* FOUND */
    struct vf_slice subdirectory; /* of the project below the top of the checkout; mostly empty */
};
/* What pip makes of git's `remote.origin.url` (else the first remote): a URL as it is, an existing local path
 * as file: URL, `user@host:path` as ssh: URL. False: none of these (VF_VCS_BAD_REMOTE). *out is borrowed or
 * in the arena; its p is NULL on no memory. */
bool vf_freeze_git_remote(struct vf_arena *a, struct vf_slice remote, bool path_exists, struct vf_slice *out);

/* --- lines --- */

struct vf_freeze_item {
    struct vf_slice name;            /* the Name header, else the canonical name; no control characters */
    struct vf_slice canonical;       /* PEP 503 */
    struct vf_slice requires_python; /* header of METADATA, as written; empty when there is none */
    struct vf_freeze_version version;
    const struct vf_direct_url *url; /* a valid direct_url.json, or NULL */
    bool editable;                   /* url->editable, or an egg-link */
    struct vf_slice location;        /* editable: directory of the project, absolute, clean */
    struct vf_freeze_vcs vcs;        /* editable: of that directory */
    struct vf_lock_file *wheels;     /* of this name and version at hand, each with its hash; or none */
    size_t n_wheels;
    size_t order; /* set by vf_freeze_sort */
};
/* By name in ASCII lower case; equal ones stay in the order given. */
void vf_freeze_sort(struct vf_freeze_item *items, size_t n);
/* Appends the lines of one distribution, each ended by LF: comments first, then the requirement. `secrets`:
 * print URLs as stored. */
void vf_freeze_put(struct vf_buf *out, const struct vf_freeze_item *item, bool secrets);
/* Only the requirement, without LF; secrets left out. */
void vf_freeze_requirement_put(struct vf_buf *out, const struct vf_freeze_item *item);
/* The line of a list with hashes, ended by LF: every wheel's behind `name==version`, or the URL with the hash
 * in it. Only for what vf_freeze_why_unhashed has nothing to say against. */
void vf_freeze_hashed_put(struct vf_buf *out, const struct vf_freeze_item *item);
/* Why no line with a hash can be made of it: static words behind its name and a colon; NULL: it
 * can. Installers take a list with hashes only when every line has one. */
const char *vf_freeze_why_unhashed(const struct vf_freeze_item *item);
/* Does the line name a path of this host (an editable without remote, a file: URL)? Such lines do not install
 * elsewhere. */
bool vf_freeze_is_local(const struct vf_freeze_item *item);
/* Does it hold a secret that is not printed? */
bool vf_freeze_has_secret(const struct vf_freeze_item *item);

#endif
