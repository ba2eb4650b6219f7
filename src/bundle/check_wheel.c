/* check_wheel.c: one wheel of a bundle: is it for the target, is it what its RECORD says, which glibc does it
 * need? */
#include <string.h>

#include "base/digest.h"
#include "bundle/check_parts.h"
#include "syntax/elf.h"
#include "wheel/wheel.h"

/* --- tags --- */

static bool put_once(struct vf_buf *out, struct vf_map *seen, struct vf_slice word)
{
    size_t before;
    if (vf_map_get(seen, word, &before))
        return true;
    if (out->n > 0)
        vf_buf_putc(out, ' ');
    vf_buf_put(out, word);
    return vf_map_put(seen, word, 1);
}

/* What the target takes, as sets: interpreters with their ABI, platforms. */
static struct vf_slice acceptable(struct vf_checking *c)
{
    struct vf_buf pairs = {0}, platforms = {0};
    struct vf_map seen_pairs, seen_platforms;
    bool ok = true;
    vf_map_init(&seen_pairs, c->a);
    vf_map_init(&seen_platforms, c->a);
    for (size_t i = 0; i < c->target.tags.n && ok; i++) {
        const struct vf_tag *t = &c->target.tags.v[i];
        struct vf_slice pair = vf_arena_concat(c->a, t->python, VF_S("-"), t->abi);
        ok = pair.p && put_once(&pairs, &seen_pairs, pair) &&
             put_once(&platforms, &seen_platforms, t->platform);
    }
    vf_buf_puts(&pairs, " for ");
    vf_buf_put(&pairs, vf_buf_slice(&platforms));
    struct vf_slice s = ok && !platforms.failed ? vf_arena_dup(c->a, vf_buf_slice(&pairs)) : VF_S("");
    vf_buf_release(&pairs);
    vf_buf_release(&platforms);
    return s;
}

static enum vf_status check_tags(struct vf_checking *c, const struct vf_bundle *b, size_t dist,
                                 const struct vf_wheel *w, bool *taken, struct vf_err *err)
{
    struct vf_tag tag = {w->python, w->abi, w->platform};
    *taken = vf_tags_rank(&c->target.tags, &tag) != VF_NPOS;
    if (*taken)
        return VF_OK;
    struct vf_finding *f = vf_check_add(c, VF_RULE_WHEEL_TAGS, b, dist, VF_S(""));
    if (!f)
        return vf_err_nomem(err);
    f->value = b->dists[dist].tags;
    f->expected = acceptable(c);
    return f->expected.n > 0 ? VF_OK : vf_err_nomem(err);
}

static enum vf_status check_python(struct vf_checking *c, const struct vf_bundle *b, size_t dist,
                                   const struct vf_wheel *w, struct vf_err *err)
{
    struct vf_err why = {0};
    enum vf_status st = vf_wheel_check_target(w, NULL, c->target.python, &why);
    vf_err_release(&why);
    if (st == VF_OK || st == VF_NO_MEMORY)
        return st == VF_OK ? VF_OK : vf_err_nomem(err);
    struct vf_finding *f = vf_check_add(c, VF_RULE_WHEEL_PYTHON, b, dist, VF_S(""));
    if (!f)
        return vf_err_nomem(err);
    f->value = vf_arena_dup(c->a, w->requires_python);
    f->expected = c->target.python;
    return f->value.p ? VF_OK : vf_err_nomem(err);
}

/* --- contents --- */

struct member {
    struct vf_hasher *hasher;
    struct vf_spool *aside; /* NULL: nothing is kept */
    bool first, elf, keep;  /* keep: it is packed, so it is put aside */
};

static enum vf_status take(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    struct member *m = ctx;
    vf_hasher_update(m->hasher, bytes);
    if (m->first)
        m->elf = vf_slice_starts(bytes, VF_S("\177ELF"));
    m->first = false;
    return m->elf && m->keep ? vf_spool_write(m->aside, bytes, err) : VF_OK;
}

static enum vf_status take_floor(const struct vf_spool *s, uint64_t at, uint64_t size, unsigned *floor,
                                 struct vf_err *err)
{
    struct vf_elf_floor f;
    char *image = size < SIZE_MAX ? vf_spool_map(s, at, (size_t)size) : NULL;
    if (!image)
        return vf_err_nomem(err);
    vf_elf_floor_of(image, (size_t)size, &f);
    vf_spool_unmap(s, image, at, (size_t)size);
    *floor = f.is_elf ? f.glibc_minor : 0;
    return VF_OK;
}

static enum vf_status changed(struct vf_checking *c, const struct vf_bundle *b, size_t dist,
                              struct vf_slice name, struct vf_err *err)
{
    struct vf_finding *f = vf_check_add(c, VF_RULE_WHEEL_CONTENTS, b, dist, VF_S(""));
    if (!f)
        return vf_err_nomem(err);
    f->value = vf_arena_dup(c->a, name);
    return f->value.p ? VF_OK : vf_err_nomem(err);
}

/* One file of the wheel: its hash, and what it needs when it is ELF. */
static enum vf_status check_file(struct vf_checking *c, const struct vf_bundle_file *f, size_t dist,
                                 const struct vf_wheel *w, const struct vf_wheel_file *file, unsigned *floor,
                                 struct vf_err *err)
{
    unsigned char sum[VF_DIGEST_MAX];
    const struct vf_zip_member *m = &w->zip->members[file->member];
    struct member state = {.aside = c->aside, .first = true, .keep = m->deflated};
    struct vf_slice alg = file->alg.n > 0 ? file->alg : VF_S("sha256");
    enum vf_status st = vf_hasher_new(alg, &state.hasher, err);
    if (st == VF_OK)
        st = vf_zip_read(w->zip, file->member, take, &state, err);
    size_t n = st == VF_OK ? vf_hasher_final(state.hasher, sum) : 0;
    vf_hasher_free(state.hasher);
    if (st != VF_OK)
        return st;
    if (file->digest.n > 0 && !vf_slice_eq(file->digest, (struct vf_slice){(const char *)sum, n}))
        st = changed(c, &f->bundle, dist, m->name, err);
    if (state.elf && st == VF_OK)
        st = m->deflated ? take_floor(c->aside, 0, vf_spool_size(c->aside), floor, err)
                         : take_floor(f->spool, f->wheels[dist].base + m->data, m->size, floor, err);
    if (state.elf && m->deflated && st == VF_OK)
        st = vf_spool_clear(c->aside, err);
    return st;
}

static enum vf_status check_files(struct vf_checking *c, const struct vf_bundle_file *f, size_t dist,
                                  const struct vf_wheel *w, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    unsigned most = 0;
    size_t which = 0;
    for (size_t i = 0; i < w->n_files && st == VF_OK; i++) {
        unsigned floor = 0;
        st = check_file(c, f, dist, w, &w->files[i], &floor, err);
        if (floor > most) {
            most = floor;
            which = w->files[i].member;
        }
    }
    if (st != VF_OK || most <= c->floor)
        return st;
    c->floor = most;
    c->floor_dist = dist;
    c->floor_member = vf_arena_dup(c->a, w->zip->members[which].name);
    return c->floor_member.p ? VF_OK : vf_err_nomem(err);
}

/* The floor of each wheel is judged by itself, so the largest of all is put back behind it. A wheel whose
 * tags are not taken is not accused again. */
static enum vf_status check_contents(struct vf_checking *c, const struct vf_bundle_file *f, size_t dist,
                                     const struct vf_wheel *w, bool taken, struct vf_err *err)
{
    struct vf_checking before = *c;
    c->floor = 0;
    enum vf_status st = check_files(c, f, dist, w, err);
    if (st != VF_OK)
        return st;
    if (taken && c->o->glibc_minor > 0 && c->floor > c->o->glibc_minor) {
        struct vf_buf b = {0};
        struct vf_finding *fi = vf_check_add(c, VF_RULE_BUNDLE_GLIBC, &f->bundle, dist, VF_S(""));
        vf_buf_printf(&b, "2.%u", c->floor);
        struct vf_slice value = vf_arena_dup(c->a, vf_buf_slice(&b));
        vf_buf_release(&b);
        if (!fi || !value.p)
            return vf_err_nomem(err);
        fi->value = value;
        fi->target = c->floor_member;
    }
    if (c->floor <= before.floor) {
        c->floor = before.floor;
        c->floor_dist = before.floor_dist;
        c->floor_member = before.floor_member;
    }
    return VF_OK;
}

enum vf_status vf_check_wheel(struct vf_checking *c, const struct vf_bundle_file *f, size_t dist,
                              struct vf_err *err)
{
    struct vf_wheel *w = NULL;
    const struct vf_bundle_dist *d = &f->bundle.dists[dist];
    enum vf_status st = vf_wheel_open(&f->wheels[dist], NULL, &w, err);
    if (st != VF_OK)
        return st;
    bool taken;
    st = check_tags(c, &f->bundle, dist, w, &taken, err);
    if (st == VF_OK)
        st = check_python(c, &f->bundle, dist, w, err);
    if (st == VF_OK)
        st = check_contents(c, f, dist, w, taken, err);
    if (st == VF_OK) {
        c->dists[dist] = (struct vf_closure_dist){
            .name = d->name, .version = d->version, .metadata = vf_arena_dup(c->a, w->metadata)};
        st = c->dists[dist].metadata.p ? VF_OK : vf_err_nomem(err);
    }
    vf_wheel_free(w);
    return st;
}
