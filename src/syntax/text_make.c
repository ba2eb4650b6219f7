/* Makefiles and sed scripts: two readings of one text, make's or sed's and then the shell's or that of a
 * regular expression. */
#include "syntax/text.h"

#include <string.h>

enum { MAKE_NAMES = 16 };

/* How the values of a make variable are read where it is used. */
struct uses {
    struct vf_slice names[MAKE_NAMES]; /* the variable, and those that are made of it */
    size_t n;
    bool bare, single, dual; /* in a recipe or a rule outside quotes; between '...'; between "..." */
    bool lost;               /* more names than are followed */
};

static bool is_name_byte(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-' ||
           c == '.';
}

/* The variable that the line sets; empty: none. */
static struct vf_slice assigned_name(struct vf_slice line)
{
    size_t i = 0;
    while (i < line.n && line.p[i] == ' ')
        i++;
    struct vf_slice rest = vf_slice_from(line, i);
    static const struct vf_slice words[] = {VF_S_INIT("export "), VF_S_INIT("override ")};
    for (size_t k = 0; k < VF_COUNT(words); k++)
        if (vf_slice_starts(rest, words[k]))
            rest = vf_slice_from(rest, words[k].n);
    size_t n = 0;
    while (n < rest.n && is_name_byte(rest.p[n]))
        n++;
    struct vf_slice behind = vf_slice_from(rest, n);
    while (behind.n && behind.p[0] == ' ')
        behind = vf_slice_from(behind, 1);
    while (behind.n && strchr(":?+!", behind.p[0]))
        behind = vf_slice_from(behind, 1);
    bool sets = n > 0 && behind.n && behind.p[0] == '=' && line.p[0] != '\t';
    return sets ? vf_slice_sub(rest, 0, n) : (struct vf_slice){"", 0};
}

static void add_name(struct uses *u, struct vf_slice name)
{
    for (size_t i = 0; i < u->n; i++)
        if (vf_slice_eq(u->names[i], name))
            return;
    if (u->n == MAKE_NAMES)
        u->lost = true;
    else
        u->names[u->n++] = name;
}

static void note_use(struct uses *u, struct vf_slice line, size_t at)
{
    struct vf_slice made = assigned_name(line);
    if (made.n) {
        add_name(u, made);
        return;
    }
    char quote = '\0';
    for (size_t i = 0; i < at; i++) {
        char c = line.p[i];
        if (c == '\\')
            i++;
        else if (quote ? c == quote : c == '"' || c == '\'')
            quote = quote ? '\0' : c;
    }
    u->single = u->single || quote == '\'';
    u->dual = u->dual || quote == '"';
    u->bare = u->bare || !quote;
}

/* Every `$(NAME` and `${NAME` of one variable. */
static void note_uses(struct uses *u, struct vf_slice text, struct vf_slice name)
{
    struct vf_slice rest = text, line;
    while (vf_slice_next_line(&rest, &line))
        for (size_t i = 0; (i = vf_slice_find(line, name, i)) != VF_NPOS; i += name.n) {
            bool opened = i >= 2 && strchr("({", line.p[i - 1]) && line.p[i - 2] == '$';
            bool closed = i + name.n < line.n && strchr(")}:", line.p[i + name.n]);
            if (opened && closed)
                note_use(u, line, i - 2);
        }
}

static void find_uses(struct uses *u, struct vf_slice text, struct vf_slice name)
{
    add_name(u, name);
    for (size_t i = 0; i < u->n; i++)
        note_uses(u, text, u->names[i]);
}

/* What the shell of a recipe takes for the path, with `$` doubled for make. */
static bool put_for_shell(const struct vf_text_writer *w, enum vf_shell_context at)
{
    struct vf_buf words;
    vf_buf_init(&words);
    bool ok = vf_shell_context_put(&words, w->path, at, VF_LANG_SHELL, w->original);
    vf_text_put_doubled(w->out, vf_buf_slice(&words), "$");
    w->out->failed = w->out->failed || words.failed;
    vf_buf_release(&words);
    return ok && !vf_text_has_any(w->path, "\n\r");
}

static bool put_assigned(const struct vf_text_writer *w, struct vf_slice name)
{
    struct uses u = {.n = 0};
    if (vf_text_has_any(w->path, "#\n\r"))
        return false;
    find_uses(&u, w->bytes, name);
    unsigned kinds = (u.bare ? 1u : 0) + (u.single ? 1u : 0) + (u.dual ? 1u : 0);
    if (vf_text_is_plain(w->path)) {
        vf_buf_put(w->out, w->path);
        return true;
    }
    if (u.lost || kinds > 1)
        return false;
    if (u.single)
        return put_for_shell(w, VF_SHELL_SINGLE);
    return put_for_shell(w, u.dual ? VF_SHELL_DOUBLE : VF_SHELL_BARE);
}

bool vf_text_put_make(const struct vf_text_writer *w)
{
    struct vf_slice s = w->bytes;
    size_t off = (size_t)w->ref->off, start = vf_text_line_before(w)->start;
    size_t lf = vf_slice_find_byte(s, '\n', off);
    struct vf_slice line = vf_slice_sub(s, start, lf == VF_NPOS ? s.n : lf);
    if (line.n && line.p[0] == '\t') {
        struct vf_shell_scan scan = {0};
        return put_for_shell(w, vf_shell_context_at(&scan, line, off - start));
    }
    if (vf_text_line_before(w)->hash) {
        vf_buf_put(w->out, w->path);
        return !vf_text_has_any(w->path, "\n\r\\");
    }
    struct vf_slice name = assigned_name(line);
    if (name.n)
        return put_assigned(w, name);
    for (size_t i = 0; i < w->path.n; i++) { /* a target or what it needs */
        if (w->path.p[i] == ' ' || w->path.p[i] == '#')
            vf_buf_putc(w->out, '\\');
        if (w->path.p[i] == '$')
            vf_buf_putc(w->out, '$');
        vf_buf_putc(w->out, w->path.p[i]);
    }
    size_t colon = vf_slice_find_byte(vf_slice_sub(line, 0, off - start), ':', 0);
    bool pattern = colon == VF_NPOS || vf_slice_find_byte(vf_slice_sub(line, 0, colon), '%', 0) != VF_NPOS;
    if (vf_text_has_any(w->path, "\n\r") || (pattern && vf_text_has_any(w->path, "%")))
        return false;
    return !vf_text_has_any(w->path, "\t:\\|;*?[]~'\"") || !vf_text_needs_more(w);
}

/* ---- sed ---- */

/* The bytes behind an `s` or `y` that may be its delimiter in this line: at most one a command. */
static bool is_delimiter(struct vf_slice line, char c)
{
    for (size_t i = 0; i + 1 < line.n; i++) {
        bool command = line.p[i] == 's' || line.p[i] == 'y' || line.p[i] == '\\';
        bool begins = i == 0 || !is_name_byte(line.p[i - 1]);
        if (command && begins && line.p[i + 1] == c)
            return true;
    }
    return false;
}

bool vf_text_put_sed(const struct vf_text_writer *w)
{
    size_t off = (size_t)w->ref->off, start = vf_text_line_before(w)->start;
    size_t lf = vf_slice_find_byte(w->bytes, '\n', off);
    struct vf_slice line = vf_slice_sub(w->bytes, start, lf == VF_NPOS ? w->bytes.n : lf);
    bool slashes = vf_slice_find(w->original, VF_S("\\/"), 0) != VF_NPOS;
    for (size_t i = 0; i < w->path.n; i++) {
        char c = w->path.p[i];
        if (c == '/' && slashes)
            vf_buf_putc(w->out, '\\');
        else if (c != '/' && is_delimiter(line, c))
            return false;
        vf_buf_putc(w->out, c);
    }
    return !vf_text_has_any(w->path, "\n\r\\&[]*^$") &&
           (!vf_text_has_any(w->path, " ;{}'\"") || !vf_text_needs_more(w));
}
