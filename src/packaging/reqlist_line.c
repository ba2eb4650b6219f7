/* reqlist_line.c: one logical line of a requirement list.
 *
 * Words are separated by single blanks up to the first that begins with `-`; from there on options are split
 * as Python's shlex does, and understood as optparse does: `--name=value`, `--name value`, `-nvalue`, `-n
 * value`, long names shortened while they are unique. */
#include <string.h>

#include "base/escape.h"
#include "packaging/reqlist.h"
#include "packaging/tags.h"
#include "packaging/text.h"
#include "packaging/url.h"

static const struct {
    struct vf_slice name;
    char letter;
    bool value;
} options[] = {
#define X(sym, name, letter, value) {VF_S_INIT(name), letter, value},
    VF_LIST_OPTIONS(X)
#undef X
};

struct parse {
    struct vf_arena *arena;
    struct vf_vec settings; /* struct vf_list_item: options of the line */
    struct vf_vec hashes;
    struct vf_list_item *item; /* the requirement, if there is one */
    struct vf_err *err;
    enum vf_status st;
};

static bool bad(struct parse *p, const char *what, struct vf_slice text)
{
    if (p->st == VF_OK) {
        p->st = vf_err_set(p->err, VF_BAD_LIST, 0, "parse", (struct vf_slice){NULL, 0}, "%s: '%s'", what,
                           vf_quote(text).s);
    }
    return false;
}

static bool no_memory(struct parse *p)
{
    p->st = vf_err_nomem(p->err);
    return false;
}

/* Another parser's answer: what it calls malformed makes the list bad. */
static bool passed(struct parse *p, enum vf_status st)
{
    if (st == VF_OK)
        return true;
    p->st = st;
    if (st == VF_MALFORMED) {
        p->st = VF_BAD_LIST;
        if (p->err)
            p->err->code = VF_BAD_LIST;
    }
    return false;
}

/* --- words --- */

/* One word as shlex splits: quotes, backslashes; *i moves behind it. False at the end of the text, or when a
 * quote does not end. */
static bool next_word(struct parse *p, struct vf_slice s, size_t *i, struct vf_slice *out)
{
    struct vf_buf b;
    char quote = 0;
    size_t from;
    while (*i < s.n && vf_text_blank(vf_slice_from(s, *i)) == 1)
        (*i)++;
    from = *i;
    if (from >= s.n)
        return false;
    vf_buf_init(&b);
    for (; *i < s.n && (quote || vf_text_blank(vf_slice_from(s, *i)) != 1); (*i)++) {
        char c = s.p[*i];
        if (c == '\\' && quote != '\'' && *i + 1 < s.n &&
            (!quote || s.p[*i + 1] == '\\' || s.p[*i + 1] == '"'))
            vf_buf_putc(&b, s.p[++(*i)]);
        else if (quote ? c == quote : c == '"' || c == '\'')
            quote = quote ? 0 : c;
        else
            vf_buf_putc(&b, c);
    }
    *out = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(p->arena, vf_buf_slice(&b));
    vf_buf_release(&b);
    if (quote)
        return bad(p, "a quote that does not end", vf_slice_from(s, from));
    return out->p ? true : no_memory(p);
}

/* The option of this long name, or of the only one that it begins; -1 none, -2 several. */
static int find_long(struct vf_slice name)
{
    int found = -1;
    for (size_t i = 0; i < VF_COUNT(options); i++) {
        if (vf_slice_eq(name, options[i].name))
            return (int)i;
        if (name.n > 2 && vf_slice_starts(options[i].name, name))
            found = found == -1 ? (int)i : -2;
    }
    return found;
}

static int find_letter(char letter)
{
    for (size_t i = 0; i < VF_COUNT(options); i++)
        if (options[i].letter == letter)
            return (int)i;
    return -1;
}

/* Takes apart `word`: which option, and the value that is part of the same word (p NULL: none). */
static int split_option(struct vf_slice word, struct vf_slice *value)
{
    *value = (struct vf_slice){NULL, 0};
    if (vf_slice_starts(word, VF_S("--"))) {
        size_t eq = vf_slice_find_byte(word, '=', 0);
        if (eq != VF_NPOS)
            *value = vf_slice_from(word, eq + 1);
        return find_long(vf_slice_sub(word, 0, eq));
    }
    if (word.n < 2 || word.p[0] != '-')
        return -1;
    if (word.n > 2)
        *value = vf_slice_from(word, 2);
    return find_letter(word.p[1]);
}

/* --- options --- */

static bool is_hex(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        int c = vf_text_lower((unsigned char)s.p[i]);
        if (!vf_text_digit(c) && (c < 'a' || c > 'f'))
            return false;
    }
    return true;
}

static bool add_hash(struct parse *p, struct vf_slice value)
{
    static const struct {
        struct vf_slice alg;
        size_t digits;
    } strong[] = {{VF_S_INIT("sha256"), 64}, {VF_S_INIT("sha384"), 96}, {VF_S_INIT("sha512"), 128}};
    size_t colon = vf_slice_find_byte(value, ':', 0);
    struct vf_slice alg = vf_slice_sub(value, 0, colon == VF_NPOS ? 0 : colon);
    struct vf_slice digest = vf_slice_from(value, colon == VF_NPOS ? value.n : colon + 1);
    for (size_t i = 0; i < VF_COUNT(strong); i++) {
        if (vf_slice_eq(alg, strong[i].alg) && digest.n == strong[i].digits && is_hex(digest)) {
            struct vf_direct_hash *h = vf_vec_push(p->arena, &p->hashes, sizeof *h);
            if (!h)
                return no_memory(p);
            *h = (struct vf_direct_hash){alg, digest};
            return true;
        }
    }
    return bad(p, "not a hash of sha256, sha384 or sha512", value);
}

static bool set_option(struct parse *p, int which, struct vf_slice value)
{
    enum vf_list_option o = (enum vf_list_option)which;
    if (o == VF_LISTOPT_HASH)
        return add_hash(p, value);
    if (o == VF_LISTOPT_CONFIG_SETTINGS) {
        p->item->has_config_settings = true;
        return true;
    }
    struct vf_list_item *kept = vf_vec_push(p->arena, &p->settings, sizeof *kept);
    if (!kept)
        return no_memory(p);
    *kept = (struct vf_list_item){.kind = VF_LIST_OPTION, .text = p->item->text, .value = value};
    kept->option = o == VF_LISTOPT_PYPI_URL ? VF_LISTOPT_INDEX_URL : o;
    return true;
}

static bool take_options(struct parse *p, struct vf_slice s)
{
    struct vf_slice word, value;
    for (size_t i = 0; next_word(p, s, &i, &word);) {
        int which = split_option(word, &value);
        if (which < 0)
            return bad(p, which == -2 ? "an option that can be several" : "not an option", word);
        if (!options[which].value && value.p)
            return bad(p, "an option that takes no value", word);
        if (options[which].value && !value.p && !next_word(p, s, &i, &value))
            return bad(p, "an option without its value", word);
        if (!set_option(p, which, value))
            return false;
    }
    return p->st == VF_OK;
}

/* --- requirements --- */

/* pip's schemes: web, file, and the version control systems with a `+`. */
static bool is_url(struct vf_slice s)
{
    static const struct vf_slice plain[] = {VF_S_INIT("http"), VF_S_INIT("https"), VF_S_INIT("file"),
                                            VF_S_INIT("ftp")};
    static const struct vf_slice vcs[] = {VF_S_INIT("git+"), VF_S_INIT("hg+"), VF_S_INIT("svn+"),
                                          VF_S_INIT("bzr+")};
    struct vf_slice scheme = vf_url_split(s).scheme;
    for (size_t i = 0; i < VF_COUNT(plain); i++)
        if (vf_slice_eq_nocase(scheme, plain[i]))
            return true;
    for (size_t i = 0; i < VF_COUNT(vcs); i++)
        if (scheme.n > vcs[i].n && vf_slice_eq_nocase(vf_slice_sub(scheme, 0, vcs[i].n), vcs[i]))
            return true;
    return false;
}

static bool is_archive(struct vf_slice s)
{
    static const struct vf_slice suffixes[] = {
        VF_S_INIT(".whl"), VF_S_INIT(".zip"),     VF_S_INIT(".tar.gz"), VF_S_INIT(".tgz"), VF_S_INIT(".tar"),
        VF_S_INIT(".tbz"), VF_S_INIT(".tar.bz2"), VF_S_INIT(".tar.xz"), VF_S_INIT(".txz"), VF_S_INIT(".tlz"),
    };
    for (size_t i = 0; i < VF_COUNT(suffixes); i++)
        if (s.n > suffixes[i].n && vf_slice_eq_nocase(vf_slice_from(s, s.n - suffixes[i].n), suffixes[i]))
            return true;
    return false;
}

static bool looks_like_path(struct vf_slice s)
{
    return (s.n > 0 && s.p[0] == '.') || vf_slice_find_byte(s, '/', 0) != VF_NPOS;
}

/* Takes `[extras]` off the end of a path or URL. */
static bool strip_extras(struct parse *p, struct vf_slice *s)
{
    struct vf_requirement *r = &p->item->req;
    size_t open = s->n > 2 && s->p[s->n - 1] == ']' ? vf_slice_rfind_byte(*s, '[') : VF_NPOS;
    size_t used;
    if (open == VF_NPOS || open == 0 || open + 2 >= s->n)
        return true;
    enum vf_status st =
        vf_extras_parse(p->arena, vf_slice_from(*s, open), &r->extras, &r->n_extras, &used, p->err);
    *s = vf_text_strip(vf_slice_sub(*s, 0, open));
    return passed(p, st);
}

/* name==version, as the name of a wheel says. */
static bool pin_wheel(struct parse *p, struct vf_slice base)
{
    struct vf_wheel_name w;
    struct vf_buf b;
    struct vf_requirement *r = &p->item->req;
    if (!passed(p, vf_wheel_name_parse(p->arena, base, &w, p->err)))
        return false;
    vf_buf_init(&b);
    vf_buf_puts(&b, "==");
    vf_version_put(&b, &w.version);
    struct vf_slice text = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(p->arena, vf_buf_slice(&b));
    vf_buf_release(&b);
    r->name = w.name;
    return text.p ? passed(p, vf_specifiers_parse(p->arena, text, &r->specifiers, p->err)) : no_memory(p);
}

/* `#egg=name[extras]`. */
static bool name_from_egg(struct parse *p, struct vf_slice url)
{
    struct vf_slice egg;
    struct vf_requirement *r = &p->item->req;
    if (!vf_url_fragment_get(url, VF_S("egg"), &egg) || egg.n == 0)
        return true;
    struct vf_requirement named;
    if (!passed(p, vf_requirement_parse(p->arena, egg, &named, p->err)))
        return false;
    if (named.url.n > 0 || named.has_marker || named.specifiers.n > 0)
        return bad(p, "`egg=` with more than a name", egg);
    r->name = named.name;
    if (named.n_extras > 0) {
        r->extras = named.extras;
        r->n_extras = named.n_extras;
    }
    return true;
}

static bool set_location(struct parse *p, enum vf_list_source source, struct vf_slice s)
{
    p->item->source = source;
    p->item->location = s;
    struct vf_slice path = source == VF_LIST_URL ? vf_url_split(s).path : s;
    size_t slash = vf_slice_rfind_byte(path, '/');
    struct vf_slice base = vf_slice_from(path, slash == VF_NPOS ? 0 : slash + 1);
    if (p->item->kind == VF_LIST_REQUIREMENT && vf_slice_ends(base, VF_S(".whl"))) {
        struct vf_buf b;
        vf_buf_init(&b);
        vf_percent_decode(&b, base);
        base = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(p->arena, vf_buf_slice(&b));
        vf_buf_release(&b);
        return base.p ? pin_wheel(p, base) : no_memory(p);
    }
    return source != VF_LIST_URL || name_from_egg(p, s);
}

/* Where the marker begins: at the first `;`, behind a URL only at one that a blank follows. */
static bool split_marker(struct parse *p, struct vf_slice *s)
{
    struct vf_requirement *r = &p->item->req;
    size_t at = vf_slice_find(*s, is_url(*s) ? VF_S("; ") : VF_S(";"), 0);
    if (at == VF_NPOS)
        return true;
    struct vf_slice marker = vf_text_strip(vf_slice_from(*s, at + 1));
    *s = vf_text_strip(vf_slice_sub(*s, 0, at));
    if (marker.n == 0)
        return true;
    r->has_marker = true;
    return passed(p, vf_marker_parse(p->arena, marker, &r->marker, p->err));
}

static bool named(struct parse *p, struct vf_slice s)
{
    struct vf_requirement r;
    struct vf_list_item *item = p->item;
    if (!passed(p, vf_requirement_parse(p->arena, s, &r, p->err)))
        return false;
    if (!r.has_marker) {
        r.has_marker = item->req.has_marker;
        r.marker = item->req.marker;
    }
    item->req = r;
    item->source = r.url.n > 0 ? VF_LIST_URL : VF_LIST_NAMED;
    item->location = r.url;
    return true;
}

static bool requirement(struct parse *p, struct vf_slice s)
{
    if (!split_marker(p, &s))
        return false;
    if (is_url(s))
        return set_location(p, VF_LIST_URL, s);
    size_t at = vf_slice_find_byte(s, '@', 0);
    bool reference = at != VF_NPOS && !looks_like_path(vf_slice_sub(s, 0, at));
    struct vf_slice path = s;
    if (reference || (!looks_like_path(s) && !is_archive(s) && (s.n == 0 || s.p[s.n - 1] != ']')))
        return named(p, s);
    if (!strip_extras(p, &path))
        return false;
    return looks_like_path(path) || is_archive(path) ? set_location(p, VF_LIST_PATH, path) : named(p, s);
}

/* `git:` and the like without the system's name before it, which pip puts there for editables. */
static bool add_vcs(struct parse *p, struct vf_slice *s)
{
    static const struct vf_slice plain[] = {VF_S_INIT("git"), VF_S_INIT("hg"), VF_S_INIT("svn"),
                                            VF_S_INIT("bzr")};
    for (size_t i = 0; i < VF_COUNT(plain); i++) {
        if (vf_url_has_scheme(*s, plain[i])) {
            *s = vf_arena_concat(p->arena, plain[i], VF_S("+"), *s);
            return s->p ? true : no_memory(p);
        }
    }
    return true;
}

/* `-e`: a path, a URL of a version control system, or `name @ url`. */
static bool editable(struct parse *p, struct vf_slice s)
{
    s = vf_text_strip(s);
    size_t at = vf_slice_find_byte(s, '@', 0);
    p->item->kind = VF_LIST_EDITABLE;
    if (s.n == 0)
        return bad(p, "an editable requirement without a path", p->item->text);
    if (!add_vcs(p, &s))
        return false;
    if (at != VF_NPOS && !is_url(s) && !looks_like_path(vf_slice_sub(s, 0, at)))
        return named(p, s) &&
               (p->item->source == VF_LIST_URL || bad(p, "an editable requirement without a path", s));
    if (is_url(s)) {
        return (!vf_url_has_scheme(s, VF_S("file")) || strip_extras(p, &s)) &&
               set_location(p, VF_LIST_URL, s);
    }
    return strip_extras(p, &s) && set_location(p, VF_LIST_PATH, s);
}

/* The first word that begins with `-`; words are what single blanks separate. */
static size_t options_at(struct vf_slice line)
{
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] == '-' && (i == 0 || line.p[i - 1] == ' '))
            return i;
    return line.n;
}

/* An option that must be alone on its line: -r, -c, -e. */
static bool wants_all(const struct vf_list_item *setting)
{
    return setting->option == VF_LISTOPT_REQUIREMENT || setting->option == VF_LISTOPT_CONSTRAINT ||
           setting->option == VF_LISTOPT_EDITABLE;
}

/* What the whole line means. Sets *is_requirement when it is one (or an editable). */
static bool understand(struct parse *p, struct vf_slice words, bool *is_requirement)
{
    const struct vf_list_item *settings = p->settings.base;
    struct vf_slice line = p->item->text;
    for (size_t i = 0; i < p->settings.n; i++) {
        if (words.n > 0 || (p->settings.n > 1 && wants_all(&settings[i]))) {
            return bad(p,
                       words.n > 0 ? "an option behind a requirement"
                                   : "two options, one of which has to be alone on its line",
                       line);
        }
    }
    bool is_editable = p->settings.n == 1 && settings[0].option == VF_LISTOPT_EDITABLE;
    *is_requirement = words.n > 0 || is_editable;
    if (!*is_requirement && (p->hashes.n > 0 || p->item->has_config_settings || p->settings.n == 0))
        return bad(p, "an option that needs a requirement", line);
    return is_editable ? editable(p, settings[0].value) : words.n == 0 || requirement(p, words);
}

enum vf_status vf_list_parse_line(struct vf_arena *a, struct vf_slice line, struct vf_list_item **items,
                                  size_t *n, struct vf_err *err)
{
    struct vf_list_item *item = vf_arena_alloc(a, sizeof *item);
    struct parse p = {.arena = a, .item = item, .err = err, .st = VF_OK};
    size_t at = options_at(line);
    bool is_requirement = false;
    *items = NULL;
    *n = 0;
    if (!item)
        return vf_err_nomem(err);
    *item = (struct vf_list_item){.kind = VF_LIST_REQUIREMENT, .text = line};
    if (!take_options(&p, vf_slice_from(line, at)) ||
        !understand(&p, vf_text_strip(vf_slice_sub(line, 0, at)), &is_requirement))
        return p.st;
    item->hashes = p.hashes.base;
    item->n_hashes = p.hashes.n;
    *items = is_requirement ? item : p.settings.base;
    *n = is_requirement ? 1 : p.settings.n;
    return VF_OK;
}
