/* check_bundle.c: a lock bundle in place of an environment. */
#include "verbs/check_bundle.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/path.h"
#include "bundle/check.h"
#include "fs/spool.h"
#include "fs/sys.h"

static enum vf_status open_archive(struct vf_session *s, const char *path, struct vf_zip_source *out)
{
    struct vf_slice abs = vf_session_abs(s, path);
    *out = (struct vf_zip_source){.fd = -1, .label = vf_path_base(abs)};
    return abs.p ? vf_file_open(abs, &out->fd, &out->size, &s->err) : vf_err_nomem(&s->err);
}

/* A target's glibc, and the processor of this host, for where the bundle says none. */
static enum vf_status take_target(struct vf_session *s, const struct venvfix_check_options *o,
                                  struct vf_bundle_check_opts *out)
{
    struct utsname u;
    out->python = vf_slice_of(o->python);
    out->platform = vf_slice_of(o->platform);
    if (o->glibc && !vf_target_parse_glibc(vf_slice_of(o->glibc), &out->glibc_minor))
        return vf_err_set(&s->err, VF_USAGE, 0, "check", VF_S(""), "--glibc takes a version such as 2.28");
    out->arch = vf_arena_dup(s->a, uname(&u) == 0 ? vf_slice_of(u.machine) : VF_S("x86_64"));
    return out->arch.p ? VF_OK : vf_err_nomem(&s->err);
}

static enum vf_status describe(struct vf_session *s, const struct venvfix_check_options *o,
                               const struct vf_bundle_report *b, uint64_t size,
                               struct venvfix_check_result *r)
{
    struct vf_slice typed = vf_session_abs(s, o->path);
    struct vf_buf real = {0};
    bool known = vf_host_resolve(s->host, typed, &real);
    r->path = vf_bytes_of(typed);
    r->resolved = vf_bytes_of(known ? vf_arena_dup(s->a, vf_buf_slice(&real)) : typed);
    vf_buf_release(&real);
    r->kind = VENVFIX_KIND_UNKNOWN;
    r->implementation = b->target.target.python == VF_TARGET_PYPY ? VENVFIX_PYPY : VENVFIX_CPYTHON;
    r->python = vf_bytes_of(vf_arena_dup(s->a, b->target.markers.value[VF_MARKER_PYTHON_VERSION]));
    r->base_exists = -1;
    r->system_site_packages = b->file->bundle.system_site;
    r->distributions = b->file->bundle.n_dists;
    r->files = r->examined = b->files;
    r->bytes = size;
    r->bundle = true;
    return r->path.p && r->resolved.p && r->python.p ? VF_OK : vf_err_nomem(&s->err);
}

enum vf_status vf_check_bundle(struct vf_session *s, const struct venvfix_check_options *o,
                               struct vf_findings *findings, struct venvfix_check_result *r)
{
    struct vf_bundle_check_opts c = {.spool = -1, .hooks = &s->hooks};
    struct vf_bundle_report report = {0};
    enum vf_status st = take_target(s, o, &c);
    if (st == VF_OK)
        st = open_archive(s, o->path, &c.archive);
    if (st != VF_OK)
        return st;
    if (o->scratch) /* a directory that cannot be had: memory, then */
        c.spool = vf_sys_open_path(vf_slice_of(o->scratch), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    st = vf_bundle_check(&c, findings, &report, &s->err);
    if (st == VF_OK)
        st = describe(s, o, &report, c.archive.size, r);
    vf_bundle_close(report.file);
    if (c.spool >= 0)
        (void)close(c.spool);
    (void)close(c.archive.fd);
    return st;
}
