/* fetch_tool.c: how pip and uv are started. The target interpreter's own pip comes first: it needs no telling
 * which wheels fit. */
#include <string.h>

#include "base/path.h"
#include "fs/spawn.h"
#include "wheel/fetch_tool.h"

/* pip out of its wheel, as ensurepip does it. */
static const char run_wheel[] = "import sys,runpy\n"
                                "sys.path.insert(0,sys.argv.pop(1))\n"
                                "sys.argv[0]='pip'\n"
                                "runpy.run_module('pip',run_name='__main__',alter_sys=True)\n";

struct vf_slice vf_tool_on_path(const struct vf_fetch *f, struct vf_slice name)
{
    for (size_t i = 0; i < f->n_path; i++) {
        struct vf_slice p = vf_path_join(f->a, f->path[i], name);
        if (p.p && vf_path_is_abs(p) && vf_host_executable(f->candidates->host, p))
            return p;
    }
    return (struct vf_slice){NULL, 0};
}

static void word(struct vf_tool *t, const char *w)
{
    t->argv[t->n++] = w;
}

static void pip_of_target(const struct vf_fetch *f, struct vf_tool *t)
{
    const struct vf_interpreter_query *p = f->target;
    t->kind = VF_TOOL_PIP;
    word(t, vf_arena_cstr(f->a, p->started));
    word(t, "-I");
    if (p->has_pip) {
        word(t, "-m");
        word(t, "pip");
        return;
    }
    word(t, "-c");
    word(t, run_wheel);
    word(t, vf_arena_cstr(f->a, p->pip_wheel));
}

enum vf_status vf_tool_find(const struct vf_fetch *f, struct vf_tool *out, struct vf_err *err)
{
    static const struct vf_slice pips[] = {VF_S_INIT("pip3"), VF_S_INIT("pip")};
    *out = (struct vf_tool){0};
    if (f->target->has_pip || f->target->pip_wheel.n)
        pip_of_target(f, out);
    struct vf_slice uv = out->n ? (struct vf_slice){NULL, 0} : vf_tool_on_path(f, VF_S("uv"));
    if (uv.p) {
        out->kind = VF_TOOL_UV;
        word(out, vf_arena_cstr(f->a, uv));
    }
    for (size_t i = 0; i < VF_COUNT(pips) && !out->n; i++) {
        struct vf_slice pip = vf_tool_on_path(f, pips[i]);
        if (!pip.p)
            continue;
        out->kind = VF_TOOL_PIP;
        word(out, vf_arena_cstr(f->a, pip));
        word(out, "--python"); /* pip from 22.3 on */
        word(out, vf_arena_cstr(f->a, f->target->started));
    }
    return f->a->failed ? vf_err_nomem(err) : VF_OK;
}

void vf_words_put(struct vf_words *w, const char *text)
{
    const char **p = text ? vf_vec_push(w->a, &w->v, sizeof *p) : NULL;
    if (p)
        *p = text;
    w->failed = w->failed || !p;
}

void vf_words_slice(struct vf_words *w, struct vf_slice text)
{
    vf_words_put(w, vf_arena_cstr(w->a, text));
}

/* Settings that would send the files elsewhere, or refuse to work outside an environment. */
static bool dropped(const char *setting)
{
    static const char *const names[] = {"PIP_REQUIRE_VIRTUALENV=",
                                        "PIP_PYTHON=",
                                        "PIP_TARGET=",
                                        "PIP_PREFIX=",
                                        "PIP_ROOT=",
                                        "PIP_USER=",
                                        "PIP_DEST=",
                                        "PIP_WHEEL_DIR=",
                                        "PIP_NO_CLEAN=",
                                        "VIRTUAL_ENV=",
                                        "UV_PYTHON=",
                                        "UV_SYSTEM_PYTHON=",
                                        "UV_PROJECT_ENVIRONMENT="};
    for (size_t i = 0; i < VF_COUNT(names); i++)
        if (!strncmp(setting, names[i], strlen(names[i])))
            return true;
    return false;
}

/* uv takes these before what a list says. */
static bool is_other_index(const struct vf_fetch *f, const char *setting)
{
    bool named = f->index_url.n || f->reqs->index_url.n;
    return named && (!strncmp(setting, "UV_INDEX_URL=", 13) || !strncmp(setting, "UV_DEFAULT_INDEX=", 17));
}

static const char *const *child_environ(const struct vf_fetch *f)
{
    size_t n = 0, kept = 0;
    while (f->environ && f->environ[n])
        n++;
    const char **v = vf_arena_array(f->a, n + 1, sizeof *v);
    for (size_t i = 0; v && i < n; i++)
        if (!dropped(f->environ[i]) && !is_other_index(f, f->environ[i]))
            v[kept++] = f->environ[i];
    return v;
}

/* What a line of pip or uv says was wrong; empty: it says nothing of the kind. uv draws trees of causes. */
static struct vf_slice complaint(struct vf_slice line)
{
    static const struct vf_slice starts[] = {VF_S_INIT("ERROR:"), VF_S_INIT("error:"),
                                             VF_S_INIT("Caused by:"), VF_S_INIT("cause:"),
                                             VF_S_INIT("\xC3\x97 ")};
    for (size_t i = 0; i < VF_COUNT(starts); i++)
        if (vf_slice_starts(line, starts[i]))
            return vf_slice_trim(vf_slice_from(line, starts[i].n));
    bool branch = vf_slice_starts(line, VF_S("\xE2\x95\xB0")) || vf_slice_starts(line, VF_S("\xE2\x94\x9C"));
    size_t arrow = branch ? vf_slice_find(line, VF_S("\xE2\x96\xB6"), 0) : VF_NPOS;
    return arrow == VF_NPOS ? VF_S("") : vf_slice_trim(vf_slice_from(line, arrow + 3));
}

/* The lines that say what went wrong, else the last one. */
static struct vf_slice last_words(struct vf_arena *a, struct vf_slice text)
{
    struct vf_buf b = {0};
    struct vf_slice rest = text, line, last = VF_S("");
    while (vf_slice_next_line(&rest, &line)) {
        line = vf_slice_trim(line);
        struct vf_slice reported = complaint(line);
        if (line.n && !vf_slice_starts(line, VF_S("WARNING")) && !vf_slice_starts(line, VF_S("[notice]")))
            last = line;
        if (b.n && reported.n)
            vf_buf_puts(&b, "; ");
        vf_buf_put(&b, reported);
    }
    if (b.n && !b.failed)
        last = vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return last;
}

enum vf_status vf_tool_run(const struct vf_fetch *f, const struct vf_tool *t, struct vf_words *w,
                           const char *doing, struct vf_err *err)
{
    const char **argv = vf_arena_array(f->a, t->n + w->v.n + 1, sizeof *argv);
    const char *const *env = f->environ ? child_environ(f) : NULL;
    if (!argv || w->failed || (f->environ && !env))
        return vf_err_nomem(err);
    memcpy(argv, t->argv, t->n * sizeof *argv);
    if (w->v.n)
        memcpy(argv + t->n, w->v.base, w->v.n * sizeof *argv);
    struct vf_spawn s = {.argv = argv,
                         .env = env,
                         .cwd = vf_arena_cstr(f->a, f->scratch),
                         .timeout_ms = 6u * 3600 * 1000,
                         .out_cap = 1u << 20};
    struct vf_spawn_result r;
    enum vf_status st = vf_spawn_run(&s, f->hooks, f->a, &r, err);
    if (st != VF_OK)
        return st;
    struct vf_slice tool = vf_slice_of(argv[0]);
    if (r.exec_errno)
        return vf_err_set(err, VF_TOOL_FAILED, r.exec_errno, "start", tool, NULL);
    if (r.exit_code == 0)
        return VF_OK;
    struct vf_slice words = last_words(f->a, r.err.n ? r.err : r.out);
    return vf_err_set(err, VF_TOOL_FAILED, 0, "run", tool, "%s failed: %.*s", doing,
                      (int)(words.n < 400 ? words.n : 400), words.p ? words.p : "");
}
