/* html.c: one self-contained page: the answer, a picture of where the references lead, and a table that can
 * be filtered. It is whole without JavaScript; foreign text is only ever element content or a quoted
 * attribute, escaped. */
#include <string.h>

#include "report/location.h"
#include "report/markup.h"

#define DESTINATIONS 8u /* in the picture */

static const char style_text[] =
    ":root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--soft:#f3f4f6;--line:#d0d7de;--error:#b42318;"
    "--warning:#8a5a00;--info:#57606a;--good:#116329}\n"
    "@media(prefers-color-scheme:dark){:root{--fg:#e6edf3;--bg:#0d1117;--soft:#161b22;--line:#30363d;"
    "--error:#ff8f85;--warning:#e3b341;--info:#9aa4ae;--good:#56d364}}\n"
    "body{font:15px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);margin:2rem auto;"
    "max-width:76rem;padding:0 1rem}\n"
    "h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem;overflow-wrap:anywhere}\n"
    "code{font:13px/1.45 ui-monospace,monospace;overflow-wrap:anywhere}\n"
    ".scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}\n"
    "th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}\n"
    "th{background:var(--soft)}.error{color:var(--error)}.warning{color:var(--warning)}.info{color:var(--"
    "info)}\n"
    ".good{color:var(--good)}.count{color:var(--info)}\n"
    "label{display:inline-block;margin:.6rem 0}input{font:inherit;width:22rem;max-width:100%;padding:.25rem "
    ".5rem;"
    "color:inherit;background:var(--bg);border:1px solid var(--line);border-radius:4px}\n"
    "svg text{font:12px ui-monospace,monospace;fill:var(--fg)}svg .edge{fill:none;stroke-opacity:.7}\n"
    ".edge.error{stroke:var(--error)}.edge.warning{stroke:var(--warning)}.edge.info{stroke:var(--info)}\n";

static const char script_text[] =
    "document.querySelectorAll('input[data-table]').forEach(function(input){\n"
    "input.parentNode.hidden=false;\n"
    "input.addEventListener('input',function(){\n"
    "var words=input.value.toLowerCase().split(/\\s+/);\n"
    "document.querySelectorAll('#'+input.dataset.table+' tbody tr').forEach(function(row){\n"
    "var text=row.textContent.toLowerCase();\n"
    "row.hidden=!words.every(function(w){return text.indexOf(w)>=0});});});});\n";

static struct vf_slice slice(struct venvfix_bytes b)
{
    return (struct vf_slice){b.p, b.n};
}

static void put_code(struct vf_buf *out, struct vf_slice text)
{
    vf_buf_puts(out, "<code>");
    vf_markup_put(out, text);
    vf_buf_puts(out, "</code>");
}

/* --- where the references lead --- */

struct destination {
    struct vf_slice name;
    uint64_t count;
    enum venvfix_level worst;
};

struct picture {
    struct destination v[DESTINATIONS];
    size_t n;
    uint64_t others;
};

static bool is_below(struct vf_slice path, struct vf_slice dir)
{
    return dir.n > 0 && vf_slice_starts(path, dir) && (path.n == dir.n || path.p[dir.n] == '/');
}

/* The directory that stands for a path: a prefix of the environment, else its first two components. */
static struct vf_slice destination_of(const struct venvfix_check_result *r, struct vf_slice path)
{
    if (is_below(path, slice(r->path)))
        return slice(r->path);
    if (is_below(path, slice(r->resolved)))
        return slice(r->resolved);
    for (size_t i = 0; i < r->n_old_places; i++)
        if (is_below(path, slice(r->old_places[i].path)))
            return slice(r->old_places[i].path);
    size_t end = vf_slice_find_byte(path, '/', 1);
    end = end == VF_NPOS ? end : vf_slice_find_byte(path, '/', end + 1);
    return end == VF_NPOS ? path : vf_slice_sub(path, 0, end);
}

static void add_destination(struct picture *p, struct vf_slice name, const struct venvfix_finding *f)
{
    size_t i = 0;
    while (i < p->n && !vf_slice_eq(p->v[i].name, name))
        i++;
    if (i == DESTINATIONS) {
        p->others += f->count;
        return;
    }
    if (i == p->n)
        p->v[p->n++] = (struct destination){.name = name};
    p->v[i].count += f->count;
    if (f->level > p->v[i].worst)
        p->v[i].worst = f->level;
}

static void make_picture(const struct venvfix_check_result *r, struct picture *p)
{
    memset(p, 0, sizeof *p);
    for (size_t i = 0; i < r->findings.n; i++) {
        const struct venvfix_finding *f = &r->findings.v[i];
        struct vf_slice path = f->target.p && f->target.n ? slice(f->target) : slice(f->value);
        if (path.n > 1 && path.p[0] == '/' && !f->suppressed)
            add_destination(p, destination_of(r, path), f);
    }
}

static void put_edge(struct vf_buf *out, const struct destination *d, size_t row)
{
    unsigned y = 20 + (unsigned)row * 30, width = 1;
    for (uint64_t n = d->count; n > 1 && width < 8; n /= 3)
        width++;
    vf_buf_printf(out, "<path class=\"edge %s\" stroke-width=\"%u\" d=\"M120 20 C200 20 200 %u 280 %u\"/>\n",
                  venvfix_level_name(d->worst), width, y, y);
    vf_buf_printf(out, "<text x=\"290\" y=\"%u\">", y + 4);
    vf_markup_put(out, d->name);
    vf_buf_printf(out, " (%llu)</text>\n", (unsigned long long)d->count);
}

static void put_picture(struct vf_buf *out, const struct venvfix_check_result *r)
{
    struct picture p;
    make_picture(r, &p);
    if (p.n == 0)
        return;
    unsigned height = 20 + (unsigned)(p.n + (p.others > 0)) * 30;
    vf_buf_printf(
        out,
        "<div class=\"scroll\"><svg role=\"img\" aria-label=\"Where the references of this environment "
        "lead\" "
        "width=\"900\" height=\"%u\" viewBox=\"0 0 900 %u\">\n<text x=\"0\" y=\"24\">environment</text>\n",
        height, height);
    for (size_t i = 0; i < p.n; i++)
        put_edge(out, &p.v[i], i);
    if (p.others > 0)
        vf_buf_printf(out, "<text x=\"290\" y=\"%u\">%llu elsewhere</text>\n", 24 + (unsigned)p.n * 30,
                      (unsigned long long)p.others);
    vf_buf_puts(out, "</svg></div>\n");
}

/* --- the table --- */

static void put_finding(struct vf_buf *out, const struct vf_checked *one, const struct venvfix_finding *f)
{
    struct vf_buf where = {0};
    vf_location_put(&where, one, f);
    if (f->line > 0)
        vf_buf_printf(&where, ":%lld", (long long)f->line);
    vf_buf_printf(out, "<tr><td class=\"%s\">%s</td><td>%s<br>%s</td><td>", venvfix_level_name(f->level),
                  venvfix_level_name(f->level), f->rule, f->name);
    put_code(out, vf_buf_slice(&where));
    if (f->distribution.p) {
        vf_buf_puts(out, "<br><span class=\"count\">");
        vf_markup_put(out, slice(f->distribution));
        vf_buf_puts(out, "</span>");
    }
    vf_buf_puts(out, "</td><td>");
    vf_markup_put(out, slice(f->message));
    if (f->value.p && f->value.n > 0) {
        vf_buf_puts(out, "<br>");
        put_code(out, slice(f->value));
    }
    if (f->expected.p && f->expected.n > 0) {
        vf_buf_puts(out, "<br>expected ");
        put_code(out, slice(f->expected));
    }
    if (f->count > 1)
        vf_buf_printf(out, " <span class=\"count\">%u times</span>", f->count);
    vf_buf_puts(out, "</td></tr>\n");
    out->failed = out->failed || where.failed;
    vf_buf_release(&where);
}

static void put_table(struct vf_buf *out, const struct vf_checks *c, const struct vf_checked *one)
{
    unsigned long long id = (unsigned long long)c->environments;
    const struct venvfix_findings *fs = &one->result->findings;
    vf_buf_printf(
        out,
        "<label hidden>Filter <input type=\"search\" data-table=\"t%llu\" placeholder=\"words of a row\">"
        "</label>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Findings\">"
        "<table id=\"t%llu\">\n<thead><tr><th>Level</th><th>Rule</th><th>File</th><th>Finding</th></tr>"
        "</thead>\n<tbody>\n",
        id, id);
    for (int level = VENVFIX_LEVEL_ERROR; level >= VENVFIX_LEVEL_INFO; level--)
        for (size_t i = 0; i < fs->n; i++)
            if ((int)fs->v[i].level == level && !fs->v[i].suppressed)
                put_finding(out, one, &fs->v[i]);
    vf_buf_puts(out, "</tbody></table></div>\n");
}

/* --- the page --- */

void vf_html_begin(struct vf_buf *out, struct vf_checks *c)
{
    (void)c;
    vf_buf_printf(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<title>venvfix report</title>\n<style>\n%s</style></head>\n<body><h1>venvfix report</h1>\n",
        style_text);
}

static void put_error(struct vf_buf *out, const struct venvfix_error *e)
{
    struct vf_buf text = {0};
    vf_error_put_text(&text, e);
    vf_buf_puts(out, "<p class=\"error\">Could not be checked: ");
    vf_markup_put(out, vf_buf_slice(&text));
    vf_buf_puts(out, "</p>\n");
    vf_buf_release(&text);
}

static void put_answer(struct vf_buf *out, const struct venvfix_check_result *r)
{
    bool unknown = !r->bundle && vf_report_unknown(r);
    bool good = r->bundle ? r->exit == 0 : r->sound && !unknown;
    vf_buf_printf(out, "<p><strong class=\"%s\">", good ? "good" : "error");
    if (r->bundle)
        vf_buf_puts(out, good ? "Complete for its target" : "Not complete for its target");
    else if (unknown)
        vf_buf_puts(out, r->at.p ? "May not work at " : "May not work where it is");
    else if (r->at.p)
        vf_buf_puts(out, good ? "Would work at " : "Would not work at ");
    else
        vf_buf_puts(out, good ? "Works where it is" : "Does not work where it is");
    if (!r->bundle && r->at.p)
        put_code(out, slice(r->at));
    vf_buf_printf(out, "</strong>: %u errors, %u warnings, %u of level info", r->errors, r->warnings,
                  r->infos);
    if (r->suppressed > 0)
        vf_buf_printf(out, ", %u in the baseline", r->suppressed);
    vf_buf_printf(out, ". %llu packages, %llu files.</p>\n", (unsigned long long)r->distributions,
                  (unsigned long long)r->files);
}

void vf_html_check(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one)
{
    const struct venvfix_check_result *r = one->result;
    vf_buf_puts(out, "<section><h2>");
    vf_markup_put(out, r->path.p ? slice(r->path) : vf_slice_of(one->env));
    vf_buf_puts(out, "</h2>\n");
    if (r->error.code) {
        put_error(out, &r->error);
    } else {
        put_answer(out, r);
        put_picture(out, r);
        if (r->findings.n > r->suppressed)
            put_table(out, c, one);
    }
    vf_buf_puts(out, "</section>\n");
}

void vf_html_end(struct vf_buf *out, struct vf_checks *c)
{
    if (c && c->several)
        vf_buf_printf(
            out, "<p>%llu environments: %llu fine, %llu with problems, %llu could not be examined.</p>\n",
            (unsigned long long)c->environments, (unsigned long long)c->sound, (unsigned long long)c->unsound,
            (unsigned long long)c->unreadable);
    vf_buf_printf(out, "<script>\n%s</script>\n</body></html>\n", script_text);
}

void vf_html_error(struct vf_buf *out, const struct venvfix_error *e)
{
    vf_html_begin(out, NULL);
    put_error(out, e);
    vf_html_end(out, NULL);
}
