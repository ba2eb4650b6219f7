/* build_read.c: one file of a distribution on its way into a wheel: is it what RECORD says, and does it name
 * a place of the environment? */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "syntax/header.h"
#include "wheel/build_parts.h"

enum { WINDOW = 512 << 10, HEAD = 8192, SCRIPT_MAX = 16 << 20 };

/* --- places --- */

static enum vf_status places_fill(struct vf_rebuild_dirs *p, struct vf_arena *a, struct vf_err *err)
{
    size_t n = 0;
    p->v = vf_arena_array(a, p->env->n_prefixes + 1, sizeof *p->v);
    p->window = malloc(WINDOW);
    if (!p->v || !p->window)
        return vf_err_nomem(err);
    for (size_t i = 0; i < p->env->n_prefixes; i++)
        if (p->env->prefixes[i].kind != VF_PREFIX_LIVE)
            p->v[n++] = p->env->prefixes[i].prefix;
    return n > 0 ? vf_searcher_new(p->v, n, &p->searcher, err) : VF_OK;
}

enum vf_status vf_rebuild_dirs_make(const struct vf_env *env, struct vf_arena *a, struct vf_rebuild_dirs *out,
                                    struct vf_err *err)
{
    *out = (struct vf_rebuild_dirs){.env = env};
    enum vf_status st = places_fill(out, a, err);
    if (st != VF_OK)
        vf_rebuild_dirs_release(out);
    return st;
}

void vf_rebuild_dirs_release(struct vf_rebuild_dirs *p)
{
    vf_searcher_free(p->searcher);
    free(p->window);
    p->searcher = NULL;
    p->window = NULL;
}

struct hits {
    const struct vf_rebuild_dirs *p;
    struct vf_slice path;
};

/* `/venv` in a sentence is no place of this environment; `/venv/bin/x` is, when there is one. */
static enum vf_status on_hit(void *ctx, const struct vf_hit *hit, struct vf_err *err)
{
    const struct hits *h = ctx;
    const struct vf_prefix *prefix = &h->p->v[hit->prefix];
    if (!vf_prefix_distinctive(prefix) && (hit->rest.n == 0 || !vf_env_has(h->p->env, hit->rest)))
        return VF_OK;
    return vf_err_set(err, VF_UNWRITABLE, 0, "rebuild", h->path,
                      "it names '%.*s' (line %u), a path of this environment, which no wheel may",
                      (int)(prefix->path.n < 200 ? prefix->path.n : 200), prefix->path.p,
                      (unsigned)hit->line);
}

/* --- a file in windows --- */

struct reading {
    struct vf_hasher *row, *sha; /* row: NULL when it has no hash, or is sha256, too */
    struct vf_rebuild_member *m;
    struct vf_reader *reader;
    char *buf;
    size_t n;
    bool eof;
};

static enum vf_status fill(struct reading *r, struct vf_err *err)
{
    while (r->n < WINDOW && !r->eof) {
        size_t got;
        enum vf_status st = vf_reader_read(r->reader, r->buf + r->n, WINDOW - r->n, &got, err);
        if (st != VF_OK)
            return st;
        struct vf_slice piece = {r->buf + r->n, got};
        r->eof = got == 0;
        r->n += got;
        r->m->size += got;
        r->m->crc = vf_zip_crc(r->m->crc, piece);
        vf_hasher_update(r->sha, piece);
        if (r->row)
            vf_hasher_update(r->row, piece);
    }
    return VF_OK;
}

static enum vf_status read_windows(const struct vf_rebuild_dirs *p, struct reading *r, struct vf_err *err)
{
    struct hits h = {p, r->m->path};
    struct vf_search_state state = {0};
    struct vf_arena a;
    enum vf_status st = VF_OK;
    vf_arena_init(&a);
    for (bool first = true; st == VF_OK; first = false) {
        st = fill(r, err);
        if (st != VF_OK)
            break;
        if (first)
            state.binary = memchr(r->buf, 0, r->n < HEAD ? r->n : HEAD) != NULL;
        uint64_t began = state.base;
        state.last = r->eof;
        if (p->searcher)
            st = vf_search_window(p->searcher, &state, (struct vf_slice){r->buf, r->n}, &a, on_hit, &h, err);
        if (st != VF_OK || r->eof)
            break;
        size_t gone = p->searcher ? (size_t)(state.base - began) : r->n;
        memmove(r->buf, r->buf + gone, r->n - gone);
        r->n -= gone;
        vf_arena_clear(&a);
    }
    vf_arena_release(&a);
    return st;
}

static bool has_hash(const struct vf_record_row *row)
{
    return row->digest.n > 0;
}

static void judge(const struct vf_record_row *row, struct vf_slice digest, uint64_t size,
                  enum vf_rebuild_match *match)
{
    bool same = vf_record_digest_is(row, digest) && (!row->has_size || row->size == size);
    *match = !has_hash(row) ? VF_MATCH_NO_HASH : same ? VF_MATCH_TRUE : VF_MATCH_FALSE;
}

enum vf_status vf_rebuild_read(const struct vf_rebuild_dirs *p, struct vf_rebuild_member *m,
                               const struct vf_record_row *row, enum vf_rebuild_match *match,
                               struct vf_slice *whole, struct vf_err *err)
{
    unsigned char sum[VF_DIGEST_MAX];
    struct reading r = {.m = m, .buf = p->window};
    enum vf_status st = vf_hasher_new(VF_S("sha256"), &r.sha, err);
    bool other = has_hash(row) && !vf_slice_eq(row->alg, VF_S("sha256"));
    if (st == VF_OK && other)
        st = vf_hasher_new(row->alg, &r.row, err);
    if (st == VF_OK)
        st = vf_tree_open(p->env->tree, m->path, &r.reader, err);
    if (st == VF_OK)
        st = read_windows(p, &r, err);
    if (st == VF_OK) {
        struct vf_slice digest = {(char *)m->sha256, vf_hasher_final(r.sha, sum)};
        memcpy(m->sha256, sum, sizeof m->sha256);
        if (other)
            digest = (struct vf_slice){(char *)sum, vf_hasher_final(r.row, sum)};
        judge(row, digest, m->size, match);
    }
    if (whole)
        *whole = st == VF_OK && r.n == m->size ? (struct vf_slice){r.buf, r.n} : (struct vf_slice){NULL, 0};
    vf_reader_close(r.reader);
    vf_hasher_free(r.row);
    vf_hasher_free(r.sha);
    return st;
}

/* --- scripts --- */

enum vf_status vf_rebuild_measure(const struct vf_rebuild_dirs *p, struct vf_rebuild_member *m,
                                  struct vf_err *err)
{
    struct hits h = {p, m->path.n > 0 ? m->path : m->name};
    struct vf_arena a;
    enum vf_status st = VF_OK;
    m->size = m->bytes.n;
    m->crc = vf_zip_crc(0, m->bytes);
    if (!vf_sha256(m->bytes, m->sha256))
        return vf_err_set(err, VF_INTERNAL, 0, "hash", m->name, "no sha256 to be had");
    if (!p || !p->searcher || m->bytes.n == 0)
        return VF_OK;
    vf_arena_init(&a);
    struct vf_search_state state = {
        .last = true, .binary = memchr(m->bytes.p, 0, m->bytes.n < HEAD ? m->bytes.n : HEAD) != NULL};
    st = vf_search_window(p->searcher, &state, m->bytes, &a, on_hit, &h, err);
    vf_arena_release(&a);
    return st;
}

static bool digest_is(const struct vf_record_row *row, struct vf_slice bytes)
{
    unsigned char sum[VF_DIGEST_MAX];
    struct vf_err err = {0};
    struct vf_hasher *h = NULL;
    bool same = false;
    if (has_hash(row) && (!row->has_size || row->size == bytes.n) &&
        vf_hasher_new(row->alg, &h, &err) == VF_OK) {
        vf_hasher_update(h, bytes);
        same = vf_record_digest_is(row, (struct vf_slice){(char *)sum, vf_hasher_final(h, sum)});
    }
    vf_hasher_free(h);
    vf_err_release(&err);
    return same;
}

/* Was it this script with a header for `path`, as installers write them (forms A, B and D)? `tail`: all
 * behind the placeholder. */
static bool was_written_for(const struct vf_record_row *row, struct vf_slice path, struct vf_slice tail)
{
    static const char *const around[][2] = {{"#!", ""},
                                            {"#!/bin/sh\n'''exec' \"", "\" \"$0\" \"$@\"\n' '''"},
                                            {"#!/bin/sh\n'''exec' '", "' \"$0\" \"$@\"\n' '''"}};
    struct vf_buf b = {0};
    bool same = false;
    for (size_t i = 0; i < VF_COUNT(around) && !same; i++) {
        vf_buf_clear(&b);
        vf_buf_puts(&b, around[i][0]);
        vf_buf_put(&b, path);
        vf_buf_puts(&b, around[i][1]);
        vf_buf_put(&b, tail);
        same = !b.failed && digest_is(row, vf_buf_slice(&b));
    }
    vf_buf_release(&b);
    return same;
}

static bool matches_elsewhere(const struct vf_rebuild_dirs *p, const struct vf_record_row *row,
                              struct vf_slice name, struct vf_slice tail)
{
    const struct vf_env *env = p->env;
    struct vf_slice names[] = {name, VF_S("python"), VF_S("python3"), {NULL, 0}};
    struct vf_buf b = {0}, versioned = {0};
    bool same = false;
    vf_buf_puts(&versioned, "python3.");
    vf_buf_put_u64(&versioned, env->py.minor);
    names[3] = vf_buf_slice(&versioned);
    for (size_t i = 0; i < env->n_prefixes && !same; i++)
        for (size_t k = 0; k < VF_COUNT(names) && !same; k++) {
            vf_buf_clear(&b);
            vf_path_join_buf(&b, env->prefixes[i].prefix.path, env->bin);
            vf_buf_putc(&b, '/');
            vf_buf_put(&b, names[k]);
            same = !b.failed && was_written_for(row, vf_buf_slice(&b), tail);
        }
    vf_buf_release(&b);
    vf_buf_release(&versioned);
    return same;
}

/* The script with its placeholder; `tail` gets what follows it. False: no Python header of an installer. */
static enum vf_status to_placeholder(const struct vf_source *src, const struct vf_ref *ref,
                                     struct vf_arena *a, struct vf_slice *bytes, struct vf_slice *tail,
                                     struct vf_err *err)
{
    struct vf_buf b = {0};
    enum vf_status st = vf_header_put_placeholder(ref, src, &b, err);
    size_t word = vf_slice_starts(vf_buf_slice(&b), VF_S("#!pythonw")) ? 9 : 8;
    vf_buf_put(&b, vf_slice_from(src->bytes, (size_t)(ref->off + ref->len)));
    *bytes = vf_arena_dup(a, vf_buf_slice(&b));
    *tail = vf_slice_from(*bytes, word);
    if (st == VF_OK && (b.failed || !bytes->p))
        st = vf_err_nomem(err);
    vf_buf_release(&b);
    return st;
}

enum vf_status vf_rebuild_read_script(const struct vf_rebuild_dirs *p, struct vf_rebuild_member *m,
                                      const struct vf_record_row *row, struct vf_arena *a,
                                      enum vf_rebuild_match *match, struct vf_err *err)
{
    struct vf_slice bytes, tail;
    struct vf_arena scratch;
    vf_arena_init(&scratch);
    struct vf_read_out refs = {.a = &scratch};
    enum vf_status st = vf_tree_read(p->env->tree, m->path, SCRIPT_MAX, &scratch, &bytes, err);
    if (st == VF_LIMIT) { /* a program, then, that has no header to be put back */
        vf_err_clear(err);
        vf_arena_release(&scratch);
        return vf_rebuild_read(p, m, row, match, NULL, err);
    }
    struct vf_source src = vf_env_source(p->env, m->path, bytes);
    if (st == VF_OK)
        st = vf_syntax_read(VF_SYN_HEADER, &src, &refs, err);
    const struct vf_ref *ref = refs.refs.n > 0 ? VF_VEC_AT(const struct vf_ref, &refs.refs, 0) : NULL;
    bool python = st == VF_OK && ref && vf_header_is_python(ref);
    m->bytes = bytes;
    if (python)
        st = to_placeholder(&src, ref, a, &m->bytes, &tail, err);
    if (st == VF_OK)
        st = vf_rebuild_measure(p, m, err);
    if (st == VF_OK) {
        bool same =
            digest_is(row, bytes) ||
            (python && (digest_is(row, m->bytes) ||
                        matches_elsewhere(p, row, vf_path_base(ref->raw.n ? ref->raw : ref->value), tail)));
        *match = same ? VF_MATCH_TRUE : has_hash(row) ? VF_MATCH_FALSE : VF_MATCH_NO_HASH;
    }
    if (!python)
        m->bytes = (struct vf_slice){NULL, 0};
    vf_arena_release(&scratch);
    return st;
}
