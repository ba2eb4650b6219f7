/* freeze.c: the verb freeze: the frozen list of an environment, without Python. */
#include "env/freeze.h"

#include "verbs/result.h"

static enum vf_status run(struct vf_session *s, const struct venvfix_freeze_options *o,
                          struct venvfix_freeze_result *r)
{
    struct vf_env_params p = {
        .path = vf_slice_of(o->path), .cwd = s->cwd, .outside = s->outside, .hooks = &s->hooks};
    struct vf_slice *exclude = vf_arena_array(s->a, o->n_exclude + 1, sizeof *exclude);
    if (!exclude)
        return vf_err_nomem(&s->err);
    for (size_t i = 0; i < o->n_exclude; i++)
        exclude[i] = vf_slice_of(o->exclude[i]);
    struct vf_env_freeze f = {.all = o->all, .exclude = exclude, .n_exclude = o->n_exclude};
    struct vf_env *env = NULL;
    struct vf_buf text, notes;
    vf_buf_init(&text);
    vf_buf_init(&notes);
    enum vf_status st = vf_env_open_metadata(&p, &env, &s->err);
    if (st == VF_OK)
        st = vf_env_freeze(env, &f, &text, &notes, &s->err);
    if (st == VF_OK) {
        r->text = vf_bytes_of(vf_arena_dup(s->a, vf_buf_slice(&text)));
        r->notes = vf_bytes_of(vf_arena_dup(s->a, vf_buf_slice(&notes)));
        if (!r->text.p || !r->notes.p)
            st = vf_err_nomem(&s->err);
    }
    vf_buf_release(&text);
    vf_buf_release(&notes);
    vf_env_free(env);
    return st;
}

int venvfix_freeze(const struct venvfix_freeze_options *options, struct venvfix_freeze_result *result)
{
    struct vf_session s;
    *result = (struct venvfix_freeze_result){0};
    enum vf_status st = vf_session_open(&s, &options->hooks);
    if (st == VF_OK)
        st = run(&s, options, result);
    result->exit = st == VF_OK ? 0 : 2;
    vf_session_close(&s, &result->error, &result->own);
    return result->exit;
}

void venvfix_freeze_free(struct venvfix_freeze_result *result)
{
    vf_session_free_own(result->own);
    *result = (struct venvfix_freeze_result){0};
}
