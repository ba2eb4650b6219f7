/* check_lists.c: requirements.txt and pylock.toml: pip and uv read these, so they have to say what the
 * manifest says, and name nothing outside of the bundle. */
#include "base/digest.h"
#include "bundle/check_parts.h"
#include "packaging/name.h"
#include "packaging/pylock.h"
#include "packaging/reqlist.h"
#include "packaging/url.h"

struct comparing {
    struct vf_checking *c;
    const struct vf_bundle *b;
    struct vf_slice list; /* its name */
    bool *seen;           /* of b->dists */
    struct vf_err *err;
};

static enum vf_status say(const struct comparing *x, enum vf_rule rule, int64_t line, struct vf_slice value)
{
    struct vf_finding *f = vf_check_add(x->c, rule, x->b, VF_NPOS, x->list);
    if (!f)
        return vf_err_nomem(x->err);
    f->line = line;
    f->value = vf_arena_dup(x->c->a, value);
    return f->value.p ? VF_OK : vf_err_nomem(x->err);
}

static bool has_sum(const struct vf_direct_hash *hashes, size_t n, const struct vf_bundle_dist *d)
{
    static const char digits[] = "0123456789abcdef";
    char hex[2 * sizeof d->sum.sha256];
    bool has = false;
    for (size_t i = 0; i < sizeof hex; i++)
        hex[i] = digits[i % 2 ? d->sum.sha256[i / 2] & 15 : d->sum.sha256[i / 2] >> 4];
    for (size_t i = 0; i < n; i++)
        has = has || (vf_slice_eq(hashes[i].alg, VF_S("sha256")) &&
                      vf_slice_eq_nocase(hashes[i].value, (struct vf_slice){hex, sizeof hex}));
    return has;
}

static size_t find(const struct comparing *x, struct vf_slice name)
{
    for (size_t i = 0; i < x->b->n_dists; i++)
        if (vf_name_same(x->b->dists[i].name, name))
            return i;
    return VF_NPOS;
}

static bool is_source_archive(struct vf_slice path)
{
    struct vf_slice s = vf_slice_sub(path, 0, vf_slice_find_byte(path, '#', 0));
    return vf_slice_ends(s, VF_S(".tar.gz")) || vf_slice_ends(s, VF_S(".zip")) ||
           vf_slice_ends(s, VF_S(".tar.bz2")) || vf_slice_ends(s, VF_S(".tgz"));
}

/* Every distribution that is to be listed is. */
static enum vf_status say_missing(const struct comparing *x)
{
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < x->b->n_dists && st == VF_OK; i++)
        if (x->b->dists[i].listed && !x->seen[i])
            st = say(x, VF_RULE_BUNDLE_LIST, -1, x->b->dists[i].name);
    return st;
}

/* --- requirements.txt --- */

static bool allows(struct vf_arena *a, const struct vf_requirement *r, struct vf_slice version)
{
    struct vf_err err = {0};
    bool in = false;
    bool ok = vf_specifiers_contains_text(a, &r->specifiers, version, &in, &err) == VF_OK && in;
    vf_err_release(&err);
    return ok;
}

static enum vf_status requirement(const struct comparing *x, const struct vf_list_item *item)
{
    if (item->kind == VF_LIST_OPTION)
        return say(x, VF_RULE_BUNDLE_LIST, item->line, item->text);
    size_t i = find(x, item->req.name);
    if (i != VF_NPOS)
        x->seen[i] = true; /* what is wrong with it is said here */
    if (item->kind == VF_LIST_EDITABLE || item->source != VF_LIST_NAMED)
        return say(x, is_source_archive(item->location) ? VF_RULE_BUNDLE_SDIST : VF_RULE_BUNDLE_LOCAL,
                   item->line, item->location);
    if (i != VF_NPOS && x->b->dists[i].listed && allows(x->c->a, &item->req, x->b->dists[i].version) &&
        has_sum(item->hashes, item->n_hashes, &x->b->dists[i]))
        return VF_OK;
    return say(x, VF_RULE_BUNDLE_LIST, item->line, item->text);
}

static enum vf_status requirements(struct comparing *x, struct vf_slice text)
{
    struct vf_list_reader reader = {0};
    struct vf_reqlist list;
    x->list = VF_S(VF_BUNDLE_REQUIREMENTS);
    enum vf_status st = vf_reqlist_parse(x->c->a, x->list, text, &reader, &list, x->err);
    for (size_t i = 0; st == VF_OK && i < list.n; i++)
        st = requirement(x, &list.items[i]);
    return st == VF_OK ? say_missing(x) : st;
}

/* --- pylock.toml --- */

static bool is_wheel(const struct vf_lock_file *w, const struct vf_bundle_dist *d)
{
    struct vf_slice dir = VF_S("wheels/");
    return vf_slice_starts(w->path, dir) && vf_slice_eq(vf_slice_from(w->path, dir.n), d->wheel) &&
           has_sum(w->hashes, w->n_hashes, d);
}

static enum vf_status package(const struct comparing *x, const struct vf_lock_package *p)
{
    size_t i = find(x, p->name);
    if (i != VF_NPOS)
        x->seen[i] = true;
    if (p->source == VF_LOCK_DIRECTORY)
        return say(x, VF_RULE_BUNDLE_LOCAL, p->line, p->directory);
    if (p->source == VF_LOCK_VCS)
        return say(x, VF_RULE_BUNDLE_LOCAL, p->line, p->vcs_url.n > 0 ? p->vcs_url : p->vcs_path);
    if (p->source == VF_LOCK_ARCHIVE)
        return say(x, VF_RULE_BUNDLE_LOCAL, p->line,
                   p->archive.path.n > 0 ? p->archive.path : p->archive.url);
    if (p->n_wheels == 0)
        return say(x, VF_RULE_BUNDLE_SDIST, p->line, p->name);
    if (p->wheels[0].path.n == 0)
        return say(x, VF_RULE_BUNDLE_LOCAL, p->line, p->wheels[0].url);
    if (i != VF_NPOS && x->b->dists[i].listed && p->n_wheels == 1 && is_wheel(&p->wheels[0], &x->b->dists[i]))
        return VF_OK;
    return say(x, VF_RULE_BUNDLE_LIST, p->line, p->name);
}

static enum vf_status lock_file(struct comparing *x, struct vf_slice text)
{
    struct vf_pylock lock;
    x->list = VF_S(VF_BUNDLE_LOCK);
    enum vf_status st = vf_pylock_parse(x->c->a, text, &lock, x->err);
    for (size_t i = 0; st == VF_OK && i < lock.n_packages; i++)
        st = package(x, &lock.packages[i]);
    return st == VF_OK ? say_missing(x) : st;
}

enum vf_status vf_check_lists(struct vf_checking *c, const struct vf_bundle_file *f, struct vf_err *err)
{
    size_t n = f->bundle.n_dists + 1;
    struct comparing x = {
        .c = c, .b = &f->bundle, .seen = vf_arena_array(c->a, n, sizeof *x.seen), .err = err};
    if (!x.seen)
        return vf_err_nomem(err);
    enum vf_status st = requirements(&x, f->requirements);
    x.seen = vf_arena_array(c->a, n, sizeof *x.seen);
    if (!x.seen)
        return vf_err_nomem(err);
    return st == VF_OK ? lock_file(&x, f->lock) : st;
}
