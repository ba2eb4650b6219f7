/* judge.h: from facts to findings (docs/architecture.md).
 *
 * Facts of single files were gathered in parallel; here one sequential pass looks at all of them, so the same
 * input gives the same bytes whatever the number of workers, and one cause gives one finding. */
#ifndef VF_RULES_JUDGE_H
#define VF_RULES_JUDGE_H

#include "env/runtime.h"
#include "packaging/target.h"
#include "rules/finding.h"

struct vf_judge {
    const struct vf_env *env;
    struct vf_findings *out;
    struct vf_arena *a; /* findings' arena */
    struct vf_arena scratch;
    bool at;                      /* judged for env->params.at, another place than the present one */
    bool at_here;                 /* --at is the present place: is it sound where it stands? */
    bool hashes;                  /* rows were verified */
    struct vf_map absent_dirs;    /* of rows: directory below the root -> is nothing there; metadata.c */
    struct vf_vec projects;       /* project.c: around the places that are not the present one */
    struct vf_map by_old_project; /* path -> 1 + index of the last such project; project.c */
    bool *other_system;    /* distribution: a finding says that all of it is for another system; modules.c */
    uint32_t *cache_links; /* distribution -> 1 + index of its finding VF821; NULL: none yet */
    struct vf_runtime runtime; /* what starts the environment there */
};

/* What else is asked of an environment than what its own files say. */
struct vf_questions {
    const struct vf_expected *expected; /* --frozen: frozen.h; NULL: not asked */
};
/* Everything that is wrong with env (opened and scanned), sorted. `out` is initialised by the caller with an
 * arena. */
VF_MUST_CHECK enum vf_status vf_judge_env(const struct vf_env *env, struct vf_findings *out,
                                          struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_judge_env_asked(const struct vf_env *env, const struct vf_questions *q,
                                                struct vf_findings *out, struct vf_err *err);

/* How a located path relates to the prefix that is checked for. */
enum vf_ref_status vf_judge_status(const struct vf_judge *j, const struct vf_location *loc);
/* Is something at the absolute path, for all that is known? What could not be examined may be there, and
 * everything of an unknown host. */
bool vf_judge_host_has(const struct vf_judge *j, struct vf_slice path);
/* The place that is judged for, as it should be written. */
struct vf_slice vf_judge_fine_root(const struct vf_judge *j);

/* How a hit in a file without syntax is taken (docs/architecture.md, "The evidence of a hit"). */
enum vf_evidence {
    VF_EV_NONE,      /* a common directory: says nothing */
    VF_EV_IDLE,      /* nothing that runs reads it: info, never edited */
    VF_EV_CACHE,     /* its tool makes it again: info, never edited */
    VF_EV_MENTION,   /* info, never edited */
    VF_EV_PUBLISHED, /* reference in an owned true file of the publisher: warning, not edited, does not stop a
                        move */
    VF_EV_BUILT, /* reference in an owned true file built here: warning, reinstall; edited only with --text */
    VF_EV_REFERENCE /* edited */
};
/* Does what the hit names below its prefix exist in the environment? False when it names the prefix itself.
 */
bool vf_judge_rest_exists(const struct vf_env *env, const struct vf_hit *hit);
enum vf_evidence vf_judge_evidence(const struct vf_env *env, const struct vf_file *f,
                                   const struct vf_hit *hit);

/* --- one file per hundred --- */
void vf_judge_interpreter(struct vf_judge *j); /* VF1xx, whole environment */
void vf_judge_unseen(struct vf_judge *j);      /* VF135: after all that asks the host */
void vf_judge_start(struct vf_judge *j);       /* VF1xx: program, libraries, standard library */
void vf_judge_cfg(struct vf_judge *j, const struct vf_file *f); /* VF1xx, pyvenv.cfg */
void vf_judge_script(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r); /* VF2xx */
void vf_judge_script_flaw(struct vf_judge *j, const struct vf_file *f, const struct vf_flaw *flaw);
void vf_judge_entry_points(struct vf_judge *j);
void vf_judge_activate(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r); /* VF3xx */
void vf_judge_activate_flaw(struct vf_judge *j, const struct vf_file *f, const struct vf_flaw *flaw);
void vf_judge_import(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r); /* VF4xx */
/* mapped.c: the reference leads into a directory that --map says was moved. Adds the finding. */
bool vf_judge_mapped(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r);
/* build_state.c: the reference is the build directory of an editable install that builds on import, it is to
 * be at `path`, and was made for another one. Adds the finding. */
bool vf_judge_stale_build(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r,
                          struct vf_slice path);
void vf_judge_import_flaw(struct vf_judge *j, const struct vf_file *f, const struct vf_flaw *flaw);
void vf_judge_metadata(struct vf_judge *j); /* VF5xx, whole environment */
void vf_judge_row(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r); /* absolute rows */
void vf_judge_url(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r);
void vf_judge_url_flaw(struct vf_judge *j, const struct vf_file *f, const struct vf_flaw *flaw);
void vf_judge_requirements(struct vf_judge *j);                         /* VF551, VF553 */
void vf_judge_search_path(struct vf_judge *j, const struct vf_file *f); /* VF604, VF605: an ELF file */
void vf_judge_rpath(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r); /* VF6xx */
void vf_judge_sources(struct vf_judge *j);                                                /* VF418 */
void vf_judge_rights(struct vf_judge *j);  /* VF824: for another user */
void vf_judge_target(struct vf_judge *j);  /* VF136, VF131, VF552: against a named target */
void vf_judge_modules(struct vf_judge *j); /* VF615: names of extension modules; VF611: other systems */
void vf_judge_loading(struct vf_judge *j); /* VF611 to VF617: what the loader can load */
void vf_judge_kernel(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r); /* VF7xx */
void vf_judge_project_file(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r);
void vf_judge_hits(struct vf_judge *j, const struct vf_file *f);
void vf_judge_pyc(struct vf_judge *j);
void vf_judge_link(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r); /* VF8xx */
void vf_judge_file(struct vf_judge *j, const struct vf_file *f);
void vf_judge_permissions(struct vf_judge *j); /* VF812, VF813, VF822, VF823 */
void vf_judge_unowned(struct vf_judge *j);     /* VF218, VF421, VF422 */
void vf_judge_forbidden(struct vf_judge *j);   /* VF731: with params.forbid */
/* Instead of VF1xx to VF4xx and VF6xx, of an environment of Windows. */
void vf_judge_windows(struct vf_judge *j);
/* VF431: with params.project. */
void vf_judge_outside_project(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r);
/* What markers are evaluated for: the interpreter that is there. False: it is not known. */
bool vf_judge_marker_target(const struct vf_judge *j, struct vf_arena *a, struct vf_target *out);
void vf_judge_names(struct vf_judge *j);                              /* VF818 to VF820 */
void vf_judge_pkgconfig(struct vf_judge *j, const struct vf_file *f); /* VF725 */
void vf_judge_journal(struct vf_judge *j);

/* --- shared by the judges --- */
/* Is the work to end? Asked in every loop over input; vf_judge_env then says VF_INTERRUPTED. */
bool vf_judge_is_stopped(const struct vf_judge *j);
/* A finding about a reference: path, line, offset, value, owner filled in. NULL: no memory. */
struct vf_finding *vf_judge_ref(struct vf_judge *j, enum vf_rule rule, const struct vf_file *f,
                                const struct vf_ref *r);
/* The same by the rule of a family for a status; NULL also where the family has no rule for it. */
struct vf_finding *vf_judge_as(struct vf_judge *j, enum vf_family family, enum vf_ref_status status,
                               const struct vf_file *f, const struct vf_ref *r);
/* The finding of a reference that is path-dependent, broken or astray, with what is expected in the place of
 * the last two: the same path below the prefix that is checked for. *fi NULL: none of the three. Returns the
 * status. */
enum vf_ref_status vf_judge_family(struct vf_judge *j, enum vf_family family, const struct vf_file *f,
                                   const struct vf_ref *r, const struct vf_location *loc,
                                   struct vf_finding **fi);
struct vf_finding *vf_judge_flaw(struct vf_judge *j, enum vf_rule rule, const struct vf_file *f,
                                 const struct vf_flaw *fl);
struct vf_finding *vf_judge_about(struct vf_judge *j, enum vf_rule rule,
                                  const struct vf_file *f); /* the file as such */
/* Is what a reference leads to there? Where that cannot be found out, VF135 about the reference is added, at
 * the level that a missing path would have, and nothing is to be concluded. */
enum vf_presence vf_judge_presence(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r,
                                   struct vf_slice path, enum vf_level missing);
/* fine root + "/" + rest into ->expected. */
void vf_judge_expect(struct vf_judge *j, struct vf_finding *fi, struct vf_slice rest);
struct vf_location vf_judge_locate(struct vf_judge *j, const struct vf_ref *r);
/* A path outside that lies in the project directory around an old place (`/x/project/.venv` was here, now
 * `/y/project-2/.venv` is): *now is where it lies around the present place, when it exists there and the old
 * one is gone, or, *live, belongs to the live environment that this one was copied from together with its
 * project. */
bool vf_judge_project(struct vf_judge *j, struct vf_slice path, struct vf_slice *now, bool *live);
/* To be called once, before the first vf_judge_project. False: no memory. */
bool vf_judge_find_projects(struct vf_judge *j);
/* The finding's own words: the buffer, which is released. fi may be NULL. */
void vf_judge_say(struct vf_judge *j, struct vf_finding *fi, struct vf_buf *words);
/* Appends why a library cannot be loaded: "libz.so.1 is not found". */
void vf_judge_put_problem(struct vf_buf *b, const struct vf_load_problem *p);
/* uv writes activate.bat on every system: in `bin` no cmd ever runs it. */
bool vf_judge_is_idle_batch(const struct vf_env *env, const struct vf_file *f);
/* Is this the bin/python* of the environment? */
bool vf_judge_is_interpreter(const struct vf_file *f);
bool vf_judge_owned_true(const struct vf_file *f); /* somebody owns it, and the row is not false */

#endif
