/* github.c: workflow commands of GitHub Actions (`::error file=...::text`). A step shows ten annotations of a
 * level; the others are summed up in one line each. */
#include "base/escape.h"
#include "report/location.h"
#include "report/markup.h"

#define SHOWN 10u

/* The runner ends a command at a line feed and decodes %XX; in a property a comma and a colon have a meaning,
 * too. Bytes that are no UTF-8 become U+FFFD. */
static void put_escaped(struct vf_buf *out, struct vf_slice text, bool property)
{
    struct vf_buf clean = {0};
    vf_utf8_lossy(&clean, text);
    for (size_t i = 0; i < clean.n; i++) {
        char c = clean.p[i];
        if (c == '%' || c == '\r' || c == '\n' || (property && (c == ',' || c == ':')))
            vf_buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
        else
            vf_buf_putc(out, c);
    }
    out->failed = out->failed || clean.failed;
    vf_buf_release(&clean);
}

static const char *command_of(enum venvfix_level level)
{
    static const char *const names[] = {"notice", "warning", "error"};
    return names[level];
}

static void put_annotation(struct vf_buf *out, const struct vf_checks *c, const struct vf_checked *one,
                           const struct venvfix_finding *f)
{
    struct vf_buf where = {0}, text = {0};
    vf_location_put(&where, one, f);
    if (c->anchor) { /* the annotation is shown at the committed file, the text names the real one */
        vf_buf_put(&text, vf_buf_slice(&where));
        vf_buf_puts(&text, ": ");
        vf_buf_clear(&where);
        vf_buf_puts(&where, c->anchor);
    }
    vf_finding_put_text(&text, f);
    vf_buf_printf(out, "::%s file=", command_of(f->level));
    put_escaped(out, vf_buf_slice(&where), true);
    long long line = c->anchor ? (long long)c->anchor_line : (long long)f->line;
    if (line > 0)
        vf_buf_printf(out, ",line=%lld", line);
    vf_buf_printf(out, ",title=%s %s::", f->rule, f->name);
    put_escaped(out, vf_buf_slice(&text), false);
    vf_buf_putc(out, '\n');
    out->failed = out->failed || where.failed || text.failed;
    vf_buf_release(&where);
    vf_buf_release(&text);
}

void vf_github_error(struct vf_buf *out, const struct venvfix_error *e)
{
    struct vf_buf text = {0};
    vf_error_put_text(&text, e);
    vf_buf_puts(out, "::error title=venvfix::");
    put_escaped(out, vf_buf_slice(&text), false);
    vf_buf_putc(out, '\n');
    vf_buf_release(&text);
}

void vf_github_check(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one)
{
    const struct venvfix_check_result *r = one->result;
    if (r->error.code) {
        vf_github_error(out, &r->error);
        return;
    }
    for (int level = VENVFIX_LEVEL_ERROR; level >= VENVFIX_LEVEL_INFO; level--)
        for (size_t i = 0; i < r->findings.n; i++) {
            const struct venvfix_finding *f = &r->findings.v[i];
            if ((int)f->level == level && !f->suppressed && c->shown[level]++ < SHOWN)
                put_annotation(out, c, one, f);
        }
}

void vf_github_end(struct vf_buf *out, struct vf_checks *c)
{
    for (int level = VENVFIX_LEVEL_ERROR; level >= VENVFIX_LEVEL_INFO; level--)
        if (c->shown[level] > SHOWN)
            vf_buf_printf(out, "%llu more findings of level %s\n",
                          (unsigned long long)(c->shown[level] - SHOWN),
                          venvfix_level_name((enum venvfix_level)level));
    vf_buf_printf(out, "venvfix: %llu errors, %llu warnings, %llu of level info in %llu environment%s\n",
                  (unsigned long long)c->errors, (unsigned long long)c->warnings,
                  (unsigned long long)c->infos, (unsigned long long)c->environments,
                  c->environments == 1 ? "" : "s");
}
