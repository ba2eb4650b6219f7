/* change_refuse.c: what speaks against a change, said before anything is touched: each with its own code and
 * what to do about it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "fs/sys.h"
#include "fs/tree_dir.h"
#include "verbs/change/change.h"

static enum vf_status refuse_link(struct vf_change *c)
{
    struct vf_buf to;
    vf_buf_init(&to);
    bool link = vf_host_readlink(c->s.host, c->from, &to);
    vf_buf_clear(&to);
    enum vf_status st = VF_OK;
    if (link && vf_host_resolve(c->s.host, c->from, &to)) {
        struct vf_buf shown;
        vf_buf_init(&shown);
        vf_term_put(&shown, vf_buf_slice(&to));
        st = vf_err_set(&c->s.err, VF_IS_LINK, 0, "open", c->from, "it is a link; name the real path: %s",
                        vf_buf_cstr(&shown) ? shown.p : "");
        vf_buf_release(&shown);
    } else if (link) {
        st = vf_err_set(&c->s.err, VF_NOT_FOUND, 0, "open", c->from, "it is a broken symlink");
    }
    vf_buf_release(&to);
    return st;
}

static enum vf_status refuse_parent(struct vf_change *c)
{
    struct vf_slice parent = vf_path_dir(c->to);
    enum vf_kind kind;
    enum vf_status st = vf_host_stat(c->s.host, parent, &kind, &c->s.err);
    if (st != VF_OK)
        return st;
    if (kind == VF_KIND_NONE)
        return vf_err_set(&c->s.err, VF_NO_PARENT, 0, "create", c->to,
                          "its parent directory does not exist: make it first");
    if (kind != VF_KIND_DIR)
        return vf_err_set(&c->s.err, VF_NO_PARENT, 0, "create", c->to, "its parent is not a directory");
    return VF_OK;
}

/* Words and links: a parent of NEW may be a link into OLD. */
static enum vf_status refuse_nested(struct vf_change *c)
{
    struct vf_buf from, parent;
    vf_buf_init(&from);
    vf_buf_init(&parent);
    bool nested = vf_path_under(c->from, c->to, NULL) || vf_path_under(c->to, c->from, NULL);
    enum vf_status st = vf_host_resolve_path(c->s.host, c->from, &from, &c->s.err);
    if (st == VF_OK)
        st = vf_host_resolve_path(c->s.host, vf_path_dir(c->to), &parent, &c->s.err);
    nested = nested || (st == VF_OK && vf_path_under(vf_buf_slice(&from), vf_buf_slice(&parent), NULL));
    vf_buf_release(&from);
    vf_buf_release(&parent);
    if (st == VF_OK && nested)
        st = vf_err_set(&c->s.err, VF_NESTED, 0, "create", c->to, "one of the two paths is inside the other");
    return st;
}

enum vf_status vf_change_refuse_places(struct vf_change *c)
{
    if (c->o->verb == VENVFIX_FIX)
        return VF_OK;
    enum vf_kind from, to = VF_KIND_NONE;
    enum vf_status st = vf_host_stat(c->s.host, c->from, &from, &c->s.err);
    if (st != VF_OK)
        return st;
    if (from == VF_KIND_NONE) {
        st = refuse_link(c);
        return st != VF_OK
                   ? st
                   : vf_err_set(&c->s.err, VF_NOT_FOUND, 0, "open", c->from, "there is no such directory");
    }
    st = c->from_file ? VF_OK : refuse_link(c);
    struct vf_buf ignored;
    vf_buf_init(&ignored);
    if (st == VF_OK)
        st = vf_host_stat(c->s.host, c->to, &to, &c->s.err);
    if (st == VF_OK && c->o->replace && to != VF_KIND_NONE) {
        st = vf_change_may_replace(c);
        bool itself = vf_host_same(c->s.host, c->from, c->to);
        vf_buf_release(&ignored);
        if (st == VF_OK)
            st = refuse_parent(c);
        return st == VF_OK && !c->from_file && !itself ? refuse_nested(c) : st;
    }
    if (st == VF_OK && (to != VF_KIND_NONE || vf_host_readlink(c->s.host, c->to, &ignored))) {
        bool same = vf_host_same(c->s.host, c->from, c->to) || vf_path_under(c->to, c->from, NULL);
        st = same ? vf_err_set(&c->s.err, VF_NESTED, 0, "create", c->to,
                               "the two paths are the same, or one is inside the other")
                  : vf_err_set(&c->s.err, VF_EXISTS, 0, "create", c->to,
                               "it exists already: choose another path or remove it");
    }
    vf_buf_release(&ignored);
    if (st == VF_OK)
        st = refuse_parent(c);
    return st == VF_OK && !c->from_file ? refuse_nested(c) : st;
}

/* ---- after the scan ---- */

static enum vf_status refuse_base(struct vf_change *c)
{
    const struct vf_interpreter *py = &c->env->py;
    if (py->base_exists || !py->link_target.p || c->env->params.base)
        return VF_OK;
    struct vf_location loc;
    enum vf_status st = vf_env_locate(c->env, py->link_target, c->s.a, &loc, &c->s.err);
    if (st != VF_OK || loc.prefix != VF_NONE)
        return st; /* a link into the environment itself: mended like any other */
    if (py->base_why)
        return vf_err_set(
            &c->s.err, VF_UNREADABLE, py->base_why, "examine", py->link_target,
            "the base interpreter could not be examined; nothing was changed. Make it readable, "
            "run venvfix as a user who may read it, or choose another one by venvfix fix "
            "--python PATH");
    return vf_err_set(&c->s.err, VF_NO_BASE, 0, "open", py->link_target,
                      "the base interpreter is missing: install it again, or choose another one by venvfix "
                      "fix --python PATH");
}

/* Whether an old path is this environment under another name is not known after an error of the disk. Of one
 * that this user may not search, the evidence in the environment's own files is enough: what it names does
 * not work for this user. */
static enum vf_status refuse_unseen(struct vf_change *c)
{
    for (size_t i = 0; i < c->env->n_prefixes; i++) {
        const struct vf_env_prefix *p = &c->env->prefixes[i];
        if (p->why && p->why != EACCES && p->why != EPERM)
            return vf_err_sys(&c->s.err, p->why, "examine", p->prefix.path);
    }
    return VF_OK;
}

static enum vf_status refuse_not_writable(struct vf_change *c)
{
    if (c->o->verb == VENVFIX_RECREATE || c->o->dry_run)
        return VF_OK;
    int fd = vf_tree_dir_fd(c->env->tree);
    if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
        return vf_err_set(&c->s.err, VF_NOT_WRITABLE, errno, "write", c->from,
                          "the environment is not writable; `venvfix recreate` makes a copy at a new path");
    for (size_t i = 0; i < c->plan.edits.n; i++) {
        struct vf_slice dir = vf_path_dir(c->plan.edits.v[i].path), base;
        int parent = vf_sys_open_parent(fd, c->plan.edits.v[i].path, &base);
        bool ok = parent >= 0 && faccessat(parent, ".", W_OK | X_OK, AT_EACCESS) == 0;
        int e = errno;
        if (parent >= 0)
            close(parent);
        if (!ok)
            return vf_err_set(&c->s.err, VF_NOT_WRITABLE, e, "write", dir,
                              "a directory with files to be changed is not writable; `venvfix recreate` "
                              "makes a copy at a new path");
    }
    return VF_OK;
}

static enum vf_status refuse_parent_writable(struct vf_change *c)
{
    if (c->o->verb == VENVFIX_FIX || c->o->dry_run)
        return VF_OK;
    struct vf_slice parents[] = {vf_path_dir(c->to), vf_path_dir(c->from)};
    for (int i = 0; i < (c->o->verb == VENVFIX_MOVE ? 2 : 1); i++) {
        const char *p = vf_arena_cstr(c->s.a, parents[i]);
        if (!p)
            return vf_err_nomem(&c->s.err);
        if (faccessat(AT_FDCWD, p, W_OK | X_OK, AT_EACCESS) != 0 && errno != ENAMETOOLONG)
            return vf_err_set(&c->s.err, VF_NOT_WRITABLE, errno, "write", parents[i], "%s",
                              i ? "the directory that holds it is not writable, so it cannot be removed; "
                                  "`venvfix recreate` makes a copy"
                                : "nothing can be made there");
    }
    return VF_OK;
}

/* An edit would point a reference that resolves to nothing. */
static enum vf_status refuse_breaking(struct vf_change *c)
{
    const struct vf_finding *first = vf_findings_at(&c->plan.unwritable, c->plan.first_breaking);
    struct vf_buf shown;
    vf_buf_init(&shown);
    vf_buf_put(&shown, first->message);
    const char *why = vf_buf_cstr(&shown);
    enum vf_status st =
        why ? vf_err_set(&c->s.err, VF_PROOF_FAILED, 0, "plan", first->path,
                         "%s; nothing was changed. Copy what is missing, or go on with --leave, which leaves "
                         "%zu reference%s as %s",
                         why, c->plan.n_breaking, c->plan.n_breaking == 1 ? "" : "s",
                         c->plan.n_breaking == 1 ? "it is" : "they are")
            : vf_err_nomem(&c->s.err);
    vf_buf_release(&shown);
    return st;
}

static enum vf_status refuse_unwritable(struct vf_change *c)
{
    size_t n = c->plan.unwritable.v.n;
    if (!n || c->o->leave)
        return VF_OK;
    enum vf_status st = vf_findings_out(&c->s, &c->plan.unwritable, &c->r->unwritten);
    if (st != VF_OK)
        return st;
    if (c->plan.n_breaking)
        return refuse_breaking(c);
    return vf_err_set(&c->s.err, VF_UNWRITABLE, 0, "plan", vf_findings_at(&c->plan.unwritable, 0)->path,
                      "%zu path%s cannot be rewritten; --leave goes on and leaves %s as %s", n,
                      n == 1 ? "" : "s", n == 1 ? "it" : "them", n == 1 ? "it is" : "they are");
}

/* The interpreter reads these when it is started: from a pipe it would wait for ever. */
static enum vf_status refuse_special(struct vf_change *c)
{
    const struct vf_env *env = c->env;
    struct vf_slice read_at_start[] = {VF_S("pyvenv.cfg"), vf_path_join(c->s.a, env->bin, VF_S("pyvenv.cfg")),
                                       vf_path_join(c->s.a, env->bin, VF_S("pybuilddir.txt"))};
    for (size_t i = 0; i < VF_COUNT(read_at_start); i++) {
        if (!read_at_start[i].p)
            return vf_err_nomem(&c->s.err);
        uint32_t f = vf_env_find(env, read_at_start[i]);
        if (f != VF_NONE && vf_kind_is_special(env->files[f].st.kind))
            return vf_err_set(
                &c->s.err, VF_UNREADABLE, 0, "plan", read_at_start[i],
                "it is a pipe, socket or device, which the interpreter would read when it starts; "
                "put a regular file there, or remove it; nothing was changed");
    }
    return VF_OK;
}

enum vf_status vf_change_refuse_contents(struct vf_change *c)
{
    enum vf_status st = vf_env_must_be_readable(c->env, false, &c->s.err);
    if (st == VF_OK)
        st = refuse_special(c);
    if (st == VF_OK)
        st = refuse_unseen(c);
    if (st == VF_OK)
        st = refuse_base(c);
    if (st == VF_OK)
        st = refuse_parent_writable(c);
    if (st == VF_OK)
        st = refuse_not_writable(c);
    return st == VF_OK ? refuse_unwritable(c) : st;
}
