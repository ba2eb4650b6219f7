/* pycache.h: compiled files that a lock bundle brings, put beside the sources that were just installed
 * (docs/bundle.md, "Compiled files"; docs/formats.md 4.9).
 *
 * Nothing but the digest of the whole bundle speaks for them: the caller asks for that, and for the magic
 * number, before. */
#ifndef VF_WHEEL_PYCACHE_H
#define VF_WHEEL_PYCACHE_H

#include "wheel/install.h"

/* "a/__pycache__/b.cpython-312.pyc" -> "a/b.py", put into `out`; false: no such name, or no memory
 * (out->failed). */
bool vf_pycache_source(struct vf_slice name, struct vf_buf *out);
/* `source`: a zip whose members are named as below the site-packages directory. Each gets the time and size
 * of the source that stands there now, so that Python takes it; members without a source, and names that are
 * no compiled files, are passed over. `magic`: four bytes that each must begin with. *written may be NULL.
 * VF_BAD_ARCHIVE and the like. */
VF_MUST_CHECK enum vf_status vf_pycache_install(const struct vf_site *site,
                                                const struct vf_zip_source *source, struct vf_slice magic,
                                                const struct vf_hooks *hooks, uint64_t *written,
                                                struct vf_err *err);

#endif
