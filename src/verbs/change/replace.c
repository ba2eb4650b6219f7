/* replace.c: recreate --replace: NEW is an environment that the new one takes the name of. The staging
 * directory holds the new one until the exchange, and the previous one behind it. */
#include "base/escape.h"
#include "fs/txn.h"
#include "verbs/change/change.h"

static struct vf_slice keep_path(struct vf_change *c)
{
    return vf_session_abs(&c->s, c->o->keep);
}

static bool is_environment(struct vf_change *c)
{
    static const char *const marks[] = {"pyvenv.cfg", "bin/activate", "Scripts/activate"};
    for (size_t i = 0; i < VF_COUNT(marks); i++) {
        struct vf_slice path = vf_path_join(c->s.a, c->to, vf_slice_of(marks[i]));
        if (path.p && vf_host_exists(c->s.host, path))
            return true;
    }
    return false;
}

static enum vf_status check_keep(struct vf_change *c)
{
    if (!c->o->keep)
        return VF_OK;
    struct vf_slice keep = keep_path(c);
    if (!keep.p)
        return vf_err_nomem(&c->s.err);
    if (vf_path_under(c->to, keep, NULL))
        return vf_err_set(&c->s.err, VF_NESTED, 0, "keep", keep, "it is inside the environment");
    enum vf_kind at;
    enum vf_status st = vf_host_stat(c->s.host, keep, &at, &c->s.err);
    if (st != VF_OK)
        return st;
    if (at != VF_KIND_NONE)
        return vf_err_set(&c->s.err, VF_EXISTS, 0, "keep", keep,
                          "it exists already: choose another path or remove it");
    struct vf_stat there, here;
    enum vf_kind parent = vf_host_kind(c->s.host, vf_path_dir(keep), &there);
    if (parent != VF_KIND_DIR)
        return vf_err_set(&c->s.err, VF_NO_PARENT, 0, "keep", keep,
                          "its parent directory does not exist: make it first");
    if (vf_host_kind(c->s.host, vf_path_dir(c->to), &here) == VF_KIND_DIR && here.dev != there.dev)
        return vf_err_set(&c->s.err, VF_CROSS_DEVICE, 0, "keep", keep,
                          "it is on another file system: choose a path on that of the environment");
    return VF_OK;
}

enum vf_status vf_change_may_replace(struct vf_change *c)
{
    struct vf_buf target = {0};
    bool link = vf_host_readlink(c->s.host, c->to, &target);
    vf_buf_release(&target);
    if (link)
        return vf_err_set(&c->s.err, VF_IS_LINK, 0, "replace", c->to, "it is a link; name the real path");
    if (vf_host_kind(c->s.host, c->to, NULL) != VF_KIND_DIR || !is_environment(c))
        return vf_err_set(&c->s.err, VF_EXISTS, 0, "replace", c->to,
                          "it is not an environment, so --replace does not remove it");
    if (!vf_host_same(c->s.host, c->from, c->to))
        return check_keep(c);
    if (!c->o->install.python && !c->o->install.reinstall)
        return vf_err_set(&c->s.err, VF_USAGE, 0, "replace", c->to,
                          "an environment replaces itself with another interpreter (--python) or from wheels "
                          "(--reinstall)");
    return check_keep(c);
}

enum vf_status vf_change_begin_replace(struct vf_change *c, struct vf_staging *s)
{
    enum vf_kind at = VF_KIND_NONE;
    enum vf_status st = c->o->replace ? vf_host_stat(c->s.host, c->to, &at, &c->s.err) : VF_OK;
    return st == VF_OK && at != VF_KIND_NONE ? vf_staging_replace(s, &c->s.err) : st;
}

enum vf_status vf_change_end_staging(struct vf_change *c, struct vf_staging *s)
{
    struct vf_err why;
    vf_err_init(&why);
    if (c->o->keep && vf_staging_keep(s, keep_path(c), &why) != VF_OK) {
        vf_hooks_note(&c->s.hooks,
                      "the previous environment could not be kept under the name that was given: "
                      "it is in the directory .venvfix-* beside the new one");
        c->r->exit = 1;
        vf_staging_abandon(s);
    } else if (c->unflushed && c->o->replace) {
        vf_hooks_note(&c->s.hooks,
                      "the previous environment was not removed, since the disk may not have the new "
                      "one yet: the same command, given again, removes it");
        vf_staging_abandon(s);
    } else {
        vf_staging_end(s);
    }
    vf_err_release(&why);
    return VF_OK;
}

enum vf_status vf_change_resume_replace(struct vf_change *c, bool committed)
{
    if (!committed && vf_staging_holds_previous(c->to))
        return vf_err_set(
            &c->s.err, VF_EXISTS, 0, "resume", c->to,
            "a run that was cut off had replaced it, and it is gone since; what it replaced is in "
            "the directory .venvfix-* beside it: move that back, or remove it");
    if (!committed || !c->o->keep)
        return VF_OK;
    struct vf_slice keep = keep_path(c);
    return keep.p ? vf_staging_keep_left(c->to, keep, &c->s.err) : vf_err_nomem(&c->s.err);
}
