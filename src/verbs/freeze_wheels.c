/* freeze_wheels.c: which wheels at hand are of the distributions of a frozen list, and what they hash to. */
#include "verbs/freeze.h"

#include <stdlib.h>

#include "base/digest.h"
#include "base/path.h"
#include "packaging/text.h"
#include "wheel/candidates.h"

struct search {
    struct vf_session *s;
    struct vf_buf *notes;
    struct vf_candidates candidates;
    struct vf_slice *shown; /* for each wheel of the stock its path as it was reached */
};

static bool same_version(struct vf_arena *a, const struct vf_freeze_item *it, const struct vf_wheel_name *w)
{
    struct vf_version v;
    struct vf_err ignored;
    vf_err_init(&ignored);
    bool same = !it->version.legacy && vf_version_parse(a, it->version.text, &v, &ignored) == VF_OK &&
                vf_version_cmp(&v, &w->version) == 0;
    vf_err_release(&ignored);
    return same;
}

static struct vf_slice hex_of(struct vf_arena *a, const unsigned char *sum)
{
    struct vf_buf b;
    vf_buf_init(&b);
    vf_hex_put(&b, (struct vf_slice){(const char *)sum, 32});
    struct vf_slice out = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return out;
}

static void note(struct search *f, struct vf_slice what, const char *words, const char *more)
{
    vf_buf_puts(f->notes, "venvfix: ");
    vf_text_one_line_put(f->notes, what);
    vf_buf_printf(f->notes, ": %s%s\n", words, more);
}

/* The directory as given, without `./`; a path of the lock file is taken from where the lock file lies. */
static struct vf_slice shown_path(struct vf_arena *a, const char *dir, struct vf_slice file_name)
{
    struct vf_slice joined = vf_path_join(a, vf_slice_of(dir), file_name);
    return joined.p ? vf_path_clean_dup(a, joined) : joined;
}

/* A directory that cannot be listed for want of memory is not one that is not there. */
static enum vf_status add_dir(struct search *f, struct vf_slice dir, struct vf_err *err)
{
    enum vf_status st = vf_candidates_add_dir(&f->candidates, dir, VF_ORIGIN_LINKS, err);
    if (st == VF_OK || (!f->s->a->failed && !vf_buf_ran_out()))
        return st;
    vf_err_clear(err);
    return vf_err_nomem(err);
}

static enum vf_status add_dirs(struct search *f, const char *const *dirs, size_t n, struct vf_err *err)
{
    struct vf_vec shown = {0};
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < n && st == VF_OK; i++) {
        size_t from = f->candidates.wheels.n;
        struct vf_slice abs = vf_session_abs(f->s, dirs[i]);
        st = abs.p ? add_dir(f, abs, err) : vf_err_nomem(err);
        for (size_t w = from; w < f->candidates.wheels.n && st == VF_OK; w++) {
            struct vf_slice *slot = vf_vec_push(f->s->a, &shown, sizeof *slot);
            if (slot)
                *slot = shown_path(f->s->a, dirs[i],
                                   VF_VEC_AT(struct vf_candidate_wheel, &f->candidates.wheels, w)->file_name);
            st = slot && slot->p ? VF_OK : vf_err_nomem(err);
        }
    }
    f->shown = shown.base;
    return st;
}

/* What is no wheel but for its name is passed over. */
static enum vf_status is_sound(struct search *f, size_t i, bool *sound, uint64_t *size, struct vf_err *err)
{
    struct vf_open_wheel open;
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = vf_candidates_open(&f->candidates, i, &open, &why);
    *sound = st == VF_OK;
    if (st == VF_OK) {
        *size = open.wheel->zip->source.size;
        vf_open_wheel_close(&open);
    } else {
        note(f, f->shown[i], "passed over: ", why.detail[0] ? why.detail : "it cannot be read");
    }
    vf_err_release(&why);
    return st == VF_NO_MEMORY ? vf_err_nomem(err) : VF_OK;
}

static bool known(const struct vf_vec *files, struct vf_slice name)
{
    for (size_t i = 0; i < files->n; i++)
        if (vf_slice_eq(VF_VEC_AT(struct vf_lock_file, files, i)->name, name))
            return true;
    return false;
}

static enum vf_status add_wheel(struct search *f, size_t i, struct vf_vec *files, struct vf_err *err)
{
    struct vf_arena *a = f->s->a;
    struct vf_candidate_wheel *w = VF_VEC_AT(struct vf_candidate_wheel, &f->candidates.wheels, i);
    bool sound = false;
    uint64_t size = 0;
    if (known(files, w->file_name)) /* in two directories: the first counts, as for pip */
        return VF_OK;
    enum vf_status st = is_sound(f, i, &sound, &size, err);
    if (st != VF_OK || !sound)
        return st;
    st = vf_candidates_sha256(&f->candidates, i, err);
    struct vf_lock_file *file = st == VF_OK ? vf_vec_push(a, files, sizeof *file) : NULL;
    struct vf_direct_hash *hash = file ? vf_arena_alloc(a, sizeof *hash) : NULL;
    if (!hash)
        return st == VF_OK ? vf_err_nomem(err) : st;
    *hash = (struct vf_direct_hash){VF_S("sha256"), hex_of(a, w->sha256)};
    *file = (struct vf_lock_file){.name = w->file_name,
                                  .path = f->shown[i],
                                  .has_size = true,
                                  .size = size,
                                  .hashes = hash,
                                  .n_hashes = 1};
    return hash->value.p ? VF_OK : vf_err_nomem(err);
}

static int by_name(const void *x, const void *y)
{
    const struct vf_lock_file *a = x, *b = y;
    return vf_slice_cmp(a->name, b->name);
}

static enum vf_status find(struct search *f, struct vf_freeze_item *it, struct vf_err *err)
{
    struct vf_vec files = {0};
    size_t i;
    enum vf_status st = VF_OK;
    bool any = f->shown && vf_map_get(&f->candidates.first, it->canonical, &i);
    for (; any && i != VF_NPOS && st == VF_OK;
         i = VF_VEC_AT(struct vf_candidate_wheel, &f->candidates.wheels, i)->next)
        if (same_version(f->s->a, it, &VF_VEC_AT(struct vf_candidate_wheel, &f->candidates.wheels, i)->name))
            st = add_wheel(f, i, &files, err);
    it->wheels = files.base;
    it->n_wheels = files.n;
    if (files.base && files.n > 1)
        qsort(files.base, files.n, sizeof(struct vf_lock_file), by_name);
    return st;
}

enum vf_status vf_freeze_find_wheels(struct vf_session *s, const char *const *dirs, size_t n,
                                     struct vf_frozen *frozen, struct vf_buf *notes, struct vf_err *err)
{
    struct search f = {.s = s, .notes = notes};
    vf_candidates_init(&f.candidates, s->a, s->host);
    enum vf_status st = add_dirs(&f, dirs, n, err);
    for (size_t i = 0; i < frozen->n && st == VF_OK; i++)
        st = find(&f, &frozen->items[i], err);
    return st;
}
