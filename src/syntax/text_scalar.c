/* YAML and TOML: a path is part of a scalar that is plain, between quotes, or a block. */
#include "syntax/text.h"

#include <string.h>

#include "base/search.h"

static char byte_at(struct vf_slice s, size_t i)
{
    return i < s.n ? s.p[i] : '\0';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* ---- where an offset stands ---- */

/* Does this line, which ends at the LF at `i`, end with `|` or `>` and their indicators? */
static bool announces_block(struct vf_slice text, size_t i)
{
    while (i > 0 && is_blank(text.p[i - 1]))
        i--;
    while (i > 0 && text.p[i - 1] != '\0' && strchr("+-0123456789", text.p[i - 1]))
        i--;
    return i > 0 && (text.p[i - 1] == '|' || text.p[i - 1] == '>') &&
           (i == 1 || is_blank(byte_at(text, i - 2)));
}

static void end_line(struct vf_scalar_scan *sc, struct vf_slice text, enum vf_text_lang lang)
{
    bool announced = lang == VF_LANG_YAML && !sc->block && !sc->comment && announces_block(text, sc->i);
    size_t n = 0;
    while (byte_at(text, sc->i + 1 + n) == ' ')
        n++;
    char first = byte_at(text, sc->i + 1 + n);
    if (announced) {
        sc->block = true;
        sc->block_indent = sc->indent;
    } else if (sc->block && n <= sc->block_indent && first != '\n' && first != '\r') {
        sc->block = false;
    }
    sc->indent = n;
    sc->comment = false;
    sc->begins = lang == VF_LANG_YAML || sc->flow > 0;
    sc->i++;
}

static void open_quote(struct vf_scalar_scan *sc, struct vf_slice text, enum vf_text_lang lang)
{
    sc->quote = text.p[sc->i];
    bool three = byte_at(text, sc->i + 1) == sc->quote && byte_at(text, sc->i + 2) == sc->quote;
    sc->triple = lang == VF_LANG_TOML && three;
    sc->i += sc->triple ? 3 : 1;
    sc->open = sc->i;
    sc->begins = false;
}

static void step_quoted(struct vf_scalar_scan *sc, struct vf_slice text, enum vf_text_lang lang)
{
    char c = text.p[sc->i];
    bool next = byte_at(text, sc->i + 1) == sc->quote;
    if (c == '\\' && sc->quote == '"') {
        sc->i += 2;
    } else if (c != sc->quote) {
        sc->i++;
    } else if (sc->triple) {
        bool closes = next && byte_at(text, sc->i + 2) == sc->quote;
        sc->i += closes ? 3 : 1;
        sc->quote = closes ? '\0' : sc->quote;
    } else if (lang == VF_LANG_YAML && sc->quote == '\'' && next) {
        sc->i += 2;
    } else {
        sc->quote = '\0';
        sc->i++;
    }
}

static void step_plain(struct vf_scalar_scan *sc, struct vf_slice text, enum vf_text_lang lang)
{
    char c = text.p[sc->i], next = byte_at(text, sc->i + 1);
    bool yaml = lang == VF_LANG_YAML;
    if (c == '#' && (!yaml || sc->i == 0 || strchr(" \t\n", text.p[sc->i - 1]))) {
        sc->comment = true;
    } else if ((c == '"' || c == '\'') && sc->begins) {
        open_quote(sc, text, lang);
        return;
    } else if (yaml) {
        if ((c == '[' || c == '{') && sc->begins)
            sc->flow++;
        else if ((c == ']' || c == '}') && sc->flow > 0)
            sc->flow--;
        bool mark = (c == ':' || c == '-' || c == '?') && (next == ' ' || next == '\t' || next == '\n');
        bool flow = c == '[' || c == '{' || (sc->flow > 0 && c == ',');
        sc->begins = is_blank(c) ? sc->begins : mark || (flow && (sc->flow > 0));
    } else {
        sc->begins = is_blank(c) ? sc->begins : strchr("=[,{.", c) != NULL || sc->begins;
    }
    sc->i++;
}

void vf_scalar_scan_to(struct vf_scalar_scan *sc, struct vf_slice text, size_t off, enum vf_text_lang lang)
{
    if (sc->off == 0 || off < sc->off) {
        *sc = (struct vf_scalar_scan){.begins = true};
        while (byte_at(text, sc->indent) == ' ')
            sc->indent++;
    }
    sc->off = off;
    while (sc->i < off && sc->i < text.n) {
        if (sc->quote)
            step_quoted(sc, text, lang);
        else if (text.p[sc->i] == '\n')
            end_line(sc, text, lang);
        else if (sc->comment || sc->block)
            sc->i++;
        else
            step_plain(sc, text, lang);
    }
}

/* ---- what is written there ---- */

static size_t end_of_line(const struct vf_text_writer *w)
{
    size_t lf = vf_slice_find_byte(w->bytes, '\n', (size_t)w->ref->off);
    size_t end = lf == VF_NPOS ? w->bytes.n : lf;
    while (end > w->ref->off && is_blank(w->bytes.p[end - 1]))
        end--;
    return end;
}

static bool put_quoted(const struct vf_text_writer *w, const struct vf_scalar_scan *sc,
                       enum vf_text_lang lang)
{
    size_t end = (size_t)(w->ref->off + w->ref->len);
    while (end < w->bytes.n && w->bytes.p[end] != sc->quote && (sc->triple || w->bytes.p[end] != '\n'))
        end++;
    if (!vf_text_fits_value(w, sc->open, end))
        return false;
    if (sc->quote == '"')
        return vf_encoding_put(w->out, VF_ENC_JSON, w->path, w->utf8 ? VF_S("\xC3\xA9") : w->original);
    if (lang == VF_LANG_YAML) {
        vf_text_put_doubled(w->out, w->path, "'");
        return true;
    }
    vf_buf_put(w->out, w->path);
    return !vf_text_has_any(w->path, "'");
}

static bool put_plain_scalar(const struct vf_text_writer *w, const struct vf_scalar_scan *sc)
{
    static const struct vf_slice ends[] = {VF_S_INIT(": "), VF_S_INIT(" #"), VF_S_INIT(":\t"),
                                           VF_S_INIT("\t#")};
    size_t off = (size_t)w->ref->off, end = end_of_line(w), from = off, stop = off;
    const char *flow = sc->flow > 0 ? ",[]{}" : "";
    for (size_t i = 0; i < VF_COUNT(ends); i++)
        if (vf_slice_find(w->path, ends[i], 0) != VF_NPOS)
            return false;
    if (vf_text_has_any(w->path, flow))
        return false;
    while (from > 0 && !strchr(" \t\n,[{\"'", w->bytes.p[from - 1]))
        from--;
    while (stop < end && !(sc->flow > 0 && strchr(",]}", w->bytes.p[stop])))
        stop++;
    bool words = !sc->begins && vf_text_needs_more(w); /* other words are in front of it */
    char last = w->path.p[w->path.n - 1];
    bool ends_so = (last == ' ' || last == ':' || last == '\t') && off + w->ref->len >= stop;
    vf_buf_put(w->out, w->path);
    return !words && !ends_so && vf_text_fits_value(w, from, stop);
}

bool vf_text_put_scalar(const struct vf_text_writer *w, enum vf_text_lang lang)
{
    size_t off = (size_t)w->ref->off;
    struct vf_scalar_scan *sc = &w->memo->scalar;
    vf_scalar_scan_to(sc, w->bytes, off, lang);
    if (sc->quote)
        return put_quoted(w, sc, lang);
    if (!sc->comment && !sc->block)
        return lang == VF_LANG_YAML && put_plain_scalar(w, sc);
    vf_buf_put(w->out, w->path);
    size_t start = vf_text_line_before(w)->start;
    while (start < off && is_blank(w->bytes.p[start]))
        start++;
    return sc->comment ? !vf_text_has_any(w->path, "\n\r") : vf_text_fits_value(w, start, end_of_line(w));
}
