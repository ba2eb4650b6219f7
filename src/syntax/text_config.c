/* Formats whose lines are `KEY = VALUE`: INI files, systemd units, crontabs, desktop entries, properties of
 * Java. Each reader has its own escapes, some of them only for some keys. */
#include "syntax/text.h"

#include <string.h>

#include "base/escape.h"
#include "base/search.h"

/* The line around a path. */
struct setting {
    struct vf_slice key;    /* empty: a comment, or a line that goes on from the one before */
    size_t line, from, end; /* where the line, and its value, begin, and where the value ends */
    bool comment;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct setting setting_at(const struct vf_text_writer *w, const char *separators, const char *comments)
{
    struct vf_slice s = w->bytes;
    struct setting v = {.line = vf_text_line_before(w)->start};
    size_t off = (size_t)w->ref->off, lf = vf_slice_find_byte(s, '\n', off), i = v.line;
    v.end = lf == VF_NPOS ? s.n : lf;
    while (v.end > off && (is_blank(s.p[v.end - 1]) || s.p[v.end - 1] == '\r'))
        v.end--;
    while (i < off && is_blank(s.p[i]))
        i++;
    v.from = i;
    v.comment = i < off && vf_text_has_any(vf_slice_sub(s, i, i + 1), comments);
    size_t sep = i;
    while (sep < off && !vf_text_has_any(vf_slice_sub(s, sep, sep + 1), separators))
        sep++;
    if (v.comment || sep >= off)
        return v;
    v.key = vf_slice_trim(vf_slice_sub(s, i, sep));
    for (v.from = sep + 1; v.from < off && is_blank(s.p[v.from]);)
        v.from++;
    return v;
}

static bool put_comment(const struct vf_text_writer *w)
{
    vf_buf_put(w->out, w->path);
    return !vf_text_has_any(w->path, "\n\r");
}

/* ---- INI ---- */

/* A path that is read as a comment, or as more than itself. */
static bool ini_refuses(const struct vf_text_writer *w, const struct setting *v)
{
    static const struct vf_slice comments[] = {VF_S_INIT(" #"), VF_S_INIT(" ;"), VF_S_INIT("\t#"),
                                               VF_S_INIT("\t;")};
    struct vf_slice path = w->path;
    for (size_t i = 0; i < VF_COUNT(comments); i++)
        if (vf_slice_find(path, comments[i], 0) != VF_NPOS)
            return true;
    if (is_blank(path.p[path.n - 1]) && w->ref->off + w->ref->len >= v->end)
        return true;
    return vf_slice_find_byte(path, '$', 0) != VF_NPOS && vf_slice_find(w->bytes, VF_S("${"), 0) != VF_NPOS;
}

/* supervisor splits its commands as a shell does. */
static bool is_supervised(const struct vf_text_writer *w, const struct setting *v)
{
    return vf_slice_eq(v->key, VF_S("command")) && vf_slice_find(w->bytes, VF_S("[program:"), 0) != VF_NPOS;
}

static bool put_command(struct vf_buf *out, const struct vf_text_writer *w, const struct setting *v)
{
    struct vf_shell_scan scan = {0};
    struct vf_slice command = vf_slice_sub(w->bytes, v->from, v->end);
    enum vf_shell_context at = vf_shell_context_at(&scan, command, (size_t)w->ref->off - v->from);
    return vf_shell_context_put(out, w->path, at, VF_LANG_SHELL, w->original);
}

bool vf_text_put_ini(const struct vf_text_writer *w, enum vf_text_lang lang)
{
    const char *twice = lang == VF_LANG_INI_PERCENT ? "%" : "";
    struct setting v = setting_at(w, "=:", "#;");
    if (v.comment)
        return put_comment(w);
    if (ini_refuses(w, &v))
        return false;
    if (lang == VF_LANG_INI_UNSURE && vf_text_has_any(w->path, "%") && !vf_text_has_any(w->ref->value, "%"))
        return false;
    if (is_supervised(w, &v)) {
        struct vf_buf words;
        vf_buf_init(&words);
        bool ok = put_command(&words, w, &v) && !vf_text_has_any(w->path, "\n");
        vf_text_put_doubled(w->out, vf_buf_slice(&words), twice);
        w->out->failed = w->out->failed || words.failed;
        vf_buf_release(&words);
        return ok;
    }
    vf_text_put_doubled(w->out, w->path, twice);
    char quote = vf_text_line_before(w)->quote;
    char quoted[] = {quote, '\\', '\0'};
    if (quote && vf_text_has_any(w->path, quote == '"' ? quoted : "'"))
        return false;
    return quote ? !vf_text_has_any(w->path, "\n\r") : vf_text_fits_value(w, v.from, v.end);
}

/* ---- systemd: systemd.syntax(7), systemd.unit(5), systemd.service(5) ---- */

enum unit_value {
    UNIT_COMMAND, /* words: quotes, escapes of C, variables */
    UNIT_WORDS,   /* words: quotes, escapes of C */
    UNIT_PATHS,   /* words: quotes, a backslash before a byte */
    UNIT_WHOLE    /* the value is one string */
};

static enum unit_value unit_value_of(struct vf_slice key)
{
    static const char *const paths[] = {
        "ReadWritePaths",
        "ReadOnlyPaths",
        "InaccessiblePaths",
        "ExecPaths",
        "NoExecPaths",
        "BindPaths",
        "BindReadOnlyPaths",
        "RequiresMountsFor",
        "WantsMountsFor",
        "TemporaryFileSystem",
        "ReadWriteDirectories",
        "ReadOnlyDirectories",
        "InaccessibleDirectories",
    };
    if (vf_slice_starts(key, VF_S("Exec")) && !vf_slice_ends(key, VF_S("Paths")))
        return UNIT_COMMAND;
    if (vf_slice_eq(key, VF_S("Environment")))
        return UNIT_WORDS;
    for (size_t i = 0; i < VF_COUNT(paths); i++)
        if (vf_slice_eq(key, vf_slice_of(paths[i])))
            return UNIT_PATHS;
    return UNIT_WHOLE;
}

/* Is the path the program of the command, whose variables are not replaced? */
static bool is_program(const struct vf_text_writer *w, const struct setting *v)
{
    struct vf_slice before = vf_slice_sub(w->bytes, v->from, (size_t)w->ref->off);
    return !vf_text_has_any(before, " \t;");
}

static void put_unit_byte(const struct vf_text_writer *w, char c, enum unit_value kind, char quote)
{
    static const char digits[] = "0123456789abcdef";
    bool blank = c == ' ' && !quote;
    if (c == '%' || (c == '$' && kind == UNIT_COMMAND))
        vf_buf_putc(w->out, c);
    if (kind == UNIT_WHOLE || (!blank && !strchr("\"'\\\t", c))) {
        vf_buf_putc(w->out, c);
        return;
    }
    vf_buf_putc(w->out, '\\');
    if (kind == UNIT_PATHS || c == '\\') {
        vf_buf_putc(w->out, c);
        return;
    }
    vf_buf_putc(w->out, 'x');
    vf_buf_putc(w->out, digits[(unsigned char)c >> 4]);
    vf_buf_putc(w->out, digits[(unsigned char)c & 15]);
}

bool vf_text_put_systemd(const struct vf_text_writer *w)
{
    struct setting v = setting_at(w, "=", "#;");
    if (v.comment)
        return put_comment(w);
    if (!v.key.n)
        return vf_text_is_plain(w->path) && (vf_buf_put(w->out, w->path), !vf_text_has_any(w->path, "%"));
    enum unit_value kind = unit_value_of(v.key);
    if (kind == UNIT_COMMAND && vf_text_has_any(w->path, "$\"'\\") && is_program(w, &v))
        return false; /* whatever their escapes: systemd takes no program with such a name */
    if (kind == UNIT_PATHS && vf_text_has_any(w->path, ":"))
        return false;
    char quote = kind == UNIT_WHOLE ? '\0' : vf_text_line_before(w)->quote;
    for (size_t i = 0; i < w->path.n; i++)
        put_unit_byte(w, w->path.p[i], kind, quote);
    struct vf_slice last = vf_slice_from(w->path, w->path.n - 1);
    if (kind == UNIT_WHOLE && vf_text_has_any(last, " \t\\") && w->ref->off + w->ref->len >= v.end)
        return false;
    return !vf_text_has_any(w->path, "\n\r");
}

/* ---- crontab(5) ---- */

static bool is_assignment(struct vf_slice key)
{
    for (size_t i = 0; i < key.n; i++) {
        char c = key.p[i];
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (!letter && c != '_' && c != '"' && c != '\'' && !(i > 0 && c >= '0' && c <= '9'))
            return false;
    }
    return key.n > 0;
}

/* Where the command of a line begins: behind five fields, or one that begins with `@`. */
static size_t command_start(const struct vf_text_writer *w, size_t at)
{
    struct vf_slice s = w->bytes;
    size_t off = (size_t)w->ref->off;
    unsigned fields = at < off && s.p[at] == '@' ? 1 : 5;
    for (; fields > 0 && at < off; fields--) {
        while (at < off && !is_blank(s.p[at]))
            at++;
        while (at < off && is_blank(s.p[at]))
            at++;
    }
    return at;
}

bool vf_text_put_cron(const struct vf_text_writer *w)
{
    struct setting v = setting_at(w, "=", "#");
    if (v.comment)
        return put_comment(w);
    if (is_assignment(v.key)) {
        char quote = vf_text_line_before(w)->quote;
        char quoted[] = {quote, '\\', '\0'};
        vf_buf_put(w->out, w->path);
        return !vf_text_has_any(w->path, quote ? quoted : "\"'\\") && vf_text_fits_value(w, v.from, v.end);
    }
    struct vf_buf words;
    vf_buf_init(&words);
    size_t first = v.line;
    while (first < w->ref->off && is_blank(w->bytes.p[first]))
        first++;
    v.from = command_start(w, first);
    bool ok = put_command(&words, w, &v) && !vf_text_has_any(w->path, "\n\r");
    for (size_t i = 0; i < words.n; i++) { /* `%` ends the command, unless a backslash is before it */
        if (words.p[i] == '%')
            vf_buf_putc(w->out, '\\');
        vf_buf_putc(w->out, words.p[i]);
    }
    w->out->failed = w->out->failed || words.failed;
    vf_buf_release(&words);
    return ok;
}

/* ---- Desktop Entry Specification: "The Exec key" ---- */

/* One argument, whole, in the double quotes that it needs; the value itself doubles each backslash. */
static void put_argument(const struct vf_text_writer *w, bool quote)
{
    if (quote)
        vf_buf_putc(w->out, '"');
    for (size_t i = 0; i < w->path.n; i++) {
        char c = w->path.p[i];
        if (strchr("\"`$\\", c))
            vf_buf_put(w->out, VF_S("\\\\"));
        if (c == '%' || c == '\\')
            vf_buf_putc(w->out, c);
        vf_buf_putc(w->out, c);
    }
}

bool vf_text_writes_rest(struct vf_slice path)
{
    return vf_slice_ends(path, VF_S(".desktop"));
}

/* The bytes behind the old path, as they are. */
static void put_rest(const struct vf_text_writer *w)
{
    if (w->ref->flags & VF_REF_REST)
        vf_buf_put(w->out, vf_slice_from(w->original, (size_t)(w->ref->value_off - w->ref->off)));
}

bool vf_text_put_desktop(const struct vf_text_writer *w)
{
    struct setting v = setting_at(w, "=", "#");
    bool exec = vf_slice_eq(v.key, VF_S("Exec")), quoted = vf_text_line_before(w)->quote == '"';
    if (vf_text_has_any(w->path, "\n\r\t"))
        return false;
    if (v.comment || !exec) {
        vf_text_put_doubled(w->out, w->path, v.comment ? "" : "\\");
        put_rest(w);
        return true;
    }
    bool quote = !quoted && (!vf_text_is_plain(w->path) || vf_text_has_any(w->path, "=~"));
    if (quote && w->ref->off > v.from && !is_blank(w->bytes.p[w->ref->off - 1]))
        return false; /* only a part of its argument */
    put_argument(w, quote);
    put_rest(w);
    if (quote)
        vf_buf_putc(w->out, '"');
    return true;
}

/* ---- java.util.Properties ---- */

/* Bytes that are no ASCII are ISO 8859-1 to the reader of a stream, UTF-8 to that of a text. */
static bool put_properties_letter(const struct vf_text_writer *w, struct vf_slice at, size_t *n)
{
    uint32_t cp;
    *n = vf_utf8_decode(at, &cp);
    return *n > 0 && vf_encoding_put(w->out, VF_ENC_JSON, vf_slice_sub(at, 0, *n), VF_S("\\u"));
}

bool vf_text_put_properties(const struct vf_text_writer *w)
{
    struct setting v = setting_at(w, "=: \t", "#!");
    if (v.comment)
        return put_comment(w);
    const char *special = v.key.n ? "\\" : "\\ :=#!";
    bool ok = !vf_text_has_any(w->path, "\n\r\t\f");
    for (size_t i = 0, n = 1; i < w->path.n && ok; i += n, n = 1) {
        struct vf_slice byte = vf_slice_from(w->path, i);
        if ((byte.p[0] & 0x80) != 0) {
            ok = put_properties_letter(w, byte, &n);
            continue;
        }
        if (strchr(special, byte.p[0]))
            vf_buf_putc(w->out, '\\');
        vf_buf_putc(w->out, byte.p[0]);
    }
    return ok;
}
