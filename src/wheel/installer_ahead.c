/* installer_ahead.c: files of a wheel are written to the staging directory while the wheel is still on its
 * way, where it is clear from their names where they go: beside dist-info, in site-packages. Nothing is
 * believed: what they are is compared with the wheel's directory and its RECORD when these are there, and the
 * staging directory is given up when they are not that. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/zip_follow.h"
#include "base/path.h"
#include "fs/create.h"
#include "fs/sys.h"
#include "wheel/installer_parts.h"

#define FILE_AT(i, n) (VF_VEC_AT(struct vf_ahead_slot, &(i)->ahead, n)->file)

/* --- what comes by --- */

/* Only what lies in site-packages under its own name: metadata and data directories are for the plan. */
static bool goes_as_it_is(struct vf_slice name)
{
    struct vf_slice top = vf_slice_sub(name, 0, vf_slice_find_byte(name, '/', 0));
    return !vf_slice_ends(top, VF_S(".dist-info")) && !vf_slice_ends(top, VF_S(".data"));
}

static bool is_free(const struct vf_installer *i, struct vf_slice key)
{
    size_t at;
    return !vf_map_get(&i->plan.claimed, key, &at) && !vf_map_get(&i->ahead_dest, key, &at);
}

enum vf_status vf_installer_ahead(struct vf_installer *i, const struct vf_zip_ahead *m, bool *taken,
                                  struct vf_err *err)
{
    struct vf_arena *a = &i->plan.arena;
    *taken = false;
    if (i->n_threads == 0 || !vf_slice_eq(i->site.purelib, i->site.platlib) || !goes_as_it_is(m->name))
        return vf_installer_reported(i, err);
    struct vf_slice dest = vf_path_join(a, i->site.purelib, m->name);
    struct vf_slice key = dest.p ? vf_install_plan_key(&i->plan, dest) : dest;
    if (!key.p)
        return vf_err_nomem(err);
    if (!is_free(i, key))
        return vf_installer_reported(i, err);
    struct vf_ahead_file *f = vf_arena_alloc(a, sizeof *f);
    struct vf_ahead_slot *slot = vf_vec_push(a, &i->ahead, sizeof *slot);
    if (!f || !slot || !vf_map_put(&i->ahead_dest, key, 1))
        return vf_err_nomem(err);
    *f = (struct vf_ahead_file){.dest = dest, .data = m->data, .size = m->size};
    slot->file = f;
    *taken = true;
    enum vf_status st = vf_install_plan_dirs(&i->plan, dest, err);
    return st == VF_OK ? vf_installer_dirs(i, err) : st;
}

enum vf_status vf_installer_data(struct vf_installer *i, struct vf_slice bytes, struct vf_block *block,
                                 struct vf_err *err)
{
    struct vf_ahead_file *f = FILE_AT(i, i->ahead.n - 1);
    struct vf_piece *p = vf_arena_alloc(&i->plan.arena, sizeof *p);
    struct vf_batch *b = vf_arena_alloc(&i->plan.arena, sizeof *b);
    if (!p || !b) {
        vf_block_release(block);
        return vf_err_nomem(err);
    }
    *p = (struct vf_piece){.bytes = bytes, .block = block};
    (void)pthread_mutex_lock(&i->lock);
    bool begins = f->come == 0;
    if (f->first)
        f->last->next = p;
    else
        f->first = p;
    f->last = p;
    f->come += bytes.n;
    if (begins) {
        *b = (struct vf_batch){.ahead = f};
        vf_installer_enqueue(i, b);
    } else {
        (void)pthread_cond_broadcast(&i->more);
    }
    enum vf_status st = vf_err_copy(err, &i->err);
    (void)pthread_mutex_unlock(&i->lock);
    return st;
}

/* --- workers --- */

/* The next bytes, waited for; NULL: all of them have come, or nothing will. */
static struct vf_piece *next_piece(struct vf_installer *i, struct vf_ahead_file *f)
{
    (void)pthread_mutex_lock(&i->lock);
    while (!f->first && f->come < f->size && !i->abandoned)
        (void)pthread_cond_wait(&i->more, &i->lock);
    struct vf_piece *p = f->first;
    if (p)
        f->first = p->next;
    (void)pthread_mutex_unlock(&i->lock);
    return p;
}

void vf_ahead_drop(struct vf_installer *i, struct vf_ahead_file *f)
{
    for (struct vf_piece *p = next_piece(i, f); p; p = next_piece(i, f))
        vf_block_release(p->block);
}

static enum vf_status write_pieces(struct vf_installer *i, struct vf_ahead_file *f, struct vf_hasher *h,
                                   struct vf_err *err)
{
    struct vf_new_file file = {0};
    uint64_t n = 0;
    enum vf_status st = vf_create_file(i->site.root, f->dest, false, &file, err);
    if (st != VF_OK)
        return st;
    for (struct vf_piece *p; st == VF_OK && (p = next_piece(i, f));) {
        vf_hasher_update(h, p->bytes);
        f->crc = vf_zip_crc(f->crc, p->bytes);
        n += p->bytes.n;
        st = vf_create_write(&file, p->bytes, err);
        vf_block_release(p->block);
        if (st == VF_OK && vf_installer_failed(i))
            break;
    }
    f->written = st == VF_OK && n == f->size;
    return vf_create_close(&file, st, err);
}

enum vf_status vf_ahead_write(struct vf_installer *i, struct vf_ahead_file *f, struct vf_err *err)
{
    struct vf_hasher *h = NULL;
    unsigned char sum[VF_DIGEST_MAX];
    enum vf_status st = vf_hasher_new(VF_S("sha256"), &h, err);
    if (st == VF_OK)
        st = write_pieces(i, f, h, err);
    if (st == VF_OK && vf_hasher_final(h, sum) != sizeof f->sha256)
        st = vf_err_set(err, VF_INTERNAL, 0, "hash", f->dest, "no sha256 to be had");
    if (st == VF_OK)
        memcpy(f->sha256, sum, sizeof f->sha256);
    vf_hasher_free(h);
    vf_ahead_drop(i, f); /* where it failed, the rest */
    return st;
}

/* --- judged --- */

static int by_data(const void *key, const void *element)
{
    const uint64_t *data = key;
    const struct vf_ahead_slot *s = element;
    return *data < s->file->data ? -1 : *data > s->file->data;
}

static enum vf_status differs(const struct vf_install *in, const struct vf_ahead_file *f, const char *why,
                              struct vf_err *err)
{
    return vf_err_set(err, VF_BAD_ARCHIVE, 0, "install", in->wheel->file_name, "member '%.*s' %s",
                      (int)(f->dest.n < 200 ? f->dest.n : 200), f->dest.p, why);
}

enum vf_status vf_ahead_match(struct vf_installer *i, const struct vf_install *in, size_t from,
                              struct vf_err *err)
{
    const struct vf_ahead_slot *files = i->ahead.base;
    size_t n = i->ahead.n - i->ahead_planned;
    files = n > 0 ? files + i->ahead_planned : files;
    for (size_t k = from; n > 0 && k < i->plan.items.n; k++) {
        struct vf_item *item = VF_VEC_AT(struct vf_item, &i->plan.items, k);
        if (!item->file)
            continue;
        const struct vf_zip_member *m = &in->wheel->zip->members[item->file->member];
        const struct vf_ahead_slot *s = bsearch(&m->data, files, n, sizeof *files, by_data);
        if (!s || m->size == 0)
            continue;
        struct vf_ahead_file *f = s->file;
        if (!vf_slice_eq(f->dest, item->dest) || f->size != m->size || m->deflated)
            return differs(in, f, "is not where its local header said", err);
        f->item = item;
        item->ahead = true;
    }
    for (size_t k = 0; k < n; k++)
        if (!files[k].file->item)
            return differs(in, files[k].file, "is not in the directory of the wheel", err);
    i->ahead_planned = i->ahead.n;
    return VF_OK;
}

static enum vf_status hash_piece(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    (void)err;
    vf_hasher_update(ctx, bytes);
    return VF_OK;
}

/* RECORD has another hash than the one that was made in passing. */
static enum vf_status hash_again(const struct vf_installer *i, const struct vf_ahead_file *f,
                                 unsigned char sum[VF_DIGEST_MAX], size_t *n, struct vf_err *err)
{
    struct vf_hasher *h = NULL;
    struct vf_zip_source s = {.size = f->size, .label = f->dest};
    s.fd = vf_sys_open_beneath(i->site.root, f->dest, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (s.fd < 0)
        return vf_err_sys(err, errno, "open", f->dest);
    enum vf_status st = vf_hasher_new(f->item->file->alg, &h, err);
    if (st == VF_OK)
        st = vf_zip_source_read(&s, hash_piece, h, err);
    *n = st == VF_OK ? vf_hasher_final(h, sum) : 0;
    vf_hasher_free(h);
    (void)close(s.fd);
    return st;
}

enum vf_status vf_ahead_prove(struct vf_installer *i, size_t n, struct vf_err *err)
{
    const struct vf_ahead_file *f = FILE_AT(i, n);
    if (!f->item || !f->written)
        return vf_err_set(err, VF_INTERNAL, 0, "install", f->dest, "it was not written");
    const struct vf_install *in = f->item->unit->in;
    const struct vf_wheel_file *file = f->item->file;
    unsigned char sum[VF_DIGEST_MAX];
    size_t n_sum = sizeof f->sha256;
    enum vf_status st = VF_OK;
    if (f->crc != in->wheel->zip->members[file->member].crc)
        return differs(in, f, "has a wrong checksum", err);
    memcpy(sum, f->sha256, n_sum);
    if (!vf_slice_eq(file->alg, VF_S("sha256")))
        st = hash_again(i, f, sum, &n_sum, err);
    if (st == VF_OK && !vf_slice_eq((struct vf_slice){(const char *)sum, n_sum}, file->digest))
        return differs(in, f, "is not what the wheel's RECORD says", err);
    return st == VF_OK && f->item->executable ? vf_create_executable(i->site.root, f->dest, err) : st;
}
