/* url.c: the parts of URLs, file: paths, credentials. */
#include "packaging/url.h"

#include "base/escape.h"
#include "packaging/text.h"

static size_t scheme_length(struct vf_slice url)
{
    for (size_t i = 0; i < url.n; i++) {
        char c = url.p[i];
        if (c == ':')
            return i;
        bool later = vf_text_digit(c) || c == '+' || c == '-' || c == '.';
        if (!vf_text_alpha(c) && (i == 0 || !later))
            return 0;
    }
    return 0;
}

static size_t find_any(struct vf_slice s, size_t from, const char *set)
{
    for (size_t i = from; i < s.n; i++) {
        for (const char *c = set; *c; c++)
            if (s.p[i] == *c)
                return i;
    }
    return s.n;
}

struct vf_url vf_url_split(struct vf_slice url)
{
    struct vf_url u = {0};
    size_t i = scheme_length(url);
    u.scheme = vf_slice_sub(url, 0, i);
    i += i > 0 ? 1 : 0;
    u.has_authority = vf_slice_starts(vf_slice_from(url, i), VF_S("//"));
    if (u.has_authority) {
        size_t end = find_any(url, i + 2, "/?#");
        u.authority = vf_slice_sub(url, i + 2, end);
        size_t at = vf_slice_rfind_byte(u.authority, '@');
        u.host = at == VF_NPOS ? u.authority : vf_slice_from(u.authority, at + 1);
        if (at != VF_NPOS)
            u.userinfo = vf_slice_sub(u.authority, 0, at);
        i = end;
    }
    size_t hash = find_any(url, i, "#");
    size_t mark = find_any(vf_slice_sub(url, 0, hash), i, "?");
    u.path = vf_slice_sub(url, i, mark);
    u.query = mark < hash ? vf_slice_sub(url, mark + 1, hash) : (struct vf_slice){NULL, 0};
    u.fragment = hash < url.n ? vf_slice_from(url, hash + 1) : (struct vf_slice){NULL, 0};
    return u;
}

bool vf_url_has_scheme(struct vf_slice url, struct vf_slice scheme)
{
    return vf_slice_eq_nocase(vf_url_split(url).scheme, scheme);
}

bool vf_url_file_path(struct vf_arena *a, struct vf_slice url, struct vf_slice *path)
{
    struct vf_url u = vf_url_split(url);
    struct vf_buf b;
    if (!vf_slice_eq_nocase(u.scheme, VF_S("file")) || u.path.n == 0 || u.path.p[0] != '/' ||
        (u.authority.n > 0 && !vf_slice_eq(u.authority, VF_S("localhost"))))
        return false;
    vf_buf_init(&b);
    vf_percent_decode(&b, u.path);
    *path = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return true;
}

void vf_url_file_put(struct vf_buf *out, struct vf_slice path)
{
    vf_buf_puts(out, "file://");
    vf_percent_encode(out, path, "");
}

bool vf_url_fragment_get(struct vf_slice url, struct vf_slice key, struct vf_slice *value)
{
    struct vf_slice rest = vf_url_split(url).fragment;
    while (rest.n > 0) {
        size_t end = find_any(rest, 0, "&");
        struct vf_slice part = vf_slice_sub(rest, 0, end);
        size_t eq = find_any(part, 0, "=");
        if (eq < part.n && vf_slice_eq(vf_slice_sub(part, 0, eq), key)) {
            *value = vf_slice_from(part, eq + 1);
            return true;
        }
        rest = vf_slice_from(rest, end + 1);
    }
    return false;
}

/* Takes `${NAME}` off s. */
static bool take_variable(struct vf_slice *s)
{
    size_t i = 2;
    if (!vf_slice_starts(*s, VF_S("${")))
        return false;
    while (i < s->n && (vf_text_alpha(s->p[i]) || vf_text_digit(s->p[i]) || s->p[i] == '-' || s->p[i] == '_'))
        i++;
    if (i == 2 || i >= s->n || s->p[i] != '}')
        return false;
    *s = vf_slice_from(*s, i + 1);
    return true;
}

static bool is_variables(struct vf_slice s)
{
    if (!take_variable(&s))
        return false;
    if (s.n == 0)
        return true;
    s = vf_slice_from(s, 1); /* the colon, checked below by what is left */
    return s.p[-1] == ':' && take_variable(&s) && s.n == 0;
}

bool vf_url_has_secret(struct vf_slice url)
{
    struct vf_url u = vf_url_split(url);
    bool password = vf_slice_find_byte(u.userinfo, ':', 0) != VF_NPOS;
    bool ssh = u.scheme.n >= 3 && vf_slice_eq_nocase(vf_slice_from(u.scheme, u.scheme.n - 3), VF_S("ssh"));
    return u.userinfo.n > 0 && !vf_slice_eq(u.userinfo, VF_S("git")) && !is_variables(u.userinfo) &&
           (password || !ssh);
}

static void put_without_secret(struct vf_buf *out, struct vf_slice url, const char *instead)
{
    if (!vf_url_has_secret(url)) {
        vf_buf_put(out, url);
        return;
    }
    struct vf_slice secret = vf_url_split(url).userinfo;
    size_t from = (size_t)(secret.p - url.p);
    vf_buf_put(out, vf_slice_sub(url, 0, from));
    vf_buf_puts(out, instead);
    vf_buf_put(out, vf_slice_from(url, from + secret.n + 1));
}

void vf_url_redact_put(struct vf_buf *out, struct vf_slice url)
{
    put_without_secret(out, url, "****@");
}

void vf_url_strip_put(struct vf_buf *out, struct vf_slice url)
{
    put_without_secret(out, url, "");
}
