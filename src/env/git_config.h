/* git_config.h: the remote of a git configuration file. For src/env only.
 *
 * The grammar is that of git's own reader: sections and keys without case, `[remote "name"]` and the older
 * `[remote.name]`, keys on the line of a section, quotes, escapes, comments, lines that go on behind a
 * backslash, CRLF, BOM, files that `[include]` names. Not read: what stands in the user's and the system's
 * own configuration, and so below `~`. Source: git-config(1), CONFIGURATION FILE and Includes. */
#ifndef VF_ENV_GIT_CONFIG_H
#define VF_ENV_GIT_CONFIG_H

#include "base/arena.h"

enum vf_git_remote {
    VF_GIT_REMOTE_NONE, /* no remote with a URL */
    VF_GIT_REMOTE_FOUND,
    VF_GIT_REMOTE_BROKEN, /* git itself could not read this file; or only git can tell, since a remote
                             stands in a file that is included on a condition (`[includeIf]`) */
    VF_GIT_REMOTE_NO_MEMORY
};

/* A configuration file, and how those are read that it includes. */
struct vf_git_config {
    struct vf_slice text;
    struct vf_slice dir; /* the file's directory, absolute: relative names of includes start there */
    /* The file at an absolute path, into *text, which lives as long as the call. False: there is none, which
     * git passes over. NULL: nothing is included. */
    bool (*read)(void *ctx, struct vf_slice path, struct vf_slice *text);
    void *ctx;
};
/* The first URL of the remote `origin`, else the first of any remote; in the arena. */
enum vf_git_remote vf_git_remote_url(struct vf_arena *a, const struct vf_git_config *config,
                                     struct vf_slice *url);

#endif
