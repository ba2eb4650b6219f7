/* anew.h: recreate from a list, a lock file or a lock bundle, and from an environment for another
 * interpreter: a new environment, made by the interpreter's own venv module and filled from wheels
 * (docs/architecture.md). For src/verbs only.
 *
 *   source  (anew_source.c, anew_env.c)  FROM is read; wheels of a bundle are installed meanwhile
 *   python  (anew_python.c)              the interpreter is chosen and asked what it is
 *   pick    (anew_pick.c)                a wheel for every want; the closure (anew_closure.c)
 *   make    (anew_make.c)                bare environment in the staging directory, re-pointed, filled
 *   prove   (anew_prove.c)               frozen list, RECORD, no trace of the staging directory; commit
 *   tell    (anew_tell.c)                the result */
#ifndef VF_VERBS_RECREATE_RECREATE_H
#define VF_VERBS_RECREATE_RECREATE_H

#include "bundle/bundle.h"
#include "fs/txn.h"
#include "verbs/change/change.h"
#include "wheel/build.h"
#include "wheel/fetch.h"
#include "wheel/install.h"

enum vf_recreate_kind {
    VF_RECREATE_NOT,
    VF_RECREATE_ENV,
    VF_RECREATE_LIST,
    VF_RECREATE_LOCK,
    VF_RECREATE_BUNDLE
};

/* What a want got. */
struct vf_selection {
    size_t candidates; /* index; VF_NPOS: nothing yet, or (dry run) to be fetched */
    struct vf_open_wheel open;
    struct vf_slice version, metadata; /* of the wheel, or, where there is none, of the environment */
    struct vf_slice was;               /* the tags it had in the environment, where the wheel has others */
    struct vf_slice refused;           /* why it could not be taken from the environment */
    bool later;                        /* dry run: the real one would fetch or build it */
    bool modified;                     /* rebuilt with files that differ from RECORD */
};

/* A file that no wheel brings. */
struct vf_recreate_extra {
    struct vf_slice dest; /* below the root */
    enum { VF_EXTRA_BYTES, VF_EXTRA_SOURCE, VF_EXTRA_LINK } what;
    struct vf_slice bytes; /* contents, or the target of the link */
    struct vf_zip_source source;
    bool executable;
    bool placed; /* of a bundle: it names VF_BUNDLE_PREFIX */
};

struct vf_recreate {
    struct vf_change *c;
    const struct venvfix_install_options *o;
    enum vf_recreate_kind kind;
    struct vf_vec path; /* struct vf_slice: directories of PATH */
    struct vf_reqlist list;
    struct vf_pylock lock;
    struct vf_bundle_file *bundle;
    uint64_t bundle_size; /* bytes of the file */
    uint64_t unpacked;    /* bytes that the wheels hold which were opened so far */
    struct vf_interpreter_query query;
    struct vf_install_reqs reqs;
    struct vf_vec links; /* struct vf_slice: --find-links, absolute or URL */
    struct vf_candidates candidates;
    struct vf_selection *selections; /* one for each want */
    struct vf_vec extras;            /* struct vf_recreate_extra */
    struct vf_staging *staging;
    struct vf_slice root, scratch;  /* the staged environment, and room beside it; empty in a dry run */
    struct vf_site site;            /* of it, once the bare environment stands */
    struct vf_vec bin_names;        /* struct vf_slice: of site */
    struct vf_installer *installer; /* a bundle's wheels are installed while others are still being read */
    int spool;                      /* our own descriptor of the file that holds them; -1 */
    bool rehearse;                  /* a dry run that needs the staging directory all the same */
    bool streamed;                  /* python, wants, picks and the bare environment are there already */
    struct vf_env *made;            /* the staged environment, read again */
    struct vf_slice prompt;         /* of the environment that is recreated; empty: the directory's name */
};

/* Is FROM something from which an environment is made anew? */
VF_MUST_CHECK enum vf_status vf_recreate_recognise(struct vf_change *c, enum vf_recreate_kind *kind);
/* All of it. c->to was looked at already: nothing is there. */
VF_MUST_CHECK enum vf_status vf_recreate_run(struct vf_change *c, enum vf_recreate_kind kind);

VF_MUST_CHECK enum vf_status vf_recreate_read_source(struct vf_recreate *a);
VF_MUST_CHECK enum vf_status vf_recreate_open_env(struct vf_recreate *a);
VF_MUST_CHECK enum vf_status vf_recreate_choose_python(struct vf_recreate *a);
VF_MUST_CHECK enum vf_status vf_recreate_make_reqs(struct vf_recreate *a);
VF_MUST_CHECK enum vf_status vf_recreate_env_reqs(struct vf_recreate *a);
/* Wheels out of the environment that is recreated, and the files that no RECORD lists. */
VF_MUST_CHECK enum vf_status vf_recreate_env_wheels(struct vf_recreate *a);
VF_MUST_CHECK enum vf_status vf_recreate_env_carried(struct vf_recreate *a);
/* Where a file of the old environment goes in the new one: lib/python3.11 becomes lib/python3.12. p NULL: no
 * memory. */
struct vf_slice vf_recreate_env_path(struct vf_recreate *a, struct vf_slice path);
/* The staging directory, if it is not there yet. */
VF_MUST_CHECK enum vf_status vf_recreate_stage(struct vf_recreate *a);
VF_MUST_CHECK enum vf_status vf_recreate_select(struct vf_recreate *a);
VF_MUST_CHECK enum vf_status vf_recreate_begin_selections(struct vf_recreate *a);
/* Opens what a pick chose, and asks what the choice did not. */
VF_MUST_CHECK enum vf_status vf_recreate_open_selection(struct vf_recreate *a, size_t i);
/* A wheel of the bundle is there: what vf_bundle_open calls. */
VF_MUST_CHECK enum vf_status vf_recreate_stream(void *ctx, const struct vf_bundle_file *file, size_t dist,
                                                struct vf_err *err);
/* Its members, before: what else vf_bundle_open calls. */
VF_MUST_CHECK enum vf_status vf_recreate_ahead(void *ctx, const struct vf_bundle_file *file, size_t dist,
                                               const struct vf_zip_ahead *m, bool *taken, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_recreate_data(void *ctx, struct vf_slice bytes, struct vf_block *block,
                                              struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_recreate_build_bare(struct vf_recreate *a);
/* Is there room for so many bytes in so many files? VF_NO_SPACE. */
VF_MUST_CHECK enum vf_status vf_recreate_room(struct vf_recreate *a, uint64_t need, uint64_t files);
/* What a pick is installed as. */
VF_MUST_CHECK enum vf_status vf_recreate_install_of(struct vf_recreate *a, size_t i, struct vf_install *out);
VF_MUST_CHECK enum vf_status vf_recreate_closure(struct vf_recreate *a);
VF_MUST_CHECK enum vf_status vf_recreate_build(struct vf_recreate *a);
VF_MUST_CHECK enum vf_status vf_recreate_verify(struct vf_recreate *a);
/* The rename, and what can only be proven there. Gives up the staging directory in any case. */
VF_MUST_CHECK enum vf_status vf_recreate_commit(struct vf_recreate *a);
VF_MUST_CHECK enum vf_status vf_recreate_report(struct vf_recreate *a);
/* The value of a variable of the caller's environment; false: not set, or empty. */
bool vf_recreate_variable(const struct vf_recreate *a, struct vf_slice name, struct vf_slice *value);
/* Absolute and clean, from the current directory. p NULL: no memory. */
struct vf_slice vf_recreate_abs(struct vf_recreate *a, struct vf_slice path);

#endif
