/* junit.c: JUnit XML: a suite for each environment, a test case for each finding; those that make check exit
 * with 1 are failures. A suite is never empty, since Jenkins takes an empty one for a mistake. */
#include "report/location.h"
#include "report/markup.h"

static void put(struct vf_buf *out, struct venvfix_bytes v)
{
    vf_markup_put(out, (struct vf_slice){v.p, v.n});
}

void vf_junit_begin(struct vf_buf *out, struct vf_checks *c)
{
    (void)c;
    vf_buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"venvfix\">\n");
}

static void put_case(struct vf_buf *out, const struct vf_checked *one, const struct venvfix_finding *f)
{
    struct vf_buf where = {0}, text = {0};
    vf_location_put(&where, one, f);
    vf_finding_put_text(&text, f);
    vf_buf_printf(out, "    <testcase classname=\"venvfix.%s\" name=\"", f->rule);
    vf_markup_put(out, vf_buf_slice(&where));
    if (f->line > 0)
        vf_buf_printf(out, ":%lld", (long long)f->line);
    if (f->offset >= 0)
        vf_buf_printf(out, " byte %lld", (long long)f->offset);
    vf_buf_printf(out, " %s\" file=\"", f->name);
    vf_markup_put(out, vf_buf_slice(&where));
    vf_buf_putc(out, '"');
    if (f->line > 0)
        vf_buf_printf(out, " line=\"%lld\"", (long long)f->line);
    if (vf_finding_fails(one->result, f)) {
        vf_buf_printf(out, ">\n      <failure type=\"%s\" message=\"", venvfix_level_name(f->level));
        put(out, f->message);
        vf_buf_puts(out, "\">");
        vf_markup_put(out, vf_buf_slice(&text));
        vf_buf_puts(out, "</failure>\n    </testcase>\n");
    } else if (f->suppressed) {
        vf_buf_puts(out, ">\n      <skipped message=\"in the baseline\"/>\n    </testcase>\n");
    } else {
        vf_buf_puts(out, ">\n      <system-out>");
        vf_markup_put(out, vf_buf_slice(&text));
        vf_buf_puts(out, "</system-out>\n    </testcase>\n");
    }
    out->failed = out->failed || where.failed || text.failed;
    vf_buf_release(&where);
    vf_buf_release(&text);
}

static void put_error_suite(struct vf_buf *out, const char *name, const struct venvfix_error *e)
{
    struct vf_buf text = {0};
    vf_error_put_text(&text, e);
    vf_buf_puts(out, "  <testsuite name=\"");
    vf_markup_put(out, vf_slice_of(name));
    vf_buf_puts(out,
                "\" tests=\"1\" failures=\"0\" errors=\"1\">\n"
                "    <testcase classname=\"venvfix\" name=\"could not be checked\">\n      <error type=\"");
    vf_markup_put(out, vf_slice_of(e->code));
    vf_buf_puts(out, "\" message=\"");
    vf_markup_put(out, vf_buf_slice(&text));
    vf_buf_puts(out, "\"/>\n    </testcase>\n  </testsuite>\n");
    vf_buf_release(&text);
}

void vf_junit_check(struct vf_buf *out, struct vf_checks *c, const struct vf_checked *one)
{
    const struct venvfix_check_result *r = one->result;
    size_t failures = 0, skipped = 0, n = r->findings.n;
    (void)c;
    if (r->error.code) {
        put_error_suite(out, one->env, &r->error);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        failures += vf_finding_fails(r, &r->findings.v[i]);
        skipped += r->findings.v[i].suppressed;
    }
    vf_buf_puts(out, "  <testsuite name=\"");
    put(out, r->path);
    vf_buf_printf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\">\n", n ? n : 1,
                  failures, skipped);
    for (size_t i = 0; i < n; i++)
        put_case(out, one, &r->findings.v[i]);
    if (n == 0)
        vf_buf_puts(out, "    <testcase classname=\"venvfix\" name=\"no findings\"/>\n");
    vf_buf_puts(out, "  </testsuite>\n");
}

void vf_junit_end(struct vf_buf *out, struct vf_checks *c)
{
    (void)c;
    vf_buf_puts(out, "</testsuites>\n");
}

void vf_junit_error(struct vf_buf *out, const struct venvfix_error *e)
{
    vf_junit_begin(out, NULL);
    put_error_suite(out, "venvfix", e);
    vf_junit_end(out, NULL);
}
