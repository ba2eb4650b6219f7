/* git_config.c: git's configuration grammar, read once from front to end, with each included file where its
 * name stands; only URLs of remotes are kept. */
#include "env/git_config.h"

#include "base/path.h"
#include "packaging/text.h"

enum { DEPTH = 10, FILES = 100 }; /* git's own limit; and one of ours for what includes much, often */

/* What all files together say. */
struct answer {
    struct vf_arena *a;
    const struct vf_git_config *config;
    struct vf_buf url;
    bool found, origin; /* some URL; one of `origin`, which is the answer */
    bool failed;        /* there was no memory */
    unsigned files;
};

struct reader {
    struct vf_slice s, dir;
    unsigned depth;
    size_t at;
    struct vf_buf section; /* "remote.origin": the section in lower case, the quoted part as it is */
    struct vf_buf key;     /* lower case */
    struct vf_buf value;
};

/* The next byte, CRLF as one LF; LF once more behind the end, then -1. */
static int next(struct reader *r)
{
    if (r->at >= r->s.n)
        return r->at++ == r->s.n ? '\n' : -1;
    char c = r->s.p[r->at++];
    if (c == '\r' && r->at < r->s.n && r->s.p[r->at] == '\n')
        c = r->s.p[r->at++];
    return (unsigned char)c;
}

static bool blank(int c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool key_byte(int c)
{
    return vf_text_alpha(c) || vf_text_digit(c) || c == '-';
}

static bool skip_line(struct reader *r)
{
    int c;
    do
        c = next(r);
    while (c != '\n' && c != -1);
    return true;
}

/* ` "name"]`, behind the section's own name. */
static bool read_subsection(struct reader *r)
{
    int c;
    do
        c = next(r);
    while (blank(c));
    vf_buf_putc(&r->section, '.');
    if (c != '"')
        return false;
    for (c = next(r); c != '"'; c = next(r)) {
        if (c == '\\')
            c = next(r);
        if (c == '\n' || c == -1)
            return false;
        vf_buf_putc(&r->section, (char)c);
    }
    return next(r) == ']';
}

/* Behind `[`. */
static bool read_section(struct reader *r)
{
    vf_buf_clear(&r->section);
    for (int c = next(r); c != ']'; c = next(r)) {
        if (blank(c))
            return read_subsection(r);
        if (!key_byte(c) && c != '.')
            return false;
        vf_buf_putc(&r->section, (char)vf_text_lower(c));
    }
    return true;
}

static int unescaped(int c)
{
    return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'b' ? '\b' : c == '\\' || c == '"' ? c : -1;
}

/* Behind `=`, to the end of the line. Blanks at both ends are no part of it, quoted ones are. */
static bool read_value(struct reader *r)
{
    bool quoted = false;
    size_t keep = 0;
    vf_buf_clear(&r->value);
    for (int c = next(r); c != '\n'; c = next(r)) {
        bool dropped = !quoted && blank(c);
        if (!quoted && (c == '#' || c == ';')) {
            skip_line(r);
            break;
        }
        if (c == '"') {
            quoted = !quoted;
            continue;
        }
        if (c == '\\') {
            c = next(r);
            if (c == '\n')
                continue;
            c = unescaped(c);
        }
        if (c == -1)
            return false;
        if (!dropped || r->value.n)
            vf_buf_putc(&r->value, (char)c);
        keep = dropped ? keep : r->value.n;
    }
    r->value.n = keep;
    return !quoted;
}

/* `key = value`, or a key alone; `c` is its first byte. */
static bool read_key(struct reader *r, int c)
{
    vf_buf_clear(&r->key);
    vf_buf_clear(&r->value);
    if (!vf_text_alpha(c))
        return false;
    for (; key_byte(c); c = next(r))
        vf_buf_putc(&r->key, (char)vf_text_lower(c));
    while (c == ' ' || c == '\t')
        c = next(r);
    return c == '\n' || (c == '=' && read_value(r));
}

static bool is_remote(const struct reader *r)
{
    return vf_slice_starts(vf_buf_slice(&r->section), VF_S("remote.")) &&
           vf_slice_eq(vf_buf_slice(&r->key), VF_S("url")) && r->value.n > 0;
}

/* One section or key. False: git would stop here. */
static bool read_item(struct reader *r, bool *key)
{
    int c;
    do
        c = next(r);
    while (blank(c) || c == '\n');
    *key = false;
    if (c == -1)
        return true;
    if (c == '#' || c == ';')
        return skip_line(r);
    if (c == '[')
        return read_section(r);
    *key = true;
    return read_key(r, c);
}

static void keep_url(struct answer *out, const struct reader *r)
{
    bool origin = vf_slice_eq(vf_buf_slice(&r->section), VF_S("remote.origin"));
    if (out->origin || (out->found && !origin))
        return;
    vf_buf_clear(&out->url);
    vf_buf_put(&out->url, vf_buf_slice(&r->value));
    out->found = true;
    out->origin = origin;
}

static bool read_file(struct answer *out, struct vf_slice text, struct vf_slice dir, unsigned depth);

/* The file that the value names, below `~` none. False: git would stop. */
static bool include(struct answer *out, const struct reader *r)
{
    struct vf_slice text, value = vf_buf_slice(&r->value);
    if (!out->config->read || value.n == 0 || value.p[0] == '~' || value.p[0] == '%')
        return true;
    struct vf_slice path = vf_path_clean_dup(out->a, vf_path_join(out->a, r->dir, value));
    if (!path.p) {
        out->failed = true;
        return false;
    }
    if (!out->config->read(out->config->ctx, path, &text))
        return true;
    return r->depth < DEPTH && ++out->files <= FILES && read_file(out, text, vf_path_dir(path), r->depth + 1);
}

/* Whether the condition holds is not looked at: it does not matter where the file names no remote. */
static bool include_perhaps(struct answer *out, const struct reader *r)
{
    struct answer there = {.a = out->a, .config = out->config, .files = out->files};
    bool ok = include(&there, r) && !there.found;
    out->files = there.files;
    out->failed = out->failed || there.failed || there.url.failed;
    vf_buf_release(&there.url);
    return ok;
}

static bool use_key(struct answer *out, const struct reader *r)
{
    struct vf_slice section = vf_buf_slice(&r->section);
    bool path = vf_slice_eq(vf_buf_slice(&r->key), VF_S("path"));
    if (is_remote(r))
        keep_url(out, r);
    else if (path && vf_slice_eq(section, VF_S("include")))
        return include(out, r);
    else if (path && vf_slice_starts(section, VF_S("includeif.")))
        return include_perhaps(out, r);
    return true;
}

static bool read_file(struct answer *out, struct vf_slice text, struct vf_slice dir, unsigned depth)
{
    struct reader r = {.s = text, .dir = dir, .depth = depth};
    bool ok = true, key;
    if (vf_slice_starts(text, VF_S("\xef\xbb\xbf")))
        r.at = 3;
    while (ok && !out->origin && r.at <= r.s.n) {
        ok = read_item(&r, &key);
        if (ok && key)
            ok = use_key(out, &r);
    }
    out->failed = out->failed || r.section.failed || r.key.failed || r.value.failed;
    vf_buf_release(&r.section);
    vf_buf_release(&r.key);
    vf_buf_release(&r.value);
    return ok;
}

enum vf_git_remote vf_git_remote_url(struct vf_arena *a, const struct vf_git_config *config,
                                     struct vf_slice *url)
{
    struct answer out = {.a = a, .config = config};
    bool ok = read_file(&out, config->text, config->dir, 0);
    *url = vf_arena_dup(a, vf_buf_slice(&out.url));
    bool failed = !url->p || out.failed || out.url.failed;
    vf_buf_release(&out.url);
    if (failed)
        return VF_GIT_REMOTE_NO_MEMORY;
    return !ok ? VF_GIT_REMOTE_BROKEN : out.found ? VF_GIT_REMOTE_FOUND : VF_GIT_REMOTE_NONE;
}
