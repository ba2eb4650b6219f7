/* git_config.c: git's configuration grammar, read once from front to end; only URLs of remotes are kept. */
#include "env/git_config.h"

#include "dist/text.h"

struct reader {
    struct vf_slice s;
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

static enum vf_git_remote read_all(struct reader *r, struct vf_buf *url)
{
    bool found = false;
    while (r->at <= r->s.n) {
        bool key;
        if (!read_item(r, &key))
            return VF_GIT_REMOTE_BROKEN;
        if (!key || !is_remote(r))
            continue;
        bool origin = vf_slice_eq(vf_buf_slice(&r->section), VF_S("remote.origin"));
        if (found && !origin)
            continue;
        vf_buf_clear(url);
        vf_buf_put(url, vf_buf_slice(&r->value));
        found = true;
        if (origin)
            break;
    }
    return found ? VF_GIT_REMOTE_FOUND : VF_GIT_REMOTE_NONE;
}

enum vf_git_remote vf_git_remote_url(struct vf_arena *a, struct vf_slice config, struct vf_slice *url)
{
    struct reader r = {.s = config};
    struct vf_buf b = {0};
    if (vf_slice_starts(config, VF_S("\xef\xbb\xbf")))
        r.at = 3;
    enum vf_git_remote result = read_all(&r, &b);
    *url = vf_arena_dup(a, vf_buf_slice(&b));
    if (!url->p || b.failed || r.section.failed || r.key.failed || r.value.failed)
        result = VF_GIT_REMOTE_NO_MEMORY;
    vf_buf_release(&b);
    vf_buf_release(&r.section);
    vf_buf_release(&r.key);
    vf_buf_release(&r.value);
    return result;
}
