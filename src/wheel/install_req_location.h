/* want_place.h: where a requirement with a place of its own leads. For src/wheel only. */
#ifndef VF_WHEEL_INSTALL_REQ_LOCATION_H
#define VF_WHEEL_INSTALL_REQ_LOCATION_H

#include "wheel/install_req.h"

/* Sets kind, location, hashes of the URL, and what direct_url.json will say. VF_BAD_LIST, VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_install_req_set_location(struct vf_arena *a, struct vf_install_req *w,
                                                         const struct vf_list_item *it, struct vf_slice cwd,
                                                         struct vf_err *err);
/* Does the line lead where the want leads? */
bool vf_install_req_same_location(struct vf_arena *a, const struct vf_install_req *w,
                                  const struct vf_list_item *it, struct vf_slice cwd);
/* A value of --find-links: a URL as it is; a path starts at the directory of its list. p NULL: no memory. */
struct vf_slice vf_install_req_links_location(struct vf_arena *a, struct vf_slice value, struct vf_slice list,
                                              struct vf_slice cwd);
/* A local path: an absolute one, or one from `base`; clean. */
struct vf_slice vf_install_req_abs(struct vf_arena *a, struct vf_slice base, struct vf_slice path);
/* The last component of a path or URL, decoded; without query and fragment. p NULL: no memory. */
struct vf_slice vf_install_req_file_name(struct vf_arena *a, struct vf_slice location, bool local);
/* archive_info for this location, without hash. */
bool vf_install_req_set_archive_url(struct vf_arena *a, struct vf_install_req *w, struct vf_slice location,
                                    bool local);
/* version control: "git+https://host/x@commit". Only with a commit is there something to be written. */
bool vf_install_req_set_vcs_url(struct vf_arena *a, struct vf_install_req *w, struct vf_slice location);

#endif
