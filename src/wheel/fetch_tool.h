/* fetch_tool.h: the host's pip and uv, found and run. For src/wheel only. */
#ifndef VF_WHEEL_FETCH_TOOL_H
#define VF_WHEEL_FETCH_TOOL_H

#include "wheel/fetch.h"

enum vf_tool_kind { VF_TOOL_NONE, VF_TOOL_PIP, VF_TOOL_UV };
struct vf_tool {
    enum vf_tool_kind kind;
    const char *argv[8]; /* how it begins */
    size_t n;
};
/* VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_tool_find(const struct vf_fetch *f, struct vf_tool *out, struct vf_err *err);
/* The first executable of this name on the search path; p NULL: none. */
struct vf_slice vf_tool_on_path(const struct vf_fetch *f, struct vf_slice name);

/* Words of a command; a NULL word is no memory. */
struct vf_words {
    struct vf_vec v; /* const char * */
    struct vf_arena *a;
    bool failed;
};
void vf_words_put(struct vf_words *w, const char *word);
void vf_words_slice(struct vf_words *w, struct vf_slice word);
/* Runs tool + words. VF_TOOL_FAILED with `doing` and its last words. */
VF_MUST_CHECK enum vf_status vf_tool_run(const struct vf_fetch *f, const struct vf_tool *t,
                                         struct vf_words *w, const char *doing, struct vf_err *err);

#endif
