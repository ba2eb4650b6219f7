/* text_freeze.c: the requirements list or the lock file, as the library made it. */
#include "report/report.h"

void vf_text_freeze(struct vf_buf *out, const struct vf_report *r, const struct vf_report_style *style)
{
    (void)style;
    vf_buf_put(out, (struct vf_slice){r->freeze->text.p, r->freeze->text.n});
}
