/* read.c: one file into facts: the syntaxes that can occur in it, every place that its other bytes name, and,
 * where asked, whether its RECORD row is true. Hash and search share one read; buffers are fixed, whatever
 * the size of the file. */
#include "env/env_internal.h"

#include <stdlib.h>
#include <string.h>

#define HEAD        8192u          /* classified and looked at for NUL */
#define WINDOW      VF_READ_BUFFER /* bytes of one read; larger than the overlap that a search needs */
#define HITS_KEPT   20000u         /* per file; more are counted, and the file is not edited as text */
#define HEADER_HEAD ((size_t)64 << 10)

struct reading {
    const struct vf_read_job *job;
    struct vf_file *f;
    struct vf_vec hits;     /* struct vf_hit */
    struct vf_cover claims; /* of the references known when the first hit came: all but an ELF file's */
    bool elf, has_claims;
};

/* ---- syntaxes ---- */

/* A header outside BIN matters only when it names a place that is ours: published files are full of others.
 */
static bool worth_keeping(const struct vf_read_job *job, const struct vf_file *f, const struct vf_ref *r)
{
    if (r->syntax != VF_SYN_HEADER || (f->flags & VF_FILE_IN_BIN))
        return true;
    struct vf_location loc;
    struct vf_err err;
    vf_err_init(&err);
    bool keep = job->env->prefixes && vf_env_locate_ref(job->env, r, job->a, &loc, &err) == VF_OK &&
                loc.prefix != VF_NONE;
    vf_err_release(&err);
    return keep;
}

static enum vf_status keep_refs(const struct vf_read_job *job, struct vf_file *f,
                                const struct vf_read_out *out, struct vf_err *err)
{
    size_t n = f->facts.n_refs + out->refs.n, m = f->facts.n_flaws + out->flaws.n;
    struct vf_ref *refs = vf_arena_array(job->a, n + 1, sizeof *refs);
    struct vf_flaw *flaws = vf_arena_array(job->a, m + 1, sizeof *flaws);
    if (!refs || !flaws)
        return vf_err_nomem(err);
    uint32_t index = (uint32_t)(f - job->env->files), kept = f->facts.n_refs;
    if (f->facts.n_refs)
        memcpy(refs, f->facts.refs, f->facts.n_refs * sizeof *refs);
    if (f->facts.n_flaws)
        memcpy(flaws, f->facts.flaws, f->facts.n_flaws * sizeof *flaws);
    for (size_t i = 0; i < out->refs.n; i++) {
        struct vf_ref *r = VF_VEC_AT(struct vf_ref, &out->refs, i);
        if (!worth_keeping(job, f, r))
            continue;
        r->file = index;
        refs[kept++] = *r;
    }
    for (size_t i = 0; i < out->flaws.n; i++) {
        flaws[f->facts.n_flaws + i] = *VF_VEC_AT(struct vf_flaw, &out->flaws, i);
        flaws[f->facts.n_flaws + i].file = index;
    }
    f->facts.refs = refs;
    f->facts.flaws = flaws;
    f->facts.n_refs = kept;
    f->facts.n_flaws = (uint32_t)m;
    return VF_OK;
}

enum vf_status vf_env_read_syntax(const struct vf_read_job *job, struct vf_file *f, enum vf_syntax s,
                                  struct vf_slice bytes, struct vf_err *err)
{
    struct vf_read_out out = {.a = job->a};
    struct vf_source src = vf_env_source(job->env, f->path, bytes);
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st = vf_syntax_read(s, &src, &out, &why);
    if (st == VF_MALFORMED || st == VF_LIMIT) {
        vf_file_unexamined(f, st, 0, "not in a form that is understood");
        st = VF_OK;
    } else if (st != VF_OK) {
        vf_err_set(err, why.code, why.sys, "read", f->path, "%s", why.detail);
    }
    vf_err_release(&why);
    return st == VF_OK ? keep_refs(job, f, &out, err) : st;
}

enum vf_status vf_env_read_syntaxes(const struct vf_read_job *job, struct vf_file *f, struct vf_slice bytes,
                                    struct vf_err *err)
{
    enum vf_status st = VF_OK;
    if (f->st.kind == VF_KIND_LINK)
        return vf_env_read_syntax(job, f, VF_SYN_LINK, bytes, err);
    f->syntaxes = vf_syntax_classify(f->path, vf_slice_sub(bytes, 0, HEAD), f->flags & VF_FILE_IN_BIN);
    for (int s = 0; s < VF_SYN_COUNT && st == VF_OK; s++) {
        if (!(f->syntaxes & (1u << s)))
            continue;
        if (bytes.n > vf_syntax_cap((enum vf_syntax)s) && s != VF_SYN_HEADER)
            vf_file_unexamined(f, VF_LIMIT, 0, "larger than such a file can be");
        else
            st = vf_env_read_syntax(job, f, (enum vf_syntax)s, bytes, err);
    }
    return st;
}

/* ---- contents ---- */

void vf_read_tools_release(struct vf_read_tools *tools)
{
    free(tools->buffer);
    vf_tree_near_leave(&tools->near);
    vf_row_hasher_release(&tools->hasher);
    *tools = (struct vf_read_tools){0};
}

static enum vf_status on_hit(void *ctx, const struct vf_hit *hit, struct vf_err *err)
{
    struct reading *r = ctx;
    if (!r->has_claims && !vf_env_claims(r->f, r->job->a, &r->claims))
        return vf_err_nomem(err);
    r->has_claims = true;
    if (vf_cover_has(&r->claims, hit->off))
        return VF_OK;
    r->f->facts.hits_total++;
    if (r->hits.n >= HITS_KEPT) {
        r->f->flags |= VF_FILE_HITS_CUT;
        return VF_OK;
    }
    struct vf_hit *h = vf_vec_push(r->job->a, &r->hits, sizeof *h);
    if (!h)
        return vf_err_nomem(err);
    *h = *hit;
    return VF_OK;
}

/* One read; a file may be so large that nobody wants to wait for its end. */
static enum vf_status read_some(const struct vf_read_job *job, struct vf_reader *rd, char *buf, size_t cap,
                                size_t *got, struct vf_err *err)
{
    *got = 0;
    if (vf_hooks_cancelled(job->env->params.hooks))
        return vf_err_set(err, VF_INTERRUPTED, 0, NULL, VF_S(""), "stopped on request");
    return vf_reader_read(rd, buf, cap, got, err);
}

/* Reads until the buffer is full or the file ends. */
static enum vf_status fill(const struct vf_read_job *job, struct vf_reader *rd, size_t *n, bool *eof,
                           struct vf_err *err)
{
    *eof = false;
    while (*n < WINDOW) {
        size_t got;
        enum vf_status st = read_some(job, rd, job->tools->buffer + *n, WINDOW - *n, &got, err);
        if (st != VF_OK)
            return st;
        if (!got) {
            *eof = true;
            return VF_OK;
        }
        *n += got;
    }
    return VF_OK;
}

static uint64_t largest_cap(uint32_t set)
{
    uint64_t cap = 0;
    for (int s = 0; s < VF_SYN_COUNT; s++)
        if (set & (1u << s) && vf_syntax_cap((enum vf_syntax)s) > cap)
            cap = vf_syntax_cap((enum vf_syntax)s);
    return cap;
}

/* Thousands of files begin with `#!`, and of few of them anything is kept: the bytes only of those. */
static enum vf_status read_header(struct reading *r, struct vf_slice head, struct vf_err *err)
{
    struct vf_file *f = r->f;
    struct vf_facts before = f->facts;
    struct vf_read_job trial = *r->job;
    struct vf_arena scratch;
    vf_arena_init(&scratch);
    trial.a = &scratch;
    enum vf_status st = vf_env_read_syntaxes(&trial, f, head, err);
    bool any = f->facts.n_refs > before.n_refs || f->facts.n_flaws > before.n_flaws;
    f->facts = before;
    vf_arena_release(&scratch);
    if (st != VF_OK || !any)
        return st;
    struct vf_slice kept = vf_arena_dup(r->job->a, head);
    return kept.p ? vf_env_read_syntaxes(r->job, f, kept, err) : vf_err_nomem(err);
}

/* The syntaxes of a file that was no voter, found by its head. The bytes are kept only when one of them needs
 * them. */
static enum vf_status syntaxes_of(struct reading *r, struct vf_slice first, bool whole, struct vf_err *err)
{
    struct vf_file *f = r->f;
    uint32_t set = vf_syntax_classify(f->path, vf_slice_sub(first, 0, HEAD), f->flags & VF_FILE_IN_BIN);
    f->syntaxes = set;
    if (!set)
        return VF_OK;
    struct vf_slice bytes;
    if (set == (1u << VF_SYN_HEADER))
        return read_header(r, vf_slice_sub(first, 0, HEADER_HEAD), err);
    if (whole) {
        bytes = vf_arena_dup(r->job->a, first);
    } else {
        enum vf_status st = vf_tree_read(r->job->tree, f->path, largest_cap(set), r->job->a, &bytes, err);
        if (st == VF_LIMIT) {
            vf_err_clear(err);
            vf_file_unexamined(f, VF_LIMIT, 0, "larger than such a file can be");
            return VF_OK;
        }
        if (st != VF_OK)
            return st;
    }
    return bytes.p ? vf_env_read_syntaxes(r->job, f, bytes, err) : vf_err_nomem(err);
}

static enum vf_status first_window(struct reading *r, struct vf_reader *rd, struct vf_search_state *state,
                                   struct vf_slice first, bool eof, struct vf_err *err)
{
    state->binary = first.n && memchr(first.p, 0, first.n < HEAD ? first.n : HEAD) != NULL;
    if (state->binary)
        r->f->flags |= VF_FILE_BINARY;
    r->elf = vf_elf_is(first);
    if (r->elf && r->f->st.mode & 0111 && vf_reader_has_capability(rd))
        r->f->flags |= VF_FILE_CAPABILITY;
    enum vf_status st = VF_OK;
    if (r->elf && eof)
        st = vf_env_read_elf_object(r->job, r->f, first, NULL, err);
    return st != VF_OK || r->f->flags & VF_FILE_EVIDENCE ? st : syntaxes_of(r, first, eof, err);
}

static bool is_zero(const char *p, size_t n)
{
    return !n || (!p[0] && !p[n - 1] && !memcmp(p, p + 1, n - 1));
}

/* Nothing is found in a hole. What the search wants to see again in front of it is zero, too, and so the same
 * a hole further on. */
static void skip_hole(const struct vf_row_check *check, struct vf_reader *rd, const char *kept, size_t n,
                      struct vf_search_state *state)
{
    if (!check->hasher && is_zero(kept, n))
        state->base += vf_reader_skip_hole(rd);
}

static enum vf_status search_forbidden(struct reading *r, struct vf_needle_state *st, uint64_t base,
                                       struct vf_slice window, struct vf_err *err)
{
    if (!r->job->needles)
        return VF_OK;
    enum vf_status done = vf_needles_scan(r->job->needles, st, base, window, err);
    r->f->facts.forbidden = st->count;
    r->f->facts.forbidden_string = st->needle;
    r->f->facts.forbidden_off = st->first;
    return done;
}

/* How many of the n bytes of a window the next one does not repeat: as many as the search for prefixes has
 * gone on (`searched`), or without it all but what a string may begin with. */
static size_t next_window(const struct vf_read_job *job, size_t n, size_t searched)
{
    size_t overlap = job->needles ? vf_needles_overlap(job->needles) : 0;
    if (job->searcher)
        return searched;
    return n > overlap ? n - overlap : 0;
}

static enum vf_status search_file(struct reading *r, struct vf_reader *rd, struct vf_row_check *check,
                                  struct vf_err *err)
{
    const struct vf_searcher *s = r->job->searcher;
    char *buf = r->job->tools->buffer;
    size_t n = 0;
    struct vf_search_state state = {0};
    struct vf_needle_state forbidden = {0};
    bool eof = false, first = true;
    while (!eof) {
        size_t had = n;
        enum vf_status st = fill(r->job, rd, &n, &eof, err);
        if (st != VF_OK)
            return st;
        vf_row_check_update(check, (struct vf_slice){buf + had, n - had});
        struct vf_slice window = {buf, n};
        if (first && (st = first_window(r, rd, &state, window, eof, err)) != VF_OK)
            return st;
        first = false;
        state.last = eof;
        uint64_t began = state.base;
        if ((st = search_forbidden(r, &forbidden, began, window, err)) != VF_OK)
            return st;
        if (s && (st = vf_search_window(s, &state, window, r->job->a, on_hit, r, err)) != VF_OK)
            return st;
        if (eof)
            return VF_OK;
        size_t gone = next_window(r->job, n, (size_t)(state.base - began));
        state.base = began + gone;
        memmove(buf, buf + gone, n - gone);
        n -= gone;
        skip_hole(check, rd, buf, n, &state);
    }
    return VF_OK;
}

/* A second read, for the few files with hits whose row decides how loud they are. */
static enum vf_status hash_again(const struct vf_read_job *job, struct vf_file *f, struct vf_err *err)
{
    char *buf = job->tools->buffer;
    struct vf_row_check check;
    struct vf_reader *rd = NULL;
    enum vf_status st = vf_row_check_begin(&check, &job->tools->hasher, job->env, f, err);
    if (st == VF_OK && check.hasher)
        st = vf_tree_open_near(job->tree, &job->tools->near, f->path, &f->st, &rd, err);
    for (size_t got = 1; st == VF_OK && rd && got;) {
        st = read_some(job, rd, buf, WINDOW, &got, err);
        if (st == VF_OK)
            vf_row_check_update(&check, (struct vf_slice){buf, got});
    }
    vf_reader_close(rd);
    vf_row_check_end(&check, f, st == VF_OK);
    return st;
}

static bool wants_contents(const struct vf_file *f)
{
    return f->st.kind == VF_KIND_FILE && !(f->flags & VF_FILE_JOURNAL);
}

static enum vf_status read_open_file(struct reading *r, struct vf_reader *rd, struct vf_err *err)
{
    struct vf_row_check check = {0};
    enum vf_status st = VF_OK;
    if (r->job->hash)
        st = vf_row_check_begin(&check, &r->job->tools->hasher, r->job->env, r->f, err);
    if (st == VF_OK)
        st = search_file(r, rd, &check, err);
    if (st == VF_OK && r->elf && !r->f->facts.elf)
        st = vf_env_read_elf_object(r->job, r->f, (struct vf_slice){NULL, 0}, rd, err);
    if (r->job->hash)
        vf_row_check_end(&check, r->f, st == VF_OK);
    return st;
}

bool vf_env_row_has_hash(const struct vf_env *env, const struct vf_file *f)
{
    return f->dist != VF_NONE && f->row != VF_NONE && env->dists[f->dist].record.rows[f->row].digest.n > 0;
}

/* Nearly no row of a compiled file has a hash, and then nothing is to be read. */
static bool wants_hash(const struct vf_read_job *job, const struct vf_file *f)
{
    return job->hash && vf_env_row_has_hash(job->env, f);
}

enum vf_status vf_env_read_contents(const struct vf_read_job *job, struct vf_file *f, struct vf_err *err)
{
    if (!wants_contents(f) || f->unexamined != VF_OK)
        return VF_OK;
    struct reading r = {.job = job, .f = f};
    struct vf_read_job quiet = *job;
    if (f->flags & VF_FILE_PYC) {
        quiet.searcher = NULL;
        r.job = &quiet;
    }
    struct vf_read_tools *tools = job->tools;
    struct vf_reader *rd = NULL;
    struct vf_err why;
    if (!tools->buffer && !(tools->buffer = malloc(WINDOW)))
        return vf_err_nomem(err);
    vf_err_init(&why);
    enum vf_status st = f->flags & VF_FILE_PYC ? vf_env_read_pyc(job, f, &why) : VF_OK;
    if (st == VF_OK && (!(f->flags & VF_FILE_PYC) || job->needles || wants_hash(job, f))) {
        st = vf_tree_open_near(job->tree, &tools->near, f->path, &f->st, &rd, &why);
        if (st == VF_OK)
            st = read_open_file(&r, rd, &why);
        vf_reader_close(rd);
        if (st == VF_OK && r.elf && r.hits.n)
            st = vf_env_read_elf(job, f, &r.hits, &why);
    }
    f->facts.hits = r.hits.base;
    f->facts.n_hits = (uint32_t)r.hits.n;
    if (st == VF_OK && r.hits.n && f->dist != VF_NONE && !(f->flags & VF_FILE_HASHED))
        st = hash_again(job, f, &why);
    if (st == VF_NO_MEMORY || st == VF_INTERNAL || st == VF_INTERRUPTED) {
        vf_err_set(err, why.code, why.sys, "read", f->path, "%s", why.detail);
    } else if (st != VF_OK) {
        vf_file_unexamined(f, st == VF_NOT_FOUND ? VF_CHANGED : st, why.sys,
                           st == VF_LIMIT ? "too slow to search" : NULL);
        st = VF_OK;
    }
    vf_err_release(&why);
    return st;
}
