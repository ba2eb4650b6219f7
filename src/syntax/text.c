/* A place found in any other file. Its text alone is replaced, in the spelling it had, and with the quoting
 * of the language around it; where the result would not be valid any more it is VF_UNWRITABLE. */
#include "syntax/text.h"

#include <string.h>

#include "base/escape.h"
#include "base/path.h"
#include "base/search.h"
#include "syntax/header.h"
#include "syntax/pytext.h"
#include "syntax/shell_words.h"

/* --- which language --- */

struct suffix {
    const char *end;
    enum vf_text_lang lang;
};

static enum vf_text_lang lang_of_name(struct vf_slice name)
{
    static const struct suffix ends[] = {
        {".py", VF_LANG_PYTHON},  {".pyw", VF_LANG_PYTHON},  {".pyi", VF_LANG_PYTHON},
        {".tac", VF_LANG_PYTHON}, {".xsh", VF_LANG_PYTHON},  {".pth", VF_LANG_PYTHON},
        {".sh", VF_LANG_SHELL},   {".bash", VF_LANG_SHELL},  {".zsh", VF_LANG_SHELL},
        {".ksh", VF_LANG_SHELL},  {".envrc", VF_LANG_SHELL}, {".csh", VF_LANG_CSH},
        {".tcsh", VF_LANG_CSH},   {".fish", VF_LANG_FISH},   {".json", VF_LANG_JSON},
        {".ipynb", VF_LANG_JSON}, {".jsonl", VF_LANG_JSON},  {".pc", VF_LANG_PC},
        {".xml", VF_LANG_XML},    {".html", VF_LANG_XML},    {".htm", VF_LANG_XML},
        {".xhtml", VF_LANG_XML},  {".svg", VF_LANG_XML},     {".iml", VF_LANG_XML},
        {".plist", VF_LANG_XML},  {".nu", VF_LANG_CODE},     {".ps1", VF_LANG_CODE},
        {".bat", VF_LANG_CODE},   {".cmd", VF_LANG_CODE},    {".js", VF_LANG_CODE},
        {".mjs", VF_LANG_CODE},   {".cjs", VF_LANG_CODE},    {".ts", VF_LANG_CODE},
        {".pl", VF_LANG_CODE},    {".pm", VF_LANG_CODE},     {".rb", VF_LANG_CODE},
        {".lua", VF_LANG_CODE},   {".c", VF_LANG_CODE},      {".h", VF_LANG_CODE},
        {".cpp", VF_LANG_CODE},   {".hpp", VF_LANG_CODE},    {".cc", VF_LANG_CODE},
        {".pyx", VF_LANG_CODE},   {".cmake", VF_LANG_CODE},  {".R", VF_LANG_CODE},
        {".jl", VF_LANG_CODE},    {".css", VF_LANG_CODE}};
    for (size_t i = 0; i < VF_COUNT(ends); i++)
        if (vf_slice_ends(name, vf_slice_of(ends[i].end)))
            return ends[i].lang;
    return VF_LANG_RAW;
}

static enum vf_text_lang lang_of_program(struct vf_slice name)
{
    static const struct suffix programs[] = {
        {"sh", VF_LANG_SHELL},  {"bash", VF_LANG_SHELL}, {"dash", VF_LANG_SHELL},
        {"ash", VF_LANG_SHELL}, {"zsh", VF_LANG_SHELL},  {"ksh", VF_LANG_SHELL},
        {"csh", VF_LANG_CSH},   {"tcsh", VF_LANG_CSH},   {"fish", VF_LANG_FISH}};
    for (size_t i = 0; i < VF_COUNT(programs); i++)
        if (vf_slice_eq(name, vf_slice_of(programs[i].end)))
            return programs[i].lang;
    return vf_name_is_python(name) ? VF_LANG_PYTHON : VF_LANG_CODE;
}

/* A line that begins with `export NAME=`: sourced files (hooks, activate) have no other mark. */
static bool has_export(struct vf_slice s)
{
    static const struct vf_slice word = VF_S_INIT("export ");
    s = vf_slice_sub(s, 0, VF_HEADER_HEAD);
    for (size_t i = vf_slice_find(s, word, 0); i != VF_NPOS; i = vf_slice_find(s, word, i + 1)) {
        if (i > 0 && s.p[i - 1] != '\n')
            continue;
        size_t k = i + word.n;
        while (k < s.n && (s.p[k] == '_' || (s.p[k] >= '0' && s.p[k] <= '9') ||
                           ((s.p[k] | 0x20) >= 'a' && (s.p[k] | 0x20) <= 'z')))
            k++;
        if (k > i + word.n && k < s.n && s.p[k] == '=')
            return true;
    }
    return false;
}

enum vf_status vf_text_lang_of(const struct vf_source *src, enum vf_text_lang *lang, struct vf_err *err)
{
    struct vf_header h;
    struct vf_arena a;
    vf_arena_init(&a);
    enum vf_status st = vf_header_parse(src->bytes, &a, &h, err);
    if (st == VF_OK && h.form != VF_HEADER_NONE)
        *lang = h.form == VF_HEADER_M ? lang_of_program(vf_path_base(h.value)) : VF_LANG_PYTHON;
    else
        *lang = lang_of_name(vf_path_base(src->path));
    if (*lang == VF_LANG_RAW && has_export(src->bytes))
        *lang = VF_LANG_SHELL;
    vf_arena_release(&a);
    return st;
}

/* --- writing --- */

struct writer {
    const struct vf_ref *ref;
    struct vf_slice bytes, path, original;
    struct vf_buf *out;
    struct vf_text_memo *memo;
    bool utf8; /* the file is, so it must stay so */
};

static bool has_any(struct vf_slice s, const char *set)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\0' && strchr(set, s.p[i]))
            return true;
    return false;
}

/* Letters that no language takes for anything else; other scripts' letters too. */
static bool is_plain_text(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] & 0x80) == 0 && !vf_shell_is_plain(vf_slice_sub(s, i, i + 1)) && s.p[i] != '~')
            return false;
    return true;
}

/* The line in front of the path: where it begins, which quote is open, whether a `#` stands there. */
static const struct vf_line_scan *line_before(const struct writer *w)
{
    vf_line_scan_to(&w->memo->line, w->bytes, (size_t)w->ref->off);
    return &w->memo->line;
}

static bool write_raw(const struct writer *w)
{
    size_t off = (size_t)w->ref->off;
    char prev = off > 0 && w->bytes.p[off - 1] != '\n' ? w->bytes.p[off - 1] : '\0';
    char quoted[] = {prev, '\\', '\0'};
    if ((prev == '"' || prev == '\'') && has_any(w->path, prev == '"' ? quoted : "'"))
        return false;
    vf_buf_put(w->out, w->path);
    return !has_any(w->path, "\n\r");
}

static bool write_code(const struct writer *w)
{
    vf_buf_put(w->out, w->path);
    if (is_plain_text(w->path))
        return true;
    return line_before(w)->quote != '\0' && !has_any(w->path, "\"'\\$`%{}\n\r\t");
}

/* Whether a `$` there would begin something else: `${NAME}`, or `$$`, which not all take for one `$`. */
static bool pc_dollar_binds(const struct writer *w, size_t i)
{
    size_t end = (size_t)(w->ref->off + w->ref->len);
    struct vf_slice next =
        i + 1 < w->path.n ? vf_slice_sub(w->path, i + 1, i + 2) : vf_slice_sub(w->bytes, end, end + 1);
    return w->path.p[i] == '$' && has_any(next, "${");
}

/* Three readings in turn: `\#` and the end of the line, `${NAME}`, the quotes of a shell (to which `$` is an
 * ordinary byte). pkg-config, pkgconf 1 and later ones agree on what is written here. */
static bool write_pc(const struct writer *w)
{
    char quote = line_before(w)->quote;
    const char *special = quote == '\0' ? " \t\"'\\#" : quote == '"' ? "\"\\#" : "#";
    const char *apart = quote == '\0' ? "${" : quote == '"' ? "$" : ""; /* what may follow `$\` */
    bool ok = !has_any(w->path, quote == '\'' ? "\n\r'" : "\n\r"), binds = false;
    for (size_t i = 0; i < w->path.n; i++) {
        struct vf_slice byte = vf_slice_sub(w->path, i, i + 1);
        if (binds || has_any(byte, special))
            vf_buf_putc(w->out, '\\');
        vf_buf_put(w->out, byte);
        binds = pc_dollar_binds(w, i);
        struct vf_slice next = vf_slice_sub(w->path, i + 1, i + 2);
        ok = ok && (!binds || has_any(next, apart));
        ok = ok && !(quote == '\'' && byte.p[0] == '\\' && has_any(next, "#")); /* `\\#` is a comment */
    }
    return ok;
}

static bool write_python(const struct writer *w)
{
    const struct vf_py_string *str = vf_py_string_at(&w->memo->py, w->bytes, (size_t)w->ref->off);
    if (str)
        return vf_py_put_body(w->out, w->path, str, !w->utf8);
    vf_buf_put(w->out, w->path);
    return line_before(w)->hash ? !has_any(w->path, "\n\r") : is_plain_text(w->path);
}

/* A file: or other URL whose path begins here is percent-encoded whatever the text around it is. */
static bool in_url(const struct writer *w)
{
    return w->ref->form == VF_ENC_PERCENT ||
           vf_slice_ends(vf_slice_sub(w->bytes, 0, w->ref->off), VF_S("://"));
}

static bool write_in(const struct writer *w, enum vf_text_lang lang)
{
    size_t off = (size_t)w->ref->off;
    enum vf_encoding sp = w->ref->form < VF_ENCODINGS ? (enum vf_encoding)w->ref->form : VF_ENC_RAW;
    if (in_url(w))
        return vf_encoding_put(w->out, VF_ENC_PERCENT, w->path, w->original);
    switch (lang) {
    case VF_LANG_RAW:
        return sp == VF_ENC_RAW ? write_raw(w) : vf_encoding_put(w->out, sp, w->path, w->original);
    case VF_LANG_CODE:
        return sp == VF_ENC_RAW ? write_code(w) : vf_encoding_put(w->out, sp, w->path, w->original);
    case VF_LANG_SHELL:
        return vf_shell_context_put(w->out, w->path, vf_shell_context_at(&w->memo->shell, w->bytes, off),
                                    lang, w->original);
    case VF_LANG_CSH:
    case VF_LANG_FISH:
        return vf_shell_context_put(
            w->out, w->path, vf_simple_context_at(&w->memo->shell, w->bytes, off, lang), lang, w->original);
    case VF_LANG_PYTHON:
        return write_python(w);
    case VF_LANG_JSON:
        return vf_encoding_put(w->out, VF_ENC_JSON, w->path, w->original);
    case VF_LANG_PC:
        return write_pc(w);
    case VF_LANG_XML:
        return vf_encoding_put(w->out, VF_ENC_XML, w->path, w->original);
    }
    return false;
}

enum vf_status vf_read_TEXT(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    (void)src; /* the search makes these references */
    (void)out;
    (void)err;
    return VF_OK;
}

bool vf_source_is_utf8(const struct vf_source *src)
{
    struct vf_text_memo own = {0}, *memo = src->memo ? src->memo : &own;
    if (!memo->utf8_known)
        memo->utf8 = vf_utf8_valid(src->bytes);
    memo->utf8_known = true;
    return memo->utf8;
}

static enum vf_status look_at_all(const struct vf_source *src, struct vf_text_memo *memo, struct vf_err *err)
{
    memo->binary = vf_slice_find_byte(src->bytes, '\0', 0) != VF_NPOS;
    enum vf_status st = vf_text_lang_of(src, &memo->lang, err);
    memo->known = st == VF_OK;
    return st;
}

enum vf_status vf_write_TEXT(const struct vf_ref *ref, const struct vf_source *src, struct vf_slice path,
                             const struct vf_write_ctx *target, struct vf_buf *out, struct vf_err *err)
{
    (void)target;
    struct vf_text_memo own = {0}, *memo = src->memo ? src->memo : &own;
    if (path.n == 0 || vf_slice_find_byte(path, '\0', 0) != VF_NPOS)
        return vf_unwritable(err, path, "no file names this path");
    enum vf_status st = memo->known ? VF_OK : look_at_all(src, memo, err);
    if (st != VF_OK)
        return st;
    if (memo->binary)
        return vf_unwritable(err, path, "the file is binary: the text's length may be stored elsewhere");
    struct writer w = {.ref = ref,
                       .bytes = src->bytes,
                       .path = path,
                       .original = vf_slice_sub(src->bytes, ref->off, ref->off + ref->len),
                       .out = out,
                       .memo = memo,
                       .utf8 = vf_source_is_utf8(src)};
    size_t start = out->n;
    bool ok = write_in(&w, memo->lang) || out->failed; /* of which the caller knows */
    if (ok && !out->failed && w.utf8)
        ok = vf_utf8_valid(vf_slice_from(vf_buf_slice(out), start));
    return ok ? VF_OK : vf_unwritable(err, path, "the text around it cannot hold this path");
}
