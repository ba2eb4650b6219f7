/* install.c: what goes where is planned for all wheels; then directories, files, and each wheel's RECORD. */
#include "wheel/install.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/path.h"
#include "fs/create.h"
#include "fs/spawn.h"
#include "packaging/record.h"
#include "wheel/install_plan.h"
#include "wheel/scripts.h"

enum { SCRIPT_MAX = 16 << 20 }; /* bytes of a script whose header can be rewritten */

/* --- one file of a wheel --- */

struct writing {
    const struct vf_item *item;
    struct vf_new_file file;
    struct vf_hasher *hasher;
};

static enum vf_status write_piece(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    struct writing *w = ctx;
    vf_hasher_update(w->hasher, bytes);
    return vf_create_write(&w->file, bytes, err);
}

static enum vf_status hash_piece(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    struct writing *w = ctx;
    (void)err;
    vf_hasher_update(w->hasher, bytes);
    return VF_OK;
}

static enum vf_status prove(struct writing *w, struct vf_err *err)
{
    unsigned char sum[VF_DIGEST_MAX];
    const struct vf_wheel *wheel = w->item->unit->in->wheel;
    struct vf_slice got = {(const char *)sum, vf_hasher_final(w->hasher, sum)};
    struct vf_slice name = wheel->zip->members[w->item->file->member].name;
    if (vf_slice_eq(got, w->item->file->digest))
        return VF_OK;
    return vf_err_set(err, VF_BAD_ARCHIVE, 0, "install", wheel->file_name,
                      "member '%.*s' is not what the wheel's RECORD says", (int)(name.n < 200 ? name.n : 200),
                      name.p);
}

/* A script is read whole, so that its header can be written anew. */
static enum vf_status write_script(const struct vf_site *site, struct writing *w, struct vf_err *err)
{
    const struct vf_item *item = w->item;
    const struct vf_zip *zip = item->unit->in->wheel->zip;
    struct vf_arena a;
    struct vf_slice bytes = {NULL, 0};
    struct vf_buf out = {0};
    vf_arena_init(&a);
    enum vf_status st = vf_zip_load(zip, item->file->member, SCRIPT_MAX, &a, &bytes, err);
    if (st == VF_OK) {
        vf_hasher_update(w->hasher, bytes);
        st = prove(w, err);
    }
    if (st == VF_OK && vf_script_is_placeholder(bytes)) {
        st = vf_script_put(site, item->dest, bytes, &out, err);
        bytes = vf_buf_slice(&out);
        if (st == VF_OK)
            st = vf_row_of_bytes(item->row, bytes, err);
    }
    if (st == VF_OK && !item->shared)
        st = vf_create_complete(site->root, item->dest, item->executable, bytes, err);
    vf_buf_release(&out);
    vf_arena_release(&a);
    return st;
}

static enum vf_status write_plain(const struct vf_site *site, struct writing *w, struct vf_err *err)
{
    const struct vf_item *item = w->item;
    const struct vf_zip *zip = item->unit->in->wheel->zip;
    if (item->shared) { /* another wheel writes the same bytes; these are proven all the same */
        enum vf_status st = vf_zip_read(zip, item->file->member, hash_piece, w, err);
        return st == VF_OK ? prove(w, err) : st;
    }
    enum vf_status st = vf_create_file(site->root, item->dest, item->executable, &w->file, err);
    if (st != VF_OK)
        return st;
    st = vf_zip_read(zip, item->file->member, write_piece, w, err);
    if (st == VF_OK && item->file->digest.n > 0)
        st = prove(w, err);
    return vf_create_close(&w->file, st, err);
}

enum vf_status vf_install_item(const struct vf_site *site, const struct vf_item *item, struct vf_err *err)
{
    struct writing w = {.item = item};
    if (item->ahead)
        return VF_OK;
    if (!item->file)
        return item->shared ? VF_OK
                            : vf_create_complete(site->root, item->dest, item->executable, item->bytes, err);
    struct vf_slice alg = item->file->alg.n > 0 ? item->file->alg : VF_S("sha256");
    enum vf_status st = vf_hasher_new(alg, &w.hasher, err);
    if (st != VF_OK)
        return st;
    bool script = item->file->part == VF_PART_SCRIPTS && item->file->size <= SCRIPT_MAX;
    st = script ? write_script(site, &w, err) : write_plain(site, &w, err);
    vf_hasher_free(w.hasher);
    return st;
}

static enum vf_status write_item(void *ctx, size_t i, unsigned worker, struct vf_err *err)
{
    const struct vf_install_plan *p = ctx;
    (void)worker;
    return vf_install_item(p->site, VF_VEC_AT(struct vf_item, &p->items, i), err);
}

/* --- RECORD --- */

enum vf_status vf_install_record(const struct vf_site *site, const struct vf_unit *u, struct vf_err *err)
{
    struct vf_buf out = {0};
    struct vf_record_entry *rows = calloc(u->n_rows + 1, sizeof *rows);
    if (!rows)
        return vf_err_nomem(err);
    for (size_t k = 0; k < u->n_rows; k++)
        rows[k] = vf_row_entry(&u->rows[k]);
    vf_record_sort(rows, u->n_rows);
    vf_record_put(&out, rows, u->n_rows, VF_RECORD_CRLF);
    enum vf_status st = out.failed
                            ? vf_err_nomem(err)
                            : vf_create_complete(site->root, u->record, false, vf_buf_slice(&out), err);
    vf_buf_release(&out);
    free(rows);
    return st;
}

static enum vf_status write_record(void *ctx, size_t i, unsigned worker, struct vf_err *err)
{
    const struct vf_install_plan *p = ctx;
    (void)worker;
    return vf_install_record(p->site, &p->units[i], err);
}

static enum vf_status make_dirs(const struct vf_install_plan *p, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < p->dirs.n && st == VF_OK; i++)
        st = vf_create_dir(p->site->root, *VF_VEC_AT(struct vf_slice, &p->dirs, i), err);
    return st;
}

enum vf_status vf_install_wheels(const struct vf_site *site, const struct vf_install *wheels, size_t n,
                                 const struct vf_hooks *hooks, struct vf_installed *out, struct vf_err *err)
{
    struct vf_install_plan p;
    enum vf_status st = vf_install_plan_make(&p, site, wheels, n, err);
    if (st == VF_OK)
        st = make_dirs(&p, err);
    if (st == VF_OK)
        st = vf_parallel(hooks, p.items.n, write_item, &p, err);
    if (st == VF_OK)
        st = vf_parallel(hooks, n, write_record, &p, err);
    for (size_t i = 0; st == VF_OK && out && i < n; i++) {
        out[i] = (struct vf_installed){0};
        for (size_t k = 0; k < p.units[i].n_rows; k++) {
            out[i].files++;
            out[i].bytes += p.units[i].rows[k].size;
        }
    }
    vf_install_plan_release(&p);
    return st;
}

/* --- compiling --- */

static enum vf_status compile_dir(const struct vf_site *site, struct vf_slice interpreter,
                                  struct vf_slice root, struct vf_slice dir, const struct vf_hooks *hooks,
                                  struct vf_err *err)
{
    struct vf_arena a;
    struct vf_spawn_result r = {0};
    struct vf_buf jobs = {0};
    vf_arena_init(&a);
    vf_buf_put_u64(&jobs, vf_hooks_jobs(hooks));
    struct vf_slice from = vf_path_join(&a, root, dir), to = vf_path_join(&a, site->prefix, dir);
    const char *argv[] = {vf_arena_cstr(&a, interpreter),
                          "-I",
                          "-S",
                          "-m",
                          "compileall",
                          "-q",
                          "-j",
                          vf_buf_cstr(&jobs),
                          "-r",
                          "200",
                          "-d",
                          vf_arena_cstr(&a, to),
                          vf_arena_cstr(&a, from),
                          NULL};
    enum vf_status st = VF_OK;
    for (size_t i = 0; i + 1 < VF_COUNT(argv); i++)
        if (!argv[i])
            st = vf_err_nomem(err);
    struct vf_spawn s = {.argv = argv, .timeout_ms = 3600u * 1000};
    if (st == VF_OK)
        st = vf_spawn_run(&s, hooks, &a, &r, err);
    if (st == VF_OK && (r.exec_errno || r.signal || r.timed_out || r.exit_code > 1))
        st = vf_err_set(err, VF_TOOL_FAILED, r.exec_errno, "run", interpreter,
                        "compiling the installed files failed");
    vf_buf_release(&jobs);
    vf_arena_release(&a);
    return st;
}

enum vf_status vf_install_compile(const struct vf_site *site, struct vf_slice interpreter,
                                  struct vf_slice root, const struct vf_hooks *hooks, struct vf_err *err)
{
    enum vf_status st = compile_dir(site, interpreter, root, site->purelib, hooks, err);
    if (st == VF_OK && !vf_slice_eq(site->purelib, site->platlib))
        st = compile_dir(site, interpreter, root, site->platlib, hooks, err);
    return st;
}
