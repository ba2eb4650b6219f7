/* git_config.h: the remote of a git configuration file. For src/env only.
 *
 * The grammar is that of git's own reader: sections and keys without case, `[remote "name"]` and the older
 * `[remote.name]`, keys on the line of a section, quotes, escapes, comments, lines that go on behind a
 * backslash, CRLF, BOM. Files that `[include]` names are not read. Source: git-config(1), CONFIGURATION FILE.
 */
#ifndef VF_ENV_GIT_CONFIG_H
#define VF_ENV_GIT_CONFIG_H

#include "base/arena.h"

enum vf_git_remote {
    VF_GIT_REMOTE_NONE, /* no remote with a URL */
    VF_GIT_REMOTE_FOUND,
    VF_GIT_REMOTE_BROKEN, /* git itself could not read this file */
    VF_GIT_REMOTE_NO_MEMORY
};
/* The first URL of the remote `origin`, else the first of any remote; in the arena. */
enum vf_git_remote vf_git_remote_url(struct vf_arena *a, struct vf_slice config, struct vf_slice *url);

#endif
