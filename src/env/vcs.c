/* vcs.c: git's own files: HEAD, refs, packed-refs, config, worktrees and submodules (a `.git` file with
 * `gitdir:`). */
#include "env/vcs.h"

#include "base/path.h"
#include "env/git_config.h"

#include <string.h>

#define GIT_CAP ((uint64_t)16 << 20)

struct git {
    struct vf_host *o;
    struct vf_arena *a;
    struct vf_slice dir;    /* .git, or what its file names */
    struct vf_slice common; /* where refs and config lie: of a worktree another directory */
    struct vf_err *err;     /* why a file that is there could not be read */
    bool failed;            /* that, or there was no memory */
};

static enum vf_kind kind_of(struct git *g, struct vf_slice path)
{
    enum vf_kind kind = VF_KIND_NONE;
    enum vf_status st = path.p ? vf_host_stat(g->o, path, &kind, g->err) : vf_err_nomem(g->err);
    g->failed = g->failed || st != VF_OK;
    return kind;
}

/* False: there is no such file, or the search has failed. */
static bool read_at(struct git *g, struct vf_slice dir, struct vf_slice name, struct vf_slice *out)
{
    struct vf_slice path = vf_path_join(g->a, dir, name);
    enum vf_kind kind = kind_of(g, path);
    if (kind == VF_KIND_NONE || kind == VF_KIND_DIR)
        return false;
    enum vf_status st = vf_host_read(g->o, path, GIT_CAP, g->a, out, g->err);
    g->failed = g->failed || st != VF_OK;
    return st == VF_OK;
}

static struct vf_slice absolute(struct git *g, struct vf_slice base, struct vf_slice path)
{
    return vf_path_clean_dup(g->a, vf_path_join(g->a, base, path));
}

/* The git directory of a checkout whose top is `top`; false when there is none. */
static bool find_git_dir(struct git *g, struct vf_slice top)
{
    struct vf_slice dot = vf_path_join(g->a, top, VF_S(".git")), text;
    enum vf_kind kind = kind_of(g, dot);
    if (kind == VF_KIND_DIR) {
        g->dir = dot;
    } else if (kind == VF_KIND_FILE && read_at(g, top, VF_S(".git"), &text) &&
               vf_slice_starts(text, VF_S("gitdir:"))) {
        g->dir = absolute(g, top, vf_slice_trim(vf_slice_from(text, 7)));
    } else {
        return false;
    }
    g->common = g->dir;
    if (read_at(g, g->dir, VF_S("commondir"), &text))
        g->common = absolute(g, g->dir, vf_slice_trim(text));
    return g->dir.p && g->common.p && kind_of(g, g->dir) == VF_KIND_DIR;
}

static bool is_commit(struct vf_slice s)
{
    if (s.n != 40 && s.n != 64)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!strchr("0123456789abcdef", s.p[i]))
            return false;
    return true;
}

static struct vf_slice packed_ref(struct git *g, struct vf_slice ref)
{
    struct vf_slice text, line, none = {NULL, 0};
    if (!read_at(g, g->common, VF_S("packed-refs"), &text))
        return none;
    while (vf_slice_next_line(&text, &line)) {
        size_t blank = vf_slice_find_byte(line, ' ', 0);
        if (blank != VF_NPOS && vf_slice_eq(vf_slice_trim(vf_slice_from(line, blank)), ref))
            return vf_slice_sub(line, 0, blank);
    }
    return none;
}

/* HEAD followed through symbolic refs (at most five). */
static struct vf_slice head_commit(struct git *g)
{
    struct vf_slice text, none = {NULL, 0}, at = VF_S("HEAD");
    for (int hops = 0; hops < 5; hops++) {
        bool found = read_at(g, g->dir, at, &text) || read_at(g, g->common, at, &text);
        text = found ? vf_slice_trim(text) : packed_ref(g, at);
        if (!vf_slice_starts(text, VF_S("ref:")))
            return is_commit(text) ? text : none;
        at = vf_slice_trim(vf_slice_from(text, 4));
        if (vf_slice_find(at, VF_S(".."), 0) != VF_NPOS || vf_path_is_abs(at))
            return none;
    }
    return none;
}

static bool has(struct git *g, struct vf_slice dir, const char *name)
{
    struct vf_slice p = vf_path_join(g->a, dir, vf_slice_of(name));
    return kind_of(g, p) != VF_KIND_NONE;
}

static bool installable(struct git *g, struct vf_slice dir)
{
    return has(g, dir, "setup.py") || has(g, dir, "pyproject.toml");
}

/* The directory of the nearest project at or above `dir`, below the top; empty where that is the top itself,
 * or where none is in the checkout. */
static struct vf_slice project_below(struct git *g, struct vf_slice top, struct vf_slice dir)
{
    struct vf_slice rest = {NULL, 0};
    while (dir.n > top.n && !installable(g, dir))
        dir = vf_path_dir(dir);
    vf_path_under(top, dir, &rest);
    return rest;
}

static bool read_included(void *ctx, struct vf_slice path, struct vf_slice *text)
{
    return read_at(ctx, vf_path_dir(path), vf_path_base(path), text);
}

static enum vf_git_remote remote_url(struct git *g, struct vf_slice *url)
{
    struct vf_git_config config = {.dir = g->common, .read = read_included, .ctx = g};
    if (!read_at(g, g->common, VF_S("config"), &config.text))
        return VF_GIT_REMOTE_NONE;
    return vf_git_remote_url(g->a, &config, url);
}

static void describe(struct git *g, struct vf_slice top, struct vf_slice dir, struct vf_slice url,
                     struct vf_freeze_vcs *out)
{
    bool exists = vf_path_is_abs(url) && kind_of(g, url) != VF_KIND_NONE;
    out->remote = url;
    if (!vf_freeze_git_remote(g->a, url, exists, &out->remote)) {
        out->remote = url;
        out->state = VF_VCS_BAD_REMOTE;
        return;
    }
    out->commit = head_commit(g);
    out->subdirectory = project_below(g, top, dir);
    if (out->commit.n)
        out->state = VF_VCS_FOUND;
}

static enum vf_status look_at_git(struct git *g, struct vf_slice top, struct vf_slice dir,
                                  struct vf_freeze_vcs *out, struct vf_err *err)
{
    struct vf_slice url = {NULL, 0};
    out->kind = VF_S("git");
    out->state = VF_VCS_UNKNOWN;
    switch (remote_url(g, &url)) {
    case VF_GIT_REMOTE_NONE:
        out->state = VF_VCS_NO_REMOTE;
        break;
    case VF_GIT_REMOTE_FOUND:
        describe(g, top, dir, url, out);
        break;
    case VF_GIT_REMOTE_BROKEN:
        break;
    case VF_GIT_REMOTE_NO_MEMORY:
        return vf_err_nomem(err);
    }
    return out->state == VF_VCS_FOUND && !out->remote.p ? vf_err_nomem(err) : VF_OK;
}

/* Another system's checkout, which is only recognised: of Subversion and Bazaar at its top alone, as pip
 * does. */
static struct vf_slice other_system(struct git *g, struct vf_slice top, bool at_top)
{
    if (has(g, top, ".hg"))
        return VF_S("hg");
    if (at_top && has(g, top, ".svn"))
        return VF_S("svn");
    if (at_top && has(g, top, ".bzr"))
        return VF_S("bzr");
    return (struct vf_slice){NULL, 0};
}

enum vf_status vf_vcs_inspect(struct vf_host *o, struct vf_slice dir, struct vf_arena *a,
                              struct vf_freeze_vcs *out, struct vf_err *err)
{
    struct git g = {.o = o, .a = a, .err = err};
    *out = (struct vf_freeze_vcs){.state = VF_VCS_NONE};
    for (struct vf_slice top = dir; top.n; top = vf_path_dir(top)) {
        if (find_git_dir(&g, top)) {
            enum vf_status st = look_at_git(&g, top, dir, out, err);
            return st == VF_OK && g.failed ? vf_err_nomem(err) : st; /* the first error stays */
        }
        if (g.failed || a->failed)
            return vf_err_nomem(err);
        struct vf_slice other = other_system(&g, top, top.n == dir.n);
        if (other.n) {
            out->kind = other;
            out->state = VF_VCS_UNKNOWN;
            return VF_OK;
        }
        if (top.n == 1)
            break;
    }
    return g.failed ? vf_err_nomem(err) : VF_OK;
}
