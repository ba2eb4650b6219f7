/* vcs.c: git's own files: HEAD, refs, packed-refs, config, worktrees and submodules (a `.git` file with
 * `gitdir:`). */
#include "env/vcs.h"

#include "base/path.h"

#include <string.h>

#define GIT_CAP ((uint64_t)16 << 20)

struct git {
    struct vf_outside *o;
    struct vf_arena *a;
    struct vf_slice dir;    /* .git, or what its file names */
    struct vf_slice common; /* where refs and config lie: of a worktree another directory */
};

/* False: not there or not readable. */
static bool read_at(struct git *g, struct vf_slice dir, struct vf_slice name, struct vf_slice *out)
{
    struct vf_err ignored;
    vf_err_init(&ignored);
    struct vf_slice path = vf_path_join(g->a, dir, name);
    bool ok = path.p && vf_outside_exists(g->o, path) &&
              vf_outside_read(g->o, path, GIT_CAP, g->a, out, &ignored) == VF_OK;
    vf_err_release(&ignored);
    return ok;
}

static struct vf_slice absolute(struct git *g, struct vf_slice base, struct vf_slice path)
{
    return vf_path_clean_dup(g->a, vf_path_join(g->a, base, path));
}

/* The git directory of a checkout whose top is `top`; false when there is none. */
static bool find_git_dir(struct git *g, struct vf_slice top)
{
    struct vf_slice dot = vf_path_join(g->a, top, VF_S(".git")), text;
    if (!dot.p)
        return false;
    enum vf_kind kind = vf_outside_kind(g->o, dot, NULL);
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
    return g->dir.p && g->common.p && vf_outside_kind(g->o, g->dir, NULL) == VF_KIND_DIR;
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

/* `[remote "origin"]` -> origin; empty for other sections. */
static struct vf_slice remote_name(struct vf_slice line)
{
    struct vf_slice none = {NULL, 0};
    if (!vf_slice_starts(line, VF_S("[remote \"")))
        return none;
    size_t end = vf_slice_rfind_byte(line, '"');
    return end > 9 && end != VF_NPOS ? vf_slice_sub(line, 9, end) : none;
}

/* remote.origin.url, else the first remote's. */
static struct vf_slice remote_url(struct git *g)
{
    struct vf_slice text, line, first = {NULL, 0}, section = {NULL, 0};
    if (!read_at(g, g->common, VF_S("config"), &text))
        return first;
    while (vf_slice_next_line(&text, &line)) {
        line = vf_slice_trim(line);
        if (line.n && line.p[0] == '[') {
            section = remote_name(line);
            continue;
        }
        size_t eq = vf_slice_find_byte(line, '=', 0);
        if (!section.n || eq == VF_NPOS ||
            !vf_slice_eq_nocase(vf_slice_trim(vf_slice_sub(line, 0, eq)), VF_S("url")))
            continue;
        struct vf_slice url = vf_slice_trim(vf_slice_from(line, eq + 1));
        if (url.n > 1 && url.p[0] == '"' && url.p[url.n - 1] == '"')
            url = vf_slice_sub(url, 1, url.n - 1);
        if (vf_slice_eq(section, VF_S("origin")))
            return url;
        if (!first.n)
            first = url;
    }
    return first;
}

static bool has(struct git *g, struct vf_slice dir, const char *name)
{
    struct vf_slice p = vf_path_join(g->a, dir, vf_slice_of(name));
    return p.p && vf_outside_exists(g->o, p);
}

static bool installable(struct git *g, struct vf_slice dir)
{
    return has(g, dir, "setup.py") || has(g, dir, "pyproject.toml");
}

/* The project's directory below the top, where the top itself is no project. */
static struct vf_slice project_below(struct git *g, struct vf_slice top, struct vf_slice dir)
{
    struct vf_slice rest = {NULL, 0};
    if (installable(g, top))
        return rest;
    while (!installable(g, dir) && dir.n > top.n)
        dir = vf_path_dir(dir);
    vf_path_under(top, dir, &rest);
    return rest;
}

static void look_at_git(struct git *g, struct vf_slice top, struct vf_slice dir, struct vf_freeze_vcs *out)
{
    out->kind = VF_S("git");
    out->state = VF_VCS_UNKNOWN;
    struct vf_slice url = remote_url(g);
    if (!url.n) {
        out->state = VF_VCS_NO_REMOTE;
        return;
    }
    bool exists = vf_path_is_abs(url) && vf_outside_exists(g->o, url);
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

enum vf_status vf_vcs_look(struct vf_outside *o, struct vf_slice dir, struct vf_arena *a,
                           struct vf_freeze_vcs *out, struct vf_err *err)
{
    static const char *const others[] = {".hg", ".svn", ".bzr"};
    struct git g = {.o = o, .a = a};
    *out = (struct vf_freeze_vcs){.state = VF_VCS_NONE};
    for (struct vf_slice top = dir; top.n; top = vf_path_dir(top)) {
        if (find_git_dir(&g, top)) {
            look_at_git(&g, top, dir, out);
            return out->state == VF_VCS_FOUND && !out->remote.p ? vf_err_nomem(err) : VF_OK;
        }
        for (size_t i = 0; i < VF_COUNT(others); i++)
            if (has(&g, top, others[i])) {
                out->kind = vf_slice_of(others[i] + 1);
                out->state = VF_VCS_UNKNOWN;
                return VF_OK;
            }
        if (top.n == 1)
            break;
    }
    return VF_OK;
}
