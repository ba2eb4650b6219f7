/* pyvenv.cfg. Its readers differ (docs/formats.md 1.2). References are what site.py and getpath of 3.11 and
 * later see; what only the C reader of 3.10 and older refuses is a flaw where that reader counts: with a
 * copied interpreter. */
#include "syntax/syntax.h"

#include <string.h>

#include "base/escape.h"
#include "base/hex.h"
#include "base/path.h"
#include "syntax/pytext.h"

enum form { FORM_PLAIN, FORM_EMPTY, FORM_REPR, FORM_WRAPPED };
enum { LEGACY_LINE = 8192 }; /* the old reader stops at a longer line */

struct line {
    uint32_t no;
    size_t off, end, next; /* text is [off, end), the line's end [end, next) */
    struct vf_slice text;
    bool pair; /* it has a `=` */
    struct vf_slice key, value;
};

struct reader {
    const struct vf_source *src;
    struct vf_read_out *out;
    struct vf_err *err;
    struct vf_map seen; /* lower-case keys -> 0 */
    bool legacy, long_line;
    struct vf_slice home; /* of the first home line */
    size_t homes;
    bool flag_seen, flag; /* include-system-site-packages, the last one */
    uint32_t flag_line;
    bool spilling;  /* the line before was `command`, or spilled from it */
    size_t command; /* index + 1 of the reference of the last `command` line */
};

/* --- lines --- */

static bool next_line(struct vf_slice bytes, struct line *l)
{
    struct vf_slice rest = vf_slice_from(bytes, l->next);
    size_t end_len, no = l->no;
    l->off = l->next;
    if (!vf_py_next_line(&rest, &l->text, &end_len))
        return false;
    l->no = (uint32_t)no + 1;
    l->end = l->off + l->text.n;
    l->next = l->end + end_len;
    size_t eq = vf_slice_find_byte(l->text, '=', 0);
    l->pair = eq != VF_NPOS;
    l->key = vf_py_strip(vf_slice_sub(l->text, 0, l->pair ? eq : 0));
    l->value = vf_py_strip(vf_slice_from(l->text, l->pair ? eq + 1 : l->text.n));
    return true;
}

static size_t offset_of(const struct line *l, struct vf_slice part)
{
    return part.n > 0 ? l->off + (size_t)(part.p - l->text.p) : l->end;
}

static bool key_is(const struct line *l, const char *key)
{
    return l->pair && vf_slice_eq_nocase(l->key, vf_slice_of(key));
}

bool vf_cfg_find(struct vf_slice bytes, struct vf_slice key, struct vf_cfg_value *out)
{
    struct line l = {0};
    bool found = false, first = vf_slice_eq_nocase(key, VF_S("home"));
    while (next_line(bytes, &l)) {
        if (!l.pair || !vf_slice_eq_nocase(l.key, key) || (found && first))
            continue;
        *out = (struct vf_cfg_value){.value = l.value, .off = offset_of(&l, l.value), .len = l.value.n};
        if (!l.value.n)
            out->off = l.off + vf_slice_find_byte(l.text, '=', 0) + 1;
        found = true;
    }
    return found;
}

bool vf_cfg_get(struct vf_slice bytes, struct vf_slice key, struct vf_slice *value)
{
    struct vf_cfg_value v;
    if (!vf_cfg_find(bytes, key, &v))
        return false;
    *value = v.value;
    return true;
}

/* --- flaws --- */

static enum vf_status note(const struct reader *r, enum vf_flaw_kind kind, const struct line *l)
{
    return vf_out_note(r->out, kind, l->no, l->off, l->end - l->off, l->value, r->err);
}

static enum vf_status repair(const struct reader *r, enum vf_flaw_kind kind, const struct line *l,
                             size_t from, size_t to, struct vf_slice bytes)
{
    struct vf_flaw f = {
        .kind = kind, .line = l->no, .off = from, .len = to - from, .value = l->value, .repair = bytes};
    return vf_out_repair(r->out, &f, r->err);
}

static enum vf_status delete_line(const struct reader *r, enum vf_flaw_kind kind, const struct line *l)
{
    struct vf_flaw f = {
        .kind = kind, .line = l->no, .off = l->off, .len = l->next - l->off, .value = l->text};
    return vf_out_repair(r->out, &f, r->err);
}

/* A value that may be spelled otherwise without anything breaking. */
static bool is_informational(const struct line *l)
{
    return key_is(l, "command") || key_is(l, "prompt") || !vf_slice_starts(l->value, VF_S("/"));
}

/* Bytes that are no UTF-8: one flaw for each run. */
static enum vf_status check_encoding(const struct reader *r, const struct line *l)
{
    struct vf_slice rest = l->text;
    bool mend = is_informational(l) && !key_is(l, "home");
    enum vf_status st = VF_OK;
    for (size_t at = l->off; rest.n > 0 && st == VF_OK;) {
        uint32_t cp;
        size_t n = vf_utf8_decode(rest, &cp), bad = 0;
        while (n == 0 && rest.n > 0) {
            bad++;
            rest = vf_slice_from(rest, 1);
            n = rest.n > 0 ? vf_utf8_decode(rest, &cp) : 1;
        }
        if (bad == 0) {
            rest = vf_slice_from(rest, n);
            at += n;
            continue;
        }
        struct vf_buf b = {0};
        struct vf_flaw f = {
            .kind = VF_FLAW_CFG_UNDECODABLE, .line = l->no, .off = at, .len = bad, .value = l->value};
        vf_py_put_hex_escaped(&b, vf_slice_sub(r->src->bytes, at, at + bad));
        st = vf_out_keep(r->out, &b, &f.repair, r->err);
        if (st == VF_OK)
            st = mend ? vf_out_repair(r->out, &f, r->err)
                      : vf_out_note(r->out, f.kind, f.line, f.off, f.len, f.value, r->err);
        at += bad;
    }
    return st;
}

static enum vf_status check_line_end(const struct reader *r, const struct line *l)
{
    bool lone = l->next - l->end == 1 && r->src->bytes.p[l->end] == '\r';
    return lone ? repair(r, VF_FLAW_CFG_LONE_CR, l, l->end, l->next, VF_S("\n")) : VF_OK;
}

/* What the C reader of 3.10 and older makes of a home line: exactly `home`, a blank, `=`, one blank. */
static enum vf_status check_legacy_home(const struct reader *r, const struct line *l)
{
    size_t key = offset_of(l, l->key), value = offset_of(l, l->value);
    size_t gap = key + l->key.n, eq = l->off + vf_slice_find_byte(l->text, '=', 0);
    enum vf_flaw_kind kind = VF_FLAW_CFG_NO_BLANKS;
    const char *p = r->src->bytes.p;
    if (!vf_slice_eq(l->key, VF_S("home")))
        kind = VF_FLAW_CFG_KEY_CASE;
    else if (eq > gap && value - eq > 2)
        kind = VF_FLAW_CFG_TWO_BLANKS;
    else if (eq > gap && value - eq == 2 && (p[eq + 1] == ' ' || p[eq + 1] == '\t'))
        return r->long_line ? note(r, VF_FLAW_CFG_LONG_LINE, l) : VF_OK;
    return repair(r, kind, l, key, value, VF_S("home = "));
}

/* --- references --- */

static struct vf_ref *add_ref(const struct reader *r, const struct line *l, enum vf_role role,
                              const char *key)
{
    struct vf_ref *ref = vf_out_ref(r->out);
    if (!ref)
        return NULL;
    *ref = (struct vf_ref){.syntax = VF_SYN_CFG,
                           .role = role,
                           .line = l->no,
                           .off = offset_of(l, l->value),
                           .len = l->value.n,
                           .value = l->value,
                           .extra = l->key,
                           .key = key};
    ref->value_off = ref->off;
    if (!key)
        ref->key = vf_arena_cstr(r->out->a, l->key);
    return ref->key ? ref : NULL;
}

static struct vf_slice unquote(struct vf_slice v)
{
    bool quoted = v.n > 2 && (v.p[0] == '"' || v.p[0] == '\'') && v.p[v.n - 1] == v.p[0];
    return quoted ? vf_slice_sub(v, 1, v.n - 1) : (struct vf_slice){0};
}

static enum vf_status check_home(const struct reader *r, const struct line *l, struct vf_ref *ref)
{
    if (l->value.n == 0) {
        ref->form = FORM_EMPTY;
        ref->off = ref->value_off = l->off + vf_slice_find_byte(l->text, '=', 0) + 1;
        ref->len = l->end - ref->off;
        return note(r, VF_FLAW_CFG_EMPTY_HOME, l);
    }
    ref->raw = unquote(l->value);
    if (ref->raw.n > 0) {
        ref->flags |= vf_path_is_abs(ref->raw) ? 0 : VF_REF_RELATIVE;
        return repair(r, VF_FLAW_CFG_QUOTED_HOME, l, ref->off, ref->off + ref->len, ref->raw);
    }
    if (vf_path_is_abs(l->value))
        return VF_OK;
    ref->flags |= VF_REF_RELATIVE;
    return note(r, VF_FLAW_CFG_RELATIVE_HOME, l);
}

static enum vf_status read_home(struct reader *r, const struct line *l)
{
    enum vf_status st = VF_OK;
    if (r->homes++ == 0)
        r->home = l->value;
    else if (r->spilling || vf_slice_eq(r->home, l->value))
        return delete_line(r, VF_FLAW_CFG_DUPLICATE_HOME, l);
    else
        st = note(r, VF_FLAW_CFG_DUPLICATE_HOME, l);
    struct vf_ref *ref = st == VF_OK ? add_ref(r, l, VF_ROLE_HOME, "home") : NULL;
    if (!ref)
        return st == VF_OK ? vf_err_nomem(r->err) : st;
    st = check_home(r, l, ref);
    bool legacy = r->legacy && r->homes == 1; /* that reader, too, takes the first */
    if (st == VF_OK && legacy && l->value.n > 0)
        st = check_legacy_home(r, l);
    if (st == VF_OK && legacy && l->next == l->end)
        st = repair(r, VF_FLAW_CFG_NO_FINAL_LF, l, l->end, l->end, VF_S("\n"));
    return st;
}

/* --- the path of `command` --- */

/* `\xNN` at i; what it stands for in *byte. */
static bool hex_escape(struct vf_slice s, size_t i, uint32_t *byte)
{
    return vf_slice_starts(vf_slice_from(s, i), VF_S("\\x")) &&
           vf_hex_number(vf_slice_from(s, i + 2), 2, byte);
}

/* What no line holds, and a blank at its end, which no reader would see, become `\xNN`; so does the backslash
 * of what would be read as one. */
static void put_command_path(struct vf_buf *out, struct vf_slice path)
{
    size_t end = path.n, from = 0;
    uint32_t byte;
    while (end > 0 && path.p[end - 1] == ' ')
        end--;
    for (size_t i = 0; i < end; i++) {
        if (!hex_escape(path, i, &byte))
            continue;
        vf_py_put_hex_escaped(out, vf_slice_sub(path, from, i));
        vf_buf_puts(out, "\\x5c");
        from = i + 1;
    }
    vf_py_put_hex_escaped(out, vf_slice_sub(path, from, end));
    for (size_t i = end; i < path.n; i++)
        vf_buf_puts(out, "\\x20");
}

/* The path for which put_command_path writes this text; empty where it is the text itself, or there is none:
 * venv escapes nothing. */
static enum vf_status read_command_path(const struct reader *r, struct vf_slice text, struct vf_slice *path)
{
    struct vf_buf plain = {0}, again = {0};
    uint32_t byte;
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < text.n; i++) {
        bool escaped = hex_escape(text, i, &byte);
        vf_buf_putc(&plain, escaped ? (char)byte : text.p[i]);
        i += escaped ? 3 : 0;
    }
    put_command_path(&again, vf_buf_slice(&plain));
    if (plain.failed || again.failed)
        st = vf_err_nomem(r->err);
    else if (plain.n < text.n && vf_slice_eq(vf_buf_slice(&again), text))
        return vf_buf_release(&again), vf_out_keep(r->out, &plain, path, r->err);
    vf_buf_release(&plain);
    vf_buf_release(&again);
    return st;
}

/* Behind `-m venv` and its flags the rest of the line is the environment, blanks included
 * (docs/formats.md 1.3). */
static struct vf_slice command_path(struct vf_slice v)
{
    static const struct vf_slice flags[] = {VF_S_INIT("--symlinks "),    VF_S_INIT("--copies "),
                                            VF_S_INIT("--without-pip "), VF_S_INIT("--system-site-packages "),
                                            VF_S_INIT("--clear "),       VF_S_INIT("--upgrade "),
                                            VF_S_INIT("--upgrade-deps ")};
    static const struct vf_slice last = VF_S_INIT("--without-scm-ignore-files "),
                                 prompt = VF_S_INIT("--prompt=\"");
    size_t at = vf_slice_find(v, VF_S(" -m venv "), 0), n = 9;
    if (at == VF_NPOS) {
        at = vf_slice_find(v, VF_S(" -m virtualenv "), 0);
        n = 15;
    }
    if (at == VF_NPOS)
        return (struct vf_slice){0};
    v = vf_slice_from(v, at + n);
    for (size_t i = 0; i < VF_COUNT(flags); i++)
        v = vf_slice_from(v, vf_slice_starts(v, flags[i]) ? flags[i].n : 0);
    if (vf_slice_starts(v, prompt)) {
        size_t path = vf_slice_find(v, VF_S("\" /"), prompt.n),
               flag = vf_slice_find(v, VF_S("\" --without-scm"), prompt.n);
        at = path < flag ? path : flag;
        v = vf_slice_from(v, at == VF_NPOS ? v.n : at + 2);
    }
    v = vf_slice_from(v, vf_slice_starts(v, last) ? last.n : 0);
    at = vf_slice_starts(v, VF_S("/")) ? 0 : vf_slice_find(v, VF_S(" /"), 0);
    return vf_slice_from(v, at == VF_NPOS ? v.n : at + (at > 0));
}

static enum vf_status read_command(struct reader *r, const struct line *l)
{
    struct line tail = *l;
    r->command = 0;
    tail.value = command_path(l->value);
    if (tail.value.n == 0)
        return VF_OK;
    struct vf_ref *ref = add_ref(r, &tail, VF_ROLE_COMMAND, "command");
    if (!ref)
        return vf_err_nomem(r->err);
    r->command = r->out->refs.n;
    return read_command_path(r, tail.value, &ref->raw);
}

/* As a repr (venv), in `"` without escapes (virtualenv), or as it is (uv). A repr has `"` only around a `'`.
 */
static enum vf_status read_prompt(const struct reader *r, const struct line *l)
{
    struct vf_ref *ref = add_ref(r, l, VF_ROLE_PROMPT, "prompt");
    struct vf_slice inner = unquote(l->value);
    if (!ref || inner.n == 0)
        return ref ? VF_OK : vf_err_nomem(r->err);
    ref->value_off++;
    ref->value = inner;
    ref->form = FORM_WRAPPED;
    struct vf_buf b = {0};
    size_t used = 0;
    bool repr = l->value.p[0] == '\'' || vf_slice_find_byte(inner, '\'', 0) != VF_NPOS;
    if (repr && vf_pystr_get(&b, l->value, &used) && used == l->value.n) {
        ref->form = FORM_REPR;
        return vf_out_keep(r->out, &b, &ref->value, r->err);
    }
    vf_buf_release(&b);
    return VF_OK;
}

static enum vf_status read_flag(struct reader *r, const struct line *l)
{
    r->flag = vf_slice_eq_nocase(l->value, VF_S("true"));
    r->flag_seen = true;
    r->flag_line = l->no;
    return r->flag || vf_slice_eq_nocase(l->value, VF_S("false")) ? VF_OK
                                                                  : note(r, VF_FLAW_CFG_BAD_BOOLEAN, l);
}

/* --- the file --- */

static enum vf_status check_duplicate(struct reader *r, const struct line *l)
{
    char *key = vf_arena_cstr(r->out->a, l->key);
    if (!key)
        return vf_err_nomem(r->err);
    for (size_t i = 0; i < l->key.n; i++)
        if (key[i] >= 'A' && key[i] <= 'Z')
            key[i] = (char)(key[i] | 0x20);
    struct vf_slice lower = {key, l->key.n};
    size_t old;
    bool again = vf_map_get(&r->seen, lower, &old);
    if (!again && !vf_map_put(&r->seen, lower, 0))
        return vf_err_nomem(r->err);
    return again && !key_is(l, "home") ? note(r, VF_FLAW_CFG_DUPLICATE_KEY, l) : VF_OK;
}

static enum vf_status read_pair(struct reader *r, const struct line *l)
{
    static const char *const bases[] = {"executable", "base-prefix", "base-exec-prefix", "base-executable",
                                        "venvlauncher_command"};
    enum vf_status st = check_duplicate(r, l);
    if (st != VF_OK)
        return st;
    if (key_is(l, "home"))
        return read_home(r, l);
    if (key_is(l, "include-system-site-packages"))
        return read_flag(r, l);
    if (key_is(l, "command"))
        return read_command(r, l);
    if (l->value.n == 0)
        return VF_OK;
    if (key_is(l, "prompt"))
        return read_prompt(r, l);
    for (size_t i = 0; i < VF_COUNT(bases); i++)
        if (key_is(l, bases[i]))
            return add_ref(r, l, VF_ROLE_BASE, bases[i]) ? VF_OK : vf_err_nomem(r->err);
    bool comment = l->key.n > 0 && l->key.p[0] == '#';
    if (comment || !vf_path_is_abs(l->value))
        return VF_OK;
    return add_ref(r, l, VF_ROLE_CFG_VALUE, NULL) ? VF_OK : vf_err_nomem(r->err);
}

/* Part of a `command` whose path or prompt has a line feed: no key of anybody has a slash. */
static bool is_spilled(const struct reader *r, const struct line *l)
{
    return r->spilling && vf_py_strip(l->text).n > 0 &&
           (!l->pair || vf_slice_find_byte(l->key, '/', 0) != VF_NPOS);
}

static enum vf_status read_spilled(const struct reader *r, const struct line *l)
{
    if (r->command > 0) {
        struct vf_ref *ref = VF_VEC_AT(struct vf_ref, &r->out->refs, r->command - 1);
        struct vf_slice so_far = ref->raw.n > 0 ? ref->raw : ref->value;
        ref->raw = vf_arena_concat(r->out->a, so_far, VF_S("\n"), l->text);
        if (!ref->raw.p)
            return vf_err_nomem(r->err);
    }
    return delete_line(r, VF_FLAW_CFG_SPILLED_LINE, l);
}

static enum vf_status read_line(struct reader *r, const struct line *l)
{
    if (is_spilled(r, l))
        return read_spilled(r, l);
    enum vf_status st = check_encoding(r, l);
    if (st == VF_OK)
        st = check_line_end(r, l);
    if (st == VF_OK && l->pair)
        st = read_pair(r, l);
    bool home = key_is(l, "home");
    r->spilling = key_is(l, "command") || (r->spilling && home);
    r->command = key_is(l, "command") ? r->command : 0;
    r->long_line = r->long_line || l->text.n >= LEGACY_LINE;
    return st;
}

static enum vf_status finish(const struct reader *r, size_t start, const struct line *last)
{
    enum vf_status st = VF_OK;
    size_t n = r->src->bytes.n;
    if (r->homes == 0)
        st = vf_out_note(r->out, VF_FLAW_CFG_NO_HOME, 1, start, 0, (struct vf_slice){0}, r->err);
    if (st == VF_OK && !r->flag_seen)
        st = vf_out_note(r->out, VF_FLAW_CFG_NO_BOOLEAN, last->no, n, 0, (struct vf_slice){0}, r->err);
    if (st == VF_OK && r->flag)
        st = vf_out_note(r->out, VF_FLAW_CFG_SYSTEM_SITE, r->flag_line, 0, 0, VF_S("true"), r->err);
    return st;
}

enum vf_status vf_read_CFG(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    struct reader r = {.src = src, .out = out, .err = err, .legacy = src->copies && src->py_minor <= 10};
    struct line l = {0};
    enum vf_status st = VF_OK;
    vf_map_init(&r.seen, out->a);
    if (vf_slice_starts(src->bytes, VF_S("\xEF\xBB\xBF"))) {
        struct vf_flaw bom = {.kind = VF_FLAW_CFG_BOM, .line = 1, .len = 3};
        st = vf_out_repair(out, &bom, err);
        l.next = 3;
    }
    size_t start = l.next;
    while (st == VF_OK && next_line(src->bytes, &l))
        st = read_line(&r, &l);
    return st == VF_OK ? finish(&r, start, &l) : st;
}

/* --- writing --- */

static bool is_storable(struct vf_slice v)
{
    return v.n > 0 && vf_utf8_valid(v) && vf_slice_find_byte(v, '\n', 0) == VF_NPOS &&
           vf_slice_find_byte(v, '\r', 0) == VF_NPOS && vf_slice_find_byte(v, '\0', 0) == VF_NPOS &&
           vf_py_strip(v).n == v.n;
}

/* A prompt is a name for people: what cannot be stored as it is, is escaped. */
static void write_prompt(const struct vf_ref *ref, struct vf_slice name, struct vf_buf *out)
{
    bool quote = name.n > 0 && (name.p[0] == '"' || name.p[0] == '\'');
    bool wrap = ref->form == FORM_WRAPPED || name.n == 0 || quote || vf_py_strip(name).n != name.n;
    if (ref->form == FORM_REPR) {
        vf_pyrepr_put(out, name);
        return;
    }
    if (wrap)
        vf_buf_putc(out, '"');
    vf_py_put_hex_escaped(out, name);
    if (wrap)
        vf_buf_putc(out, '"');
}

enum vf_status vf_write_CFG(const struct vf_ref *ref, const struct vf_source *src, struct vf_slice path,
                            const struct vf_write_ctx *target, struct vf_buf *out, struct vf_err *err)
{
    (void)src;
    (void)target;
    if (ref->role == VF_ROLE_PROMPT) {
        write_prompt(ref, path, out);
        return VF_OK;
    }
    if (ref->role == VF_ROLE_COMMAND) {
        put_command_path(out, path);
        return VF_OK;
    }
    if (!is_storable(path))
        return vf_unwritable(
            err, path,
            "pyvenv.cfg cannot store a path with a line end, with blanks at its ends, or that is no UTF-8");
    if (ref->form == FORM_EMPTY)
        vf_buf_putc(out, ' ');
    vf_buf_put(out, path);
    return VF_OK;
}
