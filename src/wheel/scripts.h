/* scripts.h: scripts of a wheel: their headers, and the ones that entry points ask for. For src/wheel, and
 * who writes scripts that no wheel brings.
 */
#ifndef VF_WHEEL_SCRIPTS_H
#define VF_WHEEL_SCRIPTS_H

#include "wheel/install.h"

/* Does the file begin with what an installer replaces (`#!python`, docs/formats.md 2.2 K)? */
bool vf_script_is_placeholder(struct vf_slice bytes);
/* Appends the script with a header that names the site's interpreter. `name` for errors. */
VF_MUST_CHECK enum vf_status vf_script_put(const struct vf_site *site, struct vf_slice name,
                                           struct vf_slice bytes, struct vf_buf *out, struct vf_err *err);
/* Appends the script of an entry point: import, call, exit. VF_BAD_ARCHIVE when module or attribute are not
 * names that Python can have. */
VF_MUST_CHECK enum vf_status vf_script_put_entry(const struct vf_site *site, const struct vf_entry_point *e,
                                                 struct vf_buf *out, struct vf_err *err);

/* One script to be made: `name` for `entry`. */
struct vf_script {
    struct vf_slice name;
    const struct vf_entry_point *entry;
};
/* The scripts of a wheel by pip's rules: pip's and easy_install's own versioned names follow the Python that
 * they are installed for. In the arena. */
VF_MUST_CHECK enum vf_status vf_scripts_of(const struct vf_entry_points *e, unsigned major, unsigned minor,
                                           struct vf_arena *a, struct vf_vec *out /* struct vf_script */,
                                           struct vf_err *err);
/* Is this the name of a script that some installer makes for these entry points, for whatever Python? */
bool vf_script_is_generated(const struct vf_entry_points *e, struct vf_slice name);

#endif
