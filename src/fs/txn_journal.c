/* txn_journal.c: the journal's text, both directions.
 *
 * A journal may come with an archive or a copy, so the parser takes nothing on trust: fixed order, canonical
 * numbers and escapes, a digest over the whole, paths that stay inside. Whether it belongs to this directory
 * is decided elsewhere. */
#include "fs/txn_journal.h"

#include <string.h>

#include "base/digest.h"
#include "base/escape.h"
#include "base/path.h"
#include "fs/txn.h"

static const char *const verbs[] = {"fix", "move"};
static const char *const edit_words[] = {[VF_EDIT_SPLICE] = "splice",
                                         [VF_EDIT_WRITE] = "write",
                                         [VF_EDIT_LINK] = "link",
                                         [VF_EDIT_DELETE] = "delete"};

bool vf_journal_path_ok(struct vf_slice path)
{
    static const char journal[] = VF_TXN_DIR;
    if (path.n == 0 || vf_path_is_abs(path) || !vf_path_is_clean(path) || memchr(path.p, 0, path.n))
        return false;
    if (vf_slice_eq(path, VF_S(".")) || vf_slice_eq(path, VF_S("..")) || vf_slice_starts(path, VF_S("../")))
        return false;
    return !vf_path_under(vf_slice_of(journal), path, NULL);
}

/* --- writing --- */

static void put_path(struct vf_buf *out, const char *key, struct vf_slice path)
{
    vf_buf_puts(out, key);
    vf_buf_putc(out, ' ');
    vf_percent_encode(out, path, "");
    vf_buf_putc(out, '\n');
}

static void put_u64(struct vf_buf *out, const char *key, uint64_t v)
{
    vf_buf_puts(out, key);
    vf_buf_putc(out, ' ');
    vf_buf_put_u64(out, v);
    vf_buf_putc(out, '\n');
}

static void put_sum(struct vf_buf *out, const char *key, const unsigned char sum[32])
{
    vf_buf_puts(out, key);
    vf_buf_putc(out, ' ');
    vf_hex_put(out, (struct vf_slice){(const char *)sum, 32});
    vf_buf_putc(out, '\n');
}

static void put_file(struct vf_buf *out, const char *key, const struct vf_jfile *f)
{
    vf_buf_puts(out, key);
    vf_buf_puts(out, f->kind == VF_KIND_FILE ? " file\n" : f->kind == VF_KIND_LINK ? " link\n" : " none\n");
    if (f->kind == VF_KIND_NONE)
        return;
    put_u64(out, "ino", f->ino);
    put_u64(out, "size", f->size);
    if (f->mtime_s < 0) { /* 0 - x: also right for INT64_MIN */
        vf_buf_puts(out, "mtime -");
        vf_buf_put_u64(out, 0 - (uint64_t)f->mtime_s);
        vf_buf_putc(out, '\n');
    } else {
        put_u64(out, "mtime", (uint64_t)f->mtime_s);
    }
    put_u64(out, "mtime-ns", f->mtime_ns);
    put_sum(out, "sha256", f->sum);
}

static void put_head(struct vf_buf *out, const struct vf_journal *j)
{
    vf_buf_puts(out, "venvfix-journal 2\nverb ");
    vf_buf_puts(out, j->verb);
    vf_buf_putc(out, '\n');
    put_u64(out, "root", j->root_ino);
    put_u64(out, "dir", j->dir_ino);
    put_u64(out, "lock", j->lock.ino);
    put_u64(out, "lock-changed", j->lock.changed_ns);
    put_u64(out, "lock-born", j->lock.born_ns);
    put_u64(out, "retire", j->retire_ino);
    put_sum(out, "token", j->token);
    put_sum(out, "copied", j->copied);
    put_path(out, "from", j->from);
    put_path(out, "to", j->to);
    put_u64(out, "edits", j->n);
}

void vf_journal_put(struct vf_buf *out, const struct vf_journal *j, const struct vf_key *key)
{
    unsigned char sum[32];
    put_head(out, j);
    for (size_t i = 0; i < j->n; i++) {
        const struct vf_jedit *e = &j->v[i];
        vf_buf_puts(out, "edit ");
        vf_buf_puts(out, edit_words[e->kind]);
        vf_buf_putc(out, '\n');
        put_path(out, "path", e->path);
        put_file(out, "old", &e->was);
        put_file(out, "new", &e->is);
    }
    bool keyed = key && key->known;
    if (keyed && !vf_hmac_sha256(key->secret, vf_buf_slice(out), sum))
        out->failed = true;
    put_sum(out, "mac", keyed ? sum : j->mac);
    if (out->failed || !vf_sha256(vf_buf_slice(out), sum)) {
        out->failed = true;
        return;
    }
    put_sum(out, "end", sum);
}

/* --- parsing --- */

struct parser {
    struct vf_slice rest;
    struct vf_arena *a;
    struct vf_buf tmp, again; /* scratch: decoded, and encoded once more */
    const char *bad;          /* first thing that is wrong */
    bool no_memory;
};

static bool reject(struct parser *p, const char *why)
{
    if (!p->bad)
        p->bad = why;
    return false;
}

/* The value of the next line, whose key must be this one. */
static bool field(struct parser *p, const char *key, struct vf_slice *value)
{
    struct vf_slice line, k = vf_slice_of(key);
    size_t end = vf_slice_find_byte(p->rest, '\n', 0);
    if (p->bad)
        return false;
    if (end == VF_NPOS)
        return reject(p, "it ends in the middle");
    line = vf_slice_sub(p->rest, 0, end);
    if (!vf_slice_starts(line, k) || line.n <= k.n || line.p[k.n] != ' ')
        return reject(p, "a line is not the one that belongs there");
    p->rest = vf_slice_from(p->rest, end + 1);
    *value = vf_slice_from(line, k.n + 1);
    return true;
}

static bool number(struct parser *p, struct vf_slice s, uint64_t *out)
{
    if ((s.n > 1 && s.p[0] == '0') || !vf_slice_to_u64(s, out))
        return reject(p, "a number is malformed");
    return true;
}

static bool field_u64(struct parser *p, const char *key, uint64_t *out)
{
    struct vf_slice v = {0};
    return field(p, key, &v) && number(p, v, out);
}

static bool field_time(struct parser *p, struct vf_jfile *f)
{
    struct vf_slice v = {0};
    uint64_t n = 0, ns = 0;
    if (!field(p, "mtime", &v))
        return false;
    bool minus = v.n > 0 && v.p[0] == '-';
    if (!number(p, vf_slice_from(v, minus ? 1 : 0), &n) || !field_u64(p, "mtime-ns", &ns))
        return false;
    if (n > (uint64_t)INT64_MAX + (minus ? 1 : 0) || (minus && n == 0) || ns > 999999999)
        return reject(p, "a time is malformed");
    f->mtime_s = minus ? -(int64_t)(n - 1) - 1 : (int64_t)n;
    f->mtime_ns = (uint32_t)ns;
    return true;
}

/* An escape that is not the one we write would be a second name for the same path. */
static bool field_path(struct parser *p, const char *key, struct vf_slice *out)
{
    struct vf_slice v = {0};
    if (!field(p, key, &v))
        return false;
    vf_buf_clear(&p->tmp);
    vf_buf_clear(&p->again);
    vf_percent_decode(&p->tmp, v);
    vf_percent_encode(&p->again, vf_buf_slice(&p->tmp), "");
    if (p->tmp.failed || p->again.failed)
        return p->no_memory = true, false;
    if (!vf_slice_eq(vf_buf_slice(&p->again), v))
        return reject(p, "a path is not escaped as it should be");
    *out = vf_arena_dup(p->a, vf_buf_slice(&p->tmp));
    if (!out->p)
        return p->no_memory = true, false;
    return true;
}

static bool field_place(struct parser *p, const char *key, struct vf_slice *out)
{
    if (!field_path(p, key, out))
        return false;
    if (!vf_path_is_abs(*out) || memchr(out->p, 0, out->n))
        return reject(p, "a path is not absolute");
    return true;
}

static bool field_sum(struct parser *p, const char *key, unsigned char sum[32])
{
    struct vf_slice v = {0};
    if (!field(p, key, &v))
        return false;
    vf_buf_clear(&p->tmp);
    vf_buf_clear(&p->again);
    if (!vf_hex_get(&p->tmp, v) || p->tmp.n != 32)
        return reject(p, "a hash is malformed");
    vf_hex_put(&p->again, vf_buf_slice(&p->tmp));
    if (!vf_slice_eq(vf_buf_slice(&p->again), v))
        return reject(p, "a hash is malformed");
    memcpy(sum, p->tmp.p, 32);
    return true;
}

static bool field_file(struct parser *p, const char *key, struct vf_jfile *f)
{
    struct vf_slice v = {0};
    if (!field(p, key, &v))
        return false;
    if (vf_slice_eq(v, VF_S("none")))
        return true;
    if (vf_slice_eq(v, VF_S("file")))
        f->kind = VF_KIND_FILE;
    else if (vf_slice_eq(v, VF_S("link")))
        f->kind = VF_KIND_LINK;
    else
        return reject(p, "a kind of file is unknown");
    return field_u64(p, "ino", &f->ino) && field_u64(p, "size", &f->size) && field_time(p, f) &&
           field_sum(p, "sha256", f->sum);
}

/* Which kinds may stand on the two sides of an edit. */
static bool kinds_fit(const struct vf_jedit *e)
{
    switch (e->kind) {
    case VF_EDIT_SPLICE:
        return e->was.kind == VF_KIND_FILE && e->is.kind == VF_KIND_FILE;
    case VF_EDIT_WRITE:
        return e->is.kind == VF_KIND_FILE;
    case VF_EDIT_LINK:
        return e->is.kind == VF_KIND_LINK;
    case VF_EDIT_DELETE:
        return e->was.kind != VF_KIND_NONE && e->is.kind == VF_KIND_NONE;
    }
    return false;
}

static bool one_edit(struct parser *p, struct vf_jedit *e)
{
    struct vf_slice v = {0};
    size_t k = 0;
    if (!field(p, "edit", &v))
        return false;
    while (k < VF_COUNT(edit_words) && !vf_slice_eq(v, vf_slice_of(edit_words[k])))
        k++;
    if (k == VF_COUNT(edit_words))
        return reject(p, "a kind of edit is unknown");
    e->kind = (enum vf_edit_kind)k;
    if (!field_path(p, "path", &e->path))
        return false;
    if (!vf_journal_path_ok(e->path))
        return reject(p, "a path leads outside, or into the journal");
    if (!field_file(p, "old", &e->was) || !field_file(p, "new", &e->is))
        return false;
    return kinds_fit(e) || reject(p, "an edit contradicts itself");
}

static bool head(struct parser *p, struct vf_journal *j)
{
    struct vf_slice v = {0};
    uint64_t n = 0;
    if (!field(p, "venvfix-journal", &v) || !vf_slice_eq(v, VF_S("2")))
        return reject(p, "it is of another version");
    if (!field(p, "verb", &v))
        return false;
    for (size_t i = 0; i < VF_COUNT(verbs); i++)
        if (vf_slice_eq(v, vf_slice_of(verbs[i])))
            j->verb = verbs[i];
    if (!j->verb)
        return reject(p, "its verb is unknown");
    if (!field_u64(p, "root", &j->root_ino) || !field_u64(p, "dir", &j->dir_ino) ||
        !field_u64(p, "lock", &j->lock.ino) || !field_u64(p, "lock-changed", &j->lock.changed_ns) ||
        !field_u64(p, "lock-born", &j->lock.born_ns) || !field_u64(p, "retire", &j->retire_ino) ||
        !field_sum(p, "token", j->token) || !field_sum(p, "copied", j->copied) ||
        !field_place(p, "from", &j->from) || !field_place(p, "to", &j->to) || !field_u64(p, "edits", &n))
        return false;
    if (n >
        p->rest.n) /* every edit takes more than a byte: no count can ask for more memory than its own text */
        return reject(p, "its count is too large");
    j->n = (size_t)n;
    return true;
}

static bool all_edits(struct parser *p, struct vf_journal *j)
{
    struct vf_map seen;
    vf_map_init(&seen, p->a);
    struct vf_vec v = {0};
    for (size_t i = 0; i < j->n; i++) {
        struct vf_jedit *e = vf_vec_push(p->a, &v, sizeof *e);
        if (!e)
            return p->no_memory = true, false;
        if (!one_edit(p, e))
            return false;
        if (vf_map_get(&seen, e->path, NULL))
            return reject(p, "two edits have one path");
        if (!vf_map_put(&seen, e->path, i))
            return p->no_memory = true, false;
    }
    j->v = v.base;
    return true;
}

static bool check_end(struct parser *p, struct vf_slice text)
{
    unsigned char reported[32], sum[32];
    struct vf_slice body = {text.p, text.n - p->rest.n};
    if (!field_sum(p, "end", reported))
        return false;
    if (p->rest.n > 0)
        return reject(p, "something follows its end");
    if (!vf_sha256(body, sum) || memcmp(reported, sum, 32) != 0)
        return reject(p, "its hash is wrong");
    return true;
}

enum vf_status vf_journal_parse(struct vf_slice text, struct vf_arena *a, struct vf_journal *out,
                                struct vf_err *err)
{
    struct parser p = {.rest = text, .a = a};
    *out = (struct vf_journal){0};
    bool ok = head(&p, out) && all_edits(&p, out) && field_sum(&p, "mac", out->mac) && check_end(&p, text);
    vf_buf_release(&p.tmp);
    vf_buf_release(&p.again);
    if (ok)
        return VF_OK;
    if (p.no_memory)
        return vf_err_nomem(err);
    return vf_err_set(err, VF_MALFORMED, 0, "read", VF_S(VF_TXN_DIR "/journal"),
                      "the journal is malformed: %s", p.bad ? p.bad : "it cannot be read");
}

enum vf_jmac vf_journal_mac(struct vf_slice text, const struct vf_journal *j, const struct vf_key *key)
{
    static const unsigned char none[32];
    unsigned char sum[32];
    if (vf_digest_eq(j->mac, none, sizeof none))
        return VF_JMAC_NONE;
    size_t n = text.n;
    for (int line = 0; line < 2 && n > 0; line++) { /* `mac` and `end` */
        size_t at = vf_slice_rfind_byte(vf_slice_sub(text, 0, n - 1), '\n');
        n = at == VF_NPOS ? 0 : at + 1;
    }
    bool ours = key && key->known && vf_hmac_sha256(key->secret, vf_slice_sub(text, 0, n), sum) &&
                vf_digest_eq(sum, j->mac, sizeof sum);
    return ours ? VF_JMAC_OURS : VF_JMAC_OTHER;
}
