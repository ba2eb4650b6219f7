/* archive.c: opening an archive: which environments are in it, or what else it is. */
#include "verbs/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "bundle/bundle.h"
#include "fs/spool.h"
#include "fs/sys.h"
#include "packaging/source_name.h"

enum { COPY = 256 << 10 };

/* --- what a path is --- */

/* A lock bundle begins with its manifest. Members of other kinds are refused by who reads it, then. */
static bool is_bundle(const struct vf_zip_source *f)
{
    struct vf_unpack_limits limits = {.alone = true};
    struct vf_unpack *u = NULL;
    struct vf_unpack_member m = {0};
    struct vf_err ignored;
    bool more = false;
    vf_err_init(&ignored);
    bool is = vf_unpack_open(f, &limits, false, &u, &ignored) == VF_OK &&
              vf_unpack_next(u, &m, &more, &ignored) == VF_OK && more &&
              vf_slice_eq(m.name, VF_S(VF_BUNDLE_MANIFEST));
    vf_unpack_free(u);
    vf_err_release(&ignored);
    return is;
}

static enum vf_status kind_of_file(struct vf_session *s, const char *path, const struct vf_zip_source *f,
                                   enum vf_subject_kind *kind)
{
    if (!vf_bundle_is_archive(f) && vf_archive_kind_of(f) == VF_ARCHIVE_NONE)
        return vf_source_name_check(vf_slice_of(path), f->size, &s->err);
    *kind = is_bundle(f) ? VF_SUBJECT_BUNDLE : VF_SUBJECT_ARCHIVE;
    return VF_OK;
}

enum vf_status vf_subject_kind_of(struct vf_session *s, const char *path, enum vf_subject_kind *kind)
{
    struct vf_zip_source f = {.fd = -1};
    struct vf_err why;
    *kind = VF_SUBJECT_DIRECTORY;
    if (!strcmp(path, "-")) {
        *kind = VF_SUBJECT_ARCHIVE;
        return VF_OK;
    }
    struct vf_slice abs = vf_session_abs(s, path);
    if (!abs.p)
        return vf_err_nomem(&s->err);
    f.label = vf_path_base(abs);
    vf_err_init(&why);
    enum vf_status st = vf_file_open(abs, &f.fd, &f.size, &why);
    vf_err_release(&why);
    if (st != VF_OK) /* who opens the environment says why */
        return st == VF_NO_MEMORY ? vf_err_nomem(&s->err) : VF_OK;
    st = kind_of_file(s, path, &f, kind);
    (void)close(f.fd);
    return st;
}

/* --- the file --- */

static enum vf_status copy_stream(int from, struct vf_spool *to, struct vf_session *s)
{
    char *buf = malloc(COPY);
    enum vf_status st = buf ? VF_OK : vf_err_nomem(&s->err);
    uint64_t all = 0;
    while (st == VF_OK) {
        ssize_t n = read(from, buf, COPY);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            st = vf_err_sys(&s->err, errno, "read", VF_S("standard input"));
        if (n <= 0)
            break;
        all += (uint64_t)n;
        st = all > VF_FILE_TREE_BYTES ? vf_err_set(&s->err, VF_BAD_ARCHIVE, 0, "read", VF_S("standard input"),
                                                   "it is larger than an archive may be")
                                      : vf_spool_write(to, (struct vf_slice){buf, (size_t)n}, &s->err);
        if (st == VF_OK && vf_hooks_cancelled(&s->hooks))
            st = vf_err_set(&s->err, VF_INTERRUPTED, 0, NULL, VF_S(""), "stopped on request");
    }
    free(buf);
    return st;
}

/* A pipe is read into a file without a name, since an archive is read at several places. */
static enum vf_status open_input(struct vf_session *s, int scratch, struct vf_zip_source *out)
{
    struct stat native;
    off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);
    if (at >= 0 && fstat(STDIN_FILENO, &native) == 0 && S_ISREG(native.st_mode) && native.st_size >= at) {
        out->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
        out->base = (uint64_t)at;
        out->size = (uint64_t)(native.st_size - at);
        return out->fd >= 0 ? VF_OK : vf_err_sys(&s->err, errno, "open", VF_S("standard input"));
    }
    struct vf_spool *spool = NULL;
    if (scratch < 0)
        return vf_err_set(&s->err, VF_NOT_WRITABLE, 0, "create", VF_S("a temporary file"),
                          "standard input is a pipe: set TMPDIR to a directory that can be written");
    enum vf_status st = vf_spool_new(scratch, &spool, &s->err);
    if (st == VF_OK)
        st = copy_stream(STDIN_FILENO, spool, s);
    if (st == VF_OK) {
        out->fd = fcntl(vf_spool_fd(spool), F_DUPFD_CLOEXEC, 3);
        out->size = vf_spool_size(spool);
        st = out->fd >= 0 ? VF_OK : vf_err_sys(&s->err, errno, "open", VF_S("standard input"));
    }
    vf_spool_free(spool);
    return st;
}

/* --- the environments in it --- */

static bool has_name(const struct vf_file_tree *t, uint32_t node, const char *name)
{
    return vf_slice_eq(vf_node_name(vf_file_tree_node(t, node)), vf_slice_of(name));
}

/* pyvenv.cfg in BIN beside another one above, and test data of packages, are no environments. */
static bool is_environment(const struct vf_file_tree *t, uint32_t node)
{
    const struct vf_node *n = vf_file_tree_node(t, node);
    if (n->kind != VF_KIND_FILE || !has_name(t, node, "pyvenv.cfg"))
        return false;
    uint32_t dir = n->parent;
    bool in_bin = dir != VF_NODE_ROOT && (has_name(t, dir, "bin") || has_name(t, dir, "Scripts"));
    if (in_bin &&
        vf_file_tree_child(t, vf_file_tree_node(t, dir)->parent, VF_S("pyvenv.cfg")) != VF_NODE_NONE)
        return false;
    for (; dir != VF_NODE_ROOT; dir = vf_file_tree_node(t, dir)->parent)
        if (has_name(t, dir, "site-packages"))
            return false;
    return true;
}

struct found {
    struct vf_slice path;
    uint32_t dir;
};

static int compare_found(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    return vf_slice_cmp(x->path, y->path);
}

static struct vf_slice path_of(struct venvfix_archive *a, uint32_t node)
{
    struct vf_buf b = {0};
    vf_file_tree_path(a->files, node, &b);
    struct vf_slice kept = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(&a->arena, vf_buf_slice(&b));
    vf_buf_release(&b);
    return kept;
}

static enum vf_status find_environments(struct venvfix_archive *a, struct vf_err *err)
{
    struct vf_vec found = {0};
    for (uint32_t i = 1; i < vf_file_tree_count(a->files); i++) {
        if (!is_environment(a->files, i))
            continue;
        struct found *f = vf_vec_push(&a->arena, &found, sizeof *f);
        if (!f)
            return vf_err_nomem(err);
        f->dir = vf_file_tree_node(a->files, i)->parent;
        f->path = path_of(a, f->dir);
    }
    if (found.n > 0)
        qsort(found.base, found.n, sizeof(struct found), compare_found);
    a->envs = vf_arena_array(&a->arena, found.n + 1, sizeof *a->envs);
    a->members = vf_arena_array(&a->arena, found.n + 1, sizeof *a->members);
    if (a->arena.failed)
        return vf_err_nomem(err);
    for (; a->n < found.n; a->n++) {
        a->envs[a->n] = VF_VEC_AT(struct found, &found, a->n)->dir;
        a->members[a->n] = VF_VEC_AT(struct found, &found, a->n)->path;
    }
    return VF_OK;
}

/* --- what it is when it holds none --- */

static bool any_file(const struct vf_file_tree *t, const char *name, const char *dir_end, unsigned depth)
{
    for (uint32_t i = 1; i < vf_file_tree_count(t); i++) {
        const struct vf_node *n = vf_file_tree_node(t, i);
        if (n->kind != VF_KIND_FILE || !has_name(t, i, name))
            continue;
        unsigned up = 0;
        for (uint32_t d = n->parent; d != VF_NODE_ROOT; d = vf_file_tree_node(t, d)->parent)
            up++;
        struct vf_slice parent = vf_node_name(vf_file_tree_node(t, n->parent));
        if (up == depth && vf_slice_ends(parent, vf_slice_of(dir_end)))
            return true;
    }
    return false;
}

static enum vf_status no_environment(const struct venvfix_archive *a, struct vf_err *err)
{
    static const struct {
        const char *file, *dir_end;
        unsigned depth; /* directories that the file is in */
        const char *what;
    } kinds[] = {
        {"PEX-INFO", "", 0, "it is a pex, which needs no environment; `venvfix check` is for environments"},
        {"WHEEL", ".dist-info", 1,
         "it is a wheel, not an environment; `venvfix recreate` installs it from a list"},
        {"index.json", "info", 1, "it is a package of conda, not an environment"},
        {"metadata.json", "", 0, "it is a package of conda, not an environment"},
        {"PKG-INFO", "", 1, "it is a source archive (sdist), not an environment"},
        {"manifest.json", "", 0,
         "it is an image; name it with --root, and the environment by its path there"},
        {"oci-layout", "", 0, "it is an image; name it with --root, and the environment by its path there"},
    };
    const char *what = "no pyvenv.cfg in it: it holds no virtual environment";
    for (size_t i = VF_COUNT(kinds); i-- > 0;)
        if (any_file(a->files, kinds[i].file, kinds[i].dir_end, kinds[i].depth))
            what = kinds[i].what;
    return vf_err_set(err, VF_NOT_AN_ENVIRONMENT, 0, "open", a->path, "%s", what);
}

/* --- */

static enum vf_status read_archive(struct vf_session *s, struct venvfix_archive *a,
                                   const struct vf_zip_source *source, int scratch)
{
    struct vf_file_read read = {.source = *source, .scratch = scratch, .hooks = &s->hooks};
    a->zip = vf_archive_kind_of(source) == VF_ARCHIVE_ZIP;
    a->size = source->size;
    enum vf_status st = vf_file_tree_new(&a->files, &s->err);
    if (st == VF_OK)
        st = vf_file_tree_read(a->files, &read, &s->err);
    if (st == VF_OK)
        st = find_environments(a, &s->err);
    return st == VF_OK && a->n == 0 ? no_environment(a, &s->err) : st;
}

enum vf_status vf_archive_open(struct vf_session *s, const char *path, const char *scratch,
                               struct venvfix_archive **out)
{
    struct venvfix_archive *a = calloc(1, sizeof *a);
    struct vf_zip_source source = {.fd = -1};
    bool input = !strcmp(path, "-");
    *out = NULL;
    if (!a)
        return vf_err_nomem(&s->err);
    a->fd = -1;
    vf_arena_init(&a->arena);
    struct vf_slice abs = vf_session_abs(s, path);
    a->path = vf_arena_dup(&a->arena, input ? VF_S("-") : abs);
    source.label = input ? VF_S("standard input") : vf_path_base(a->path);
    int dir = scratch ? vf_sys_open_path(vf_slice_of(scratch), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    enum vf_status st = abs.p && a->path.p ? VF_OK : vf_err_nomem(&s->err);
    if (st == VF_OK)
        st = input ? open_input(s, dir, &source) : vf_file_open(abs, &source.fd, &source.size, &s->err);
    a->fd = source.fd;
    if (st == VF_OK)
        st = read_archive(s, a, &source, dir);
    if (dir >= 0)
        (void)close(dir);
    if (st == VF_OK)
        *out = a;
    else
        vf_archive_free(a);
    return st;
}

enum vf_status vf_archive_open_image(struct vf_session *s, struct vf_slice path, int scratch,
                                     struct venvfix_archive **out)
{
    struct venvfix_archive *a = calloc(1, sizeof *a);
    struct vf_file_read read = {.source.fd = -1, .follow = true, .scratch = scratch, .hooks = &s->hooks};
    *out = NULL;
    if (!a)
        return vf_err_nomem(&s->err);
    vf_arena_init(&a->arena);
    a->path = vf_arena_dup(&a->arena, path);
    read.source.label = vf_path_base(a->path);
    enum vf_status st =
        a->path.p ? vf_file_open(path, &read.source.fd, &read.source.size, &s->err) : vf_err_nomem(&s->err);
    a->fd = read.source.fd;
    if (st == VF_OK)
        st = vf_file_tree_new(&a->files, &s->err);
    if (st == VF_OK)
        st = vf_file_tree_read(a->files, &read, &s->err);
    if (st == VF_OK)
        *out = a;
    else
        vf_archive_free(a);
    return st;
}

void vf_archive_free(struct venvfix_archive *a)
{
    if (!a)
        return;
    vf_file_tree_free(a->files);
    if (a->fd >= 0)
        (void)close(a->fd);
    vf_arena_release(&a->arena);
    free(a);
}

static enum vf_status open_public(struct vf_session *s, const struct venvfix_archive_options *o,
                                  struct venvfix_archive_result *r)
{
    enum vf_subject_kind kind;
    enum vf_status st = vf_subject_kind_of(s, o->path, &kind);
    if (st != VF_OK || kind != VF_SUBJECT_ARCHIVE)
        return st;
    st = vf_archive_open(s, o->path, o->scratch, &r->archive);
    if (st != VF_OK || !r->archive)
        return st;
    r->members = vf_arena_array(s->a, r->archive->n + 1, sizeof *r->members);
    if (!r->members)
        return vf_err_nomem(&s->err);
    for (; r->n_members < r->archive->n; r->n_members++)
        r->members[r->n_members] = vf_bytes_of(r->archive->members[r->n_members]);
    return VF_OK;
}

int venvfix_archive_open(const struct venvfix_archive_options *options, struct venvfix_archive_result *result)
{
    struct vf_session s;
    *result = (struct venvfix_archive_result){0};
    enum vf_status st = vf_session_open(&s, &options->hooks);
    if (st == VF_OK)
        st = open_public(&s, options, result);
    result->exit = st == VF_OK ? 0 : 2;
    vf_session_close(&s, &result->error, &result->own);
    return result->exit;
}

void venvfix_archive_close(struct venvfix_archive_result *result)
{
    vf_archive_free(result->archive);
    vf_session_free_own(result->own);
    *result = (struct venvfix_archive_result){0};
}
