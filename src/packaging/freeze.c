/* freeze.c: frozen lists, line by line. */
#include "packaging/freeze.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/escape.h"
#include "packaging/text.h"
#include "packaging/url.h"
#include "packaging/version.h"

enum vf_status vf_freeze_version(struct vf_arena *a, const struct vf_info_name *info,
                                 const struct vf_slice *header, struct vf_freeze_version *out,
                                 struct vf_err *err)
{
    bool from_name = info->kind == VF_INFO_DIST_INFO && info->version.n > 0;
    struct vf_slice none = VF_S("None");
    struct vf_err ignored;
    vf_err_init(&ignored);
    *out = (struct vf_freeze_version){header ? *header : none, true};
    if (!from_name && !header)
        return VF_OK;
    struct vf_slice text;
    enum vf_status st = vf_version_canonical(a, from_name ? info->version : *header, &text, &ignored);
    vf_err_release(&ignored);
    if (st == VF_OK)
        *out = (struct vf_freeze_version){text, false};
    return st == VF_NO_MEMORY ? vf_err_nomem(err) : VF_OK;
}

bool vf_freeze_hides(struct vf_slice canonical, unsigned minor, bool all)
{
    static const struct {
        struct vf_slice name;
        bool always, old_only;
    } hidden[] = {
        {VF_S_INIT("python"), true, false},     {VF_S_INIT("wsgiref"), true, false},
        {VF_S_INIT("argparse"), true, false},   {VF_S_INIT("pip"), false, false},
        {VF_S_INIT("wheel"), false, true},      {VF_S_INIT("setuptools"), false, true},
        {VF_S_INIT("distribute"), false, true},
    };
    bool old = minor != 0 && minor < 12;
    for (size_t i = 0; i < VF_COUNT(hidden); i++)
        if (vf_slice_eq(canonical, hidden[i].name))
            return hidden[i].always || (!all && (old || !hidden[i].old_only));
    return false;
}

static bool is_word(char c)
{
    return vf_text_alpha(c) || vf_text_digit(c) || c == '_' || (unsigned char)c >= 0x80;
}

static size_t word_length(struct vf_slice s)
{
    size_t n = 0;
    while (n < s.n && is_word(s.p[n]))
        n++;
    return n;
}

/* `(user@)?host:path`: the host without `/` and `:`, the path begins with a word byte and has no other colon.
 */
static bool is_scp(struct vf_slice s, size_t *colon)
{
    *colon = vf_slice_find_byte(s, ':', 0);
    if (*colon == VF_NPOS || *colon + 1 >= s.n || !is_word(s.p[*colon + 1]))
        return false;
    struct vf_slice host = vf_slice_sub(s, 0, *colon);
    size_t user = word_length(host);
    if (user > 0 && user + 1 < host.n && host.p[user] == '@')
        host = vf_slice_from(host, user + 1);
    return host.n > 0 && vf_slice_find_byte(host, '/', 0) == VF_NPOS &&
           vf_slice_find_byte(s, ':', *colon + 1) == VF_NPOS;
}

bool vf_freeze_git_remote(struct vf_arena *a, struct vf_slice remote, bool path_exists, struct vf_slice *out)
{
    size_t word = word_length(remote);
    size_t colon = 0;
    if (word > 0 && vf_slice_starts(vf_slice_from(remote, word), VF_S("://"))) {
        *out = remote;
        return true;
    }
    if (!path_exists && !is_scp(remote, &colon))
        return false;
    struct vf_buf b;
    vf_buf_init(&b);
    if (path_exists) {
        vf_url_file_put(&b, remote);
    } else {
        vf_buf_puts(&b, "ssh://");
        vf_buf_put(&b, vf_slice_sub(remote, 0, colon));
        vf_buf_putc(&b, '/');
        vf_buf_put(&b, vf_slice_from(remote, colon + 1));
    }
    *out = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return true;
}

static int by_name(const void *x, const void *y)
{
    const struct vf_freeze_item *a = x;
    const struct vf_freeze_item *b = y;
    size_t n = a->name.n < b->name.n ? a->name.n : b->name.n;
    for (size_t i = 0; i < n; i++) {
        int d = vf_text_lower((unsigned char)a->name.p[i]) - vf_text_lower((unsigned char)b->name.p[i]);
        if (d != 0)
            return d;
    }
    if (a->name.n != b->name.n)
        return a->name.n < b->name.n ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

void vf_freeze_sort(struct vf_freeze_item *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        items[i].order = i;
    if (n > 1)
        qsort(items, n, sizeof *items, by_name);
}

static void put_url(struct vf_buf *out, struct vf_slice url, bool secrets)
{
    struct vf_buf shown;
    vf_buf_init(&shown);
    if (!secrets)
        vf_url_redact_put(&shown, url);
    vf_text_one_line_put(out, secrets ? url : vf_buf_slice(&shown));
    out->failed = out->failed || shown.failed;
    vf_buf_release(&shown);
}

/* A path as it is; one that would not stay on its line as a URL, which pip takes as well. */
static void put_location(struct vf_buf *out, struct vf_slice path)
{
    if (vf_text_has_control(path))
        vf_url_file_put(out, path);
    else
        vf_buf_put(out, path);
}

static void put_name_version(struct vf_buf *out, const struct vf_freeze_item *item)
{
    vf_text_one_line_put(out, item->name);
    vf_buf_puts(out, item->version.legacy ? "===" : "==");
    vf_text_one_line_put(out, item->version.text);
}

/* `name @ url`, with the first hash and the subdirectory in the fragment. */
static void put_direct(struct vf_buf *out, const struct vf_freeze_item *item, bool secrets)
{
    const struct vf_direct_url *u = item->url;
    char before = '#';
    vf_text_one_line_put(out, item->name);
    vf_buf_puts(out, " @ ");
    if (u->kind == VF_DIRECT_VCS) {
        vf_text_one_line_put(out, u->vcs);
        vf_buf_putc(out, '+');
    }
    put_url(out, u->url, secrets);
    if (u->kind == VF_DIRECT_VCS) {
        vf_buf_putc(out, '@');
        vf_text_one_line_put(out, u->commit_id);
    }
    if (u->kind == VF_DIRECT_ARCHIVE && u->n_hashes > 0) {
        vf_buf_putc(out, before);
        vf_text_one_line_put(out, u->hashes[0].alg);
        vf_buf_putc(out, '=');
        vf_text_one_line_put(out, u->hashes[0].value);
        before = '&';
    }
    if (u->subdirectory.n > 0) {
        vf_buf_putc(out, before);
        vf_buf_puts(out, "subdirectory=");
        vf_text_one_line_put(out, u->subdirectory);
    }
}

/* pip's name of the class that handles this kind. */
static const char *vcs_class(struct vf_slice kind)
{
    static const struct {
        struct vf_slice kind;
        const char *name;
    } table[] = {{VF_S_INIT("git"), "Git"},
                 {VF_S_INIT("hg"), "Mercurial"},
                 {VF_S_INIT("svn"), "Subversion"},
                 {VF_S_INIT("bzr"), "Bazaar"}};
    for (size_t i = 0; i < VF_COUNT(table); i++)
        if (vf_slice_eq(kind, table[i].kind))
            return table[i].name;
    return "Git";
}

static void put_comment(struct vf_buf *out, const struct vf_freeze_item *item, const char *before,
                        const char *after)
{
    vf_buf_puts(out, before);
    vf_buf_puts(out, " (");
    put_name_version(out, item);
    vf_buf_puts(out, ")");
    vf_buf_puts(out, after);
    vf_buf_putc(out, '\n');
}

static void put_comments(struct vf_buf *out, const struct vf_freeze_item *item, bool secrets)
{
    const char *class_name = vcs_class(item->vcs.kind);
    char words[64];
    switch (item->vcs.state) {
    case VF_VCS_FOUND:
        break;
    case VF_VCS_NONE:
        put_comment(out, item, "# Editable install with no version control", "");
        break;
    case VF_VCS_UNKNOWN:
        vf_buf_puts(out, "## !! Could not determine repository location\n");
        break;
    case VF_VCS_NO_REMOTE:
        snprintf(words, sizeof words, "# Editable %s install with no remote", class_name);
        put_comment(out, item, words, "");
        break;
    case VF_VCS_BAD_REMOTE:
        snprintf(words, sizeof words, "# Editable %s install", class_name);
        put_comment(out, item, words, " with either a deleted local remote or invalid URI:");
        vf_buf_puts(out, "# '");
        put_url(out, item->vcs.remote, secrets);
        vf_buf_puts(out, "'\n");
        break;
    }
}

/* pip leaves the prefix out where the remote's own scheme is the name of the system, but for git and
 * Subversion. */
static bool wants_prefix(const struct vf_freeze_vcs *vcs)
{
    return vf_slice_eq(vcs->kind, VF_S("git")) || vf_slice_eq(vcs->kind, VF_S("svn")) ||
           !vf_url_has_scheme(vcs->remote, vcs->kind);
}

static void put_checkout(struct vf_buf *out, const struct vf_freeze_item *item, bool secrets)
{
    const struct vf_freeze_vcs *vcs = &item->vcs;
    if (wants_prefix(vcs)) {
        vf_buf_put(out, vcs->kind);
        vf_buf_putc(out, '+');
    }
    put_url(out, vcs->remote, secrets);
    vf_buf_putc(out, '@');
    vf_percent_encode(out, vcs->commit, "");
    vf_buf_puts(out, "#egg=");
    for (size_t i = 0; i < item->name.n; i++)
        vf_buf_putc(out, item->name.p[i] == '-' ? '_' : item->name.p[i]);
    if (vcs->subdirectory.n > 0) {
        vf_buf_puts(out, "&subdirectory=");
        vf_text_one_line_put(out, vcs->subdirectory);
    }
}

static void put_requirement(struct vf_buf *out, const struct vf_freeze_item *item, bool secrets)
{
    if (item->editable) {
        vf_buf_puts(out, "-e ");
        if (item->vcs.state == VF_VCS_FOUND)
            put_checkout(out, item, secrets);
        else
            put_location(out, item->location);
    } else if (item->url) {
        put_direct(out, item, secrets);
    } else {
        put_name_version(out, item);
    }
}

void vf_freeze_put(struct vf_buf *out, const struct vf_freeze_item *item, bool secrets)
{
    if (item->editable)
        put_comments(out, item, secrets);
    put_requirement(out, item, secrets);
    vf_buf_putc(out, '\n');
}

void vf_freeze_requirement_put(struct vf_buf *out, const struct vf_freeze_item *item)
{
    put_requirement(out, item, false);
}

/* pip and uv take these from a URL's fragment. */
static bool has_strong_hash(const struct vf_direct_url *u)
{
    static const struct vf_slice strong[] = {VF_S_INIT("sha256"), VF_S_INIT("sha384"), VF_S_INIT("sha512")};
    for (size_t k = 0; u->kind == VF_DIRECT_ARCHIVE && u->n_hashes > 0 && k < VF_COUNT(strong); k++)
        if (vf_slice_eq(u->hashes[0].alg, strong[k]))
            return true;
    return false;
}

const char *vf_freeze_why_unhashed(const struct vf_freeze_item *item)
{
    if (item->editable)
        return "an editable install is no file that could have a hash";
    if (item->n_wheels > 0 || (item->url && has_strong_hash(item->url)))
        return NULL;
    return item->url ? "installed from a URL without a hash, and there is no wheel of it"
                     : "there is no wheel of it";
}

void vf_freeze_hashed_put(struct vf_buf *out, const struct vf_freeze_item *item)
{
    if (item->url && has_strong_hash(item->url)) {
        put_direct(out, item, false);
        vf_buf_putc(out, '\n');
        return;
    }
    put_name_version(out, item);
    for (size_t i = 0; i < item->n_wheels; i++) {
        for (size_t k = 0; k < item->wheels[i].n_hashes; k++) {
            vf_buf_puts(out, " \\\n    --hash=");
            vf_buf_put(out, item->wheels[i].hashes[k].alg);
            vf_buf_putc(out, ':');
            vf_buf_put(out, item->wheels[i].hashes[k].value);
        }
    }
    vf_buf_putc(out, '\n');
}

bool vf_freeze_is_local(const struct vf_freeze_item *item)
{
    if (item->editable)
        return item->vcs.state != VF_VCS_FOUND || vf_url_has_scheme(item->vcs.remote, VF_S("file"));
    return item->url && vf_url_has_scheme(item->url->url, VF_S("file"));
}

bool vf_freeze_has_secret(const struct vf_freeze_item *item)
{
    if (item->editable) {
        bool printed = item->vcs.state == VF_VCS_FOUND || item->vcs.state == VF_VCS_BAD_REMOTE;
        return printed && vf_url_has_secret(item->vcs.remote);
    }
    return item->url && vf_url_has_secret(item->url->url);
}
