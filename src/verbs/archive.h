/* archive.h: archives that hold environments, and images that hold a root file system, read once and then
 * looked at like directories. For src/verbs only. */
#ifndef VF_VERBS_ARCHIVE_H
#define VF_VERBS_ARCHIVE_H

#include "archive/file_read.h"
#include "env/env.h"
#include "verbs/result.h"

struct venvfix_archive {
    struct vf_arena arena;
    struct vf_file_tree *files;
    struct vf_slice path; /* absolute, as typed; "-" for standard input */
    int fd;               /* of the archive; -1: a directory */
    uint64_t size;        /* bytes of the file */
    bool zip;
    uint32_t *envs;           /* directories with a pyvenv.cfg, sorted by path */
    struct vf_slice *members; /* their paths, "" for the root of the archive */
    size_t n;
};

enum vf_subject_kind {
    VF_SUBJECT_DIRECTORY, /* or a file that names one, or nothing */
    VF_SUBJECT_BUNDLE,
    VF_SUBJECT_ARCHIVE
};
/* What the path leads to, by its first bytes and its first member. A file that is only named like an archive,
 * or belongs to another tool: VF_BAD_ARCHIVE, VF_BAD_LIST. */
VF_MUST_CHECK enum vf_status vf_subject_kind_of(struct vf_session *s, const char *path,
                                                enum vf_subject_kind *kind);

/* Reads an archive with environments. VF_NOT_AN_ENVIRONMENT: there is none in it, with what it is instead. */
VF_MUST_CHECK enum vf_status vf_archive_open(struct vf_session *s, const char *path, const char *scratch,
                                             struct venvfix_archive **out);
/* The same for a root file system or an image: environments are not looked for, and links on the way to a
 * member are followed inside. `scratch`: a directory, or -1. */
VF_MUST_CHECK enum vf_status vf_archive_open_image(struct vf_session *s, struct vf_slice path, int scratch,
                                                   struct venvfix_archive **out);
void vf_archive_free(struct venvfix_archive *a); /* NULL is fine */

/* Makes *p one for environment `i` of the archive: checked for p->at, or for the path that it records. What
 * the archive does not have is asked of `below`. *host is what p->host became, to be freed after the
 * environment. */
VF_MUST_CHECK enum vf_status vf_archive_params(struct vf_session *s, const struct venvfix_archive *a,
                                               size_t i, struct vf_host *below, struct vf_env_params *p,
                                               struct vf_host **host);
/* Adds what is wrong with the archive itself: with its members only for the first environment in it. */
VF_MUST_CHECK enum vf_status vf_archive_judge(struct vf_session *s, const struct venvfix_archive *a, size_t i,
                                              const struct vf_env *env, struct vf_findings *findings);

#endif
