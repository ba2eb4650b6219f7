/* loader_search.c: a needed name becomes a file: by RPATH of the file and of those that loaded it, RUNPATH of
 * the file alone, the cache of ldconfig, and the directories that the loader was built with. */
#include "env/loader_search.h"

#include <errno.h>

#include "env/read_elf.h"
#include "syntax/ld_cache.h"

#define CACHE_CAP  ((uint64_t)16 << 20)
#define LOADER_CAP ((uint64_t)8 << 20)
#define PATH_CAP   ((uint64_t)64 << 10)

/* --- files --- */

static const struct vf_library *remember(struct vf_loader *l, struct vf_slice path, uint32_t file,
                                         const struct vf_elf_object *elf)
{
    struct vf_library *lib = elf ? vf_arena_alloc(l->a, sizeof *lib) : NULL;
    struct vf_slice kept = vf_arena_dup(l->a, path);
    struct vf_library **slot = lib ? vf_vec_push(l->a, &l->libraries, sizeof(struct vf_library *)) : NULL;
    if (slot) {
        *lib = (struct vf_library){.path = kept, .file = file, .elf = elf};
        lib->found = vf_arena_array(l->a, elf->n_needed + 1, sizeof(struct vf_library *));
        lib->searched = vf_arena_array(l->a, elf->n_needed + 1, sizeof *lib->searched);
        *slot = lib;
    }
    if (!kept.p || l->a->failed || !vf_map_put(&l->by_path, kept, slot ? l->libraries.n : 0))
        l->failed = true;
    return l->failed ? NULL : lib;
}

static void note_unseen(struct vf_loader *l, struct vf_slice path)
{
    if (!l->unseen.n)
        l->unseen = vf_arena_dup(l->a, path);
}

static struct vf_slice last_unseen(const struct vf_loader *l)
{
    const struct vf_host_unseen *u = vf_host_unseen(l->env->params.host);
    return u ? u->path : VF_S("/");
}

bool vf_loader_read(struct vf_loader *l, struct vf_slice path, uint64_t cap, struct vf_arena *a,
                    struct vf_slice *out)
{
    struct vf_err why;
    *out = (struct vf_slice){NULL, 0};
    if (vf_host_kind(l->env->params.host, path, NULL) != VF_KIND_FILE)
        return false;
    vf_err_init(&why);
    enum vf_status st = vf_host_read(l->env->params.host, path, cap, a, out, &why);
    vf_err_release(&why);
    if (st == VF_NO_MEMORY)
        l->failed = true;
    else if (st != VF_OK)
        note_unseen(l, path);
    return st == VF_OK;
}

/* The loader passes over what it may not read and looks in the next directory; so does this one, and asks
 * again each time. */
static const struct vf_library *host_file(struct vf_loader *l, struct vf_slice path)
{
    const struct vf_elf_object *elf = NULL;
    int why;
    if (!vf_host_elf(l->env->params.host, path, l->a, &elf, &why))
        l->failed = true;
    if (why == EACCES || why == EPERM)
        return NULL;
    if (why)
        note_unseen(l, path);
    return remember(l, path, VF_NONE, elf && elf->loadable && !elf->damage ? elf : NULL);
}

/* A path below the root, as the tree has it; links are followed, out of the environment, too. */
static const struct vf_library *env_path(struct vf_loader *l, struct vf_slice path, struct vf_slice rel)
{
    const struct vf_env *env = l->env;
    uint32_t file = vf_env_find(env, rel);
    struct vf_buf end;
    const struct vf_library *lib = NULL;
    if (file != VF_NONE && env->files[file].st.kind == VF_KIND_FILE)
        return remember(l, path, file, env->files[file].facts.elf);
    vf_buf_init(&end);
    enum vf_kind kind = vf_tree_resolve(env->tree, rel, &l->scratch, &end);
    file = kind == VF_KIND_FILE ? vf_env_find(env, vf_buf_slice(&end)) : VF_NONE;
    if (kind == VF_KIND_LINK && vf_path_is_abs(vf_buf_slice(&end)))
        lib = host_file(l, vf_buf_slice(&end));
    if (lib || file != VF_NONE)
        lib = remember(l, path, file, lib ? lib->elf : env->files[file].facts.elf);
    else if (kind != VF_KIND_LINK)
        (void)remember(l, path, VF_NONE, NULL);
    l->failed = l->failed || end.failed;
    vf_buf_release(&end);
    return lib;
}

bool vf_loader_below_root(const struct vf_loader *l, struct vf_slice path, struct vf_slice *rel, bool *gone)
{
    const struct vf_env *env = l->env;
    *gone = false;
    if (vf_path_under(l->root, path, rel))
        return true;
    bool here = vf_path_under(env->typed, path, rel) || vf_path_under(env->resolved, path, rel);
    *gone = here && !vf_slice_eq(l->root, env->typed);
    return here && !*gone;
}

static const struct vf_library *file_at(struct vf_loader *l, struct vf_slice path)
{
    size_t known;
    struct vf_slice rel;
    bool gone;
    if (vf_map_get(&l->by_path, path, &known))
        return known ? *VF_VEC_AT(struct vf_library *, &l->libraries, known - 1) : NULL;
    if (vf_loader_below_root(l, path, &rel, &gone))
        return env_path(l, path, rel);
    return gone ? NULL : host_file(l, path);
}

const struct vf_library *vf_loader_file(struct vf_loader *l, struct vf_slice path)
{
    size_t unseen = vf_host_unseen_count(l->env->params.host);
    const struct vf_library *lib = file_at(l, path);
    if (!lib && vf_host_unseen_count(l->env->params.host) != unseen)
        note_unseen(l, last_unseen(l));
    return lib;
}

const struct vf_library *vf_loader_env_file(struct vf_loader *l, uint32_t file)
{
    struct vf_slice path = vf_path_join(l->a, l->root, l->env->files[file].path);
    if (!path.p) {
        l->failed = true;
        return NULL;
    }
    return vf_loader_file(l, path);
}

/* --- directories --- */

/* A file in a directory that is for this machine. */
static const struct vf_library *try_dir(struct vf_loader *l, struct vf_slice dir, struct vf_slice name)
{
    struct vf_buf joined, clean;
    const struct vf_library *lib = NULL;
    if (!vf_path_is_abs(dir))
        return NULL; /* the directory that the process is started in, whichever that is */
    vf_buf_init(&joined);
    vf_buf_init(&clean);
    vf_path_join_buf(&joined, dir, name);
    vf_path_clean(&clean, vf_buf_slice(&joined));
    if (joined.failed || clean.failed)
        l->failed = true;
    else
        lib = file_at(l, vf_buf_slice(&clean));
    vf_buf_release(&joined);
    vf_buf_release(&clean);
    if (lib && !vf_elf_machine_eq(&lib->elf->machine, &l->machine)) {
        l->other = lib;
        return NULL;
    }
    return lib;
}

/* The text that the loader puts for $LIB. */
static struct vf_slice lib_token(struct vf_loader *l)
{
    for (size_t i = 0; i < l->n_dirs; i++)
        if (vf_slice_starts(l->dirs[i], VF_S("/lib")) && l->dirs[i].n > 1)
            return vf_slice_from(l->dirs[i], 1);
    return VF_S("lib");
}

static void read_dirs(struct vf_loader *l);

/* $ORIGIN, $LIB, $PLATFORM and their forms with braces. */
static void expand(struct vf_loader *l, struct vf_slice text, const struct vf_library *by, struct vf_buf *out)
{
    static const char *const tokens[] = {"${ORIGIN}", "$ORIGIN",     "${LIB}",
                                         "$LIB",      "${PLATFORM}", "$PLATFORM"};
    while (text.n) {
        size_t k = 0;
        while (k < VF_COUNT(tokens) && !vf_slice_starts(text, vf_slice_of(tokens[k])))
            k++;
        if (k == VF_COUNT(tokens)) {
            vf_buf_putc(out, text.p[0]);
            text = vf_slice_from(text, 1);
            continue;
        }
        text = vf_slice_from(text, vf_slice_of(tokens[k]).n);
        if (k < 2) {
            vf_buf_put(out, vf_path_dir(by->path));
        } else if (k < 4) {
            read_dirs(l);
            vf_buf_put(out, lib_token(l));
        } else {
            vf_buf_puts(out, "x86_64");
        }
    }
}

static const struct vf_library *try_list(struct vf_loader *l, struct vf_slice list,
                                         const struct vf_library *by, struct vf_slice name)
{
    const struct vf_library *lib = NULL;
    struct vf_buf dir;
    vf_buf_init(&dir);
    while (list.n && !lib) {
        size_t colon = vf_slice_find_byte(list, ':', 0);
        vf_buf_clear(&dir);
        expand(l, vf_slice_sub(list, 0, colon == VF_NPOS ? list.n : colon), by, &dir);
        list = colon == VF_NPOS ? VF_S("") : vf_slice_from(list, colon + 1);
        lib = dir.n ? try_dir(l, vf_buf_slice(&dir), name) : NULL;
    }
    l->failed = l->failed || dir.failed;
    vf_buf_release(&dir);
    return lib;
}

/* --- the system's own --- */

static void read_cache(struct vf_loader *l)
{
    struct vf_slice bytes;
    struct vf_ld_cache_entry *v;
    size_t n;
    if (l->cache_read || l->musl)
        return;
    l->cache_read = true;
    if (vf_loader_read(l, VF_S("/etc/ld.so.cache"), CACHE_CAP, l->a, &bytes)) {
        l->failed = l->failed || !vf_ld_cache_read(bytes, l->a, &v, &n);
        l->entries = l->failed ? NULL : vf_arena_array(l->a, n + 1, sizeof *l->entries);
        /* of two entries with one name the first counts; those for special processors come first */
        for (size_t i = 0; l->entries && i < n; i++) {
            size_t had;
            l->entries[i] = v[i].path;
            bool known = vf_map_get(&l->cache, v[i].name, &had);
            if ((!known || (v[i].plain && !v[had].plain)) && !vf_map_put(&l->cache, v[i].name, i))
                l->failed = true;
        }
    }
}

static void add_dir(struct vf_loader *l, struct vf_vec *v, struct vf_slice dir)
{
    struct vf_slice *one = vf_vec_push(l->a, v, sizeof *one);
    while (dir.n > 1 && dir.p[dir.n - 1] == '/')
        dir.n--;
    if (one)
        *one = vf_arena_dup(l->a, dir);
}

/* The directories are texts in the loader, one behind the other, each with a slash at both ends. */
static void dirs_of_loader(struct vf_loader *l, struct vf_slice bytes, struct vf_vec *v)
{
    for (size_t at = 0; !v->n && (at = vf_slice_find(bytes, VF_S("/lib/"), at)) != VF_NPOS; at++) {
        size_t begin = at;
        while (begin > 0 && bytes.p[begin - 1] > ' ' && bytes.p[begin - 1] < 127)
            begin--;
        for (size_t end; bytes.p[begin] == '/'; begin = end + 1) {
            end = vf_slice_find_byte(bytes, 0, begin);
            struct vf_slice text = vf_slice_sub(bytes, begin, end);
            if (end == VF_NPOS || !vf_slice_ends(text, VF_S("/")) ||
                vf_slice_find(text, VF_S("lib"), 0) == VF_NPOS)
                break;
            add_dir(l, v, text);
        }
    }
}

static void dirs_of_musl(struct vf_loader *l, struct vf_vec *v)
{
    struct vf_slice name = l->program ? vf_path_base(l->program->elf->interp) : VF_S("ld-musl.so.1");
    struct vf_slice text, line;
    size_t dot = vf_slice_find(name, VF_S(".so"), 0);
    struct vf_slice path =
        vf_arena_concat(&l->scratch, VF_S("/etc/"), vf_slice_sub(name, 0, dot), VF_S(".path"));
    if (!path.p || !vf_loader_read(l, path, PATH_CAP, l->a, &text))
        text = VF_S("/lib\n/usr/local/lib\n/usr/lib\n");
    while (vf_slice_next_line(&text, &line))
        while (line.n) { /* colons part them as well */
            size_t colon = vf_slice_find_byte(line, ':', 0);
            struct vf_slice dir = vf_slice_trim(vf_slice_sub(line, 0, colon));
            line = colon == VF_NPOS ? VF_S("") : vf_slice_from(line, colon + 1);
            if (dir.n)
                add_dir(l, v, dir);
        }
}

static void read_dirs(struct vf_loader *l)
{
    static const char *const usual[] = {"/lib64", "/usr/lib64", "/lib", "/usr/lib"};
    struct vf_vec v = {0};
    struct vf_slice bytes;
    if (l->dirs_read)
        return;
    l->dirs_read = true;
    if (l->musl) {
        dirs_of_musl(l, &v);
    } else if (l->interp && l->interp->file == VF_NONE) {
        struct vf_arena text;
        vf_arena_init(&text);
        if (vf_loader_read(l, l->interp->path, LOADER_CAP, &text, &bytes))
            dirs_of_loader(l, bytes, &v);
        vf_arena_release(&text);
    }
    for (size_t i = 0; !v.n && i < VF_COUNT(usual); i++)
        add_dir(l, &v, vf_slice_of(usual[i]));
    l->dirs = v.base;
    l->n_dirs = v.n;
    l->failed = l->failed || l->a->failed;
}

static const struct vf_library *try_cache(struct vf_loader *l, struct vf_slice name)
{
    size_t at;
    read_cache(l);
    if (!l->entries || !vf_map_get(&l->cache, name, &at))
        return NULL;
    return try_dir(l, vf_path_dir(l->entries[at]), vf_path_base(l->entries[at]));
}

static const struct vf_library *try_dirs(struct vf_loader *l, struct vf_slice name)
{
    const struct vf_library *lib = NULL;
    read_dirs(l);
    for (size_t i = 0; i < l->n_dirs && !lib && !l->failed; i++)
        lib = try_dir(l, l->dirs[i], name);
    return lib;
}

/* --- in order --- */

static const struct vf_library *system_library(struct vf_loader *l, struct vf_slice name, bool defaults)
{
    size_t known;
    if (!defaults)
        return NULL;
    if (vf_map_get(&l->system, name, &known) && known)
        return *VF_VEC_AT(struct vf_library *, &l->libraries, known - 1);
    const struct vf_library *lib = try_cache(l, name);
    if (!lib)
        lib = try_dirs(l, name);
    for (size_t i = l->libraries.n; lib && i-- > 0;)
        if (*VF_VEC_AT(struct vf_library *, &l->libraries, i) == lib) {
            l->failed = l->failed || !vf_map_put(&l->system, name, i + 1);
            break;
        }
    return lib;
}

/* RPATH counts only where there is no RUNPATH; musl makes no difference between them. */
static struct vf_slice inherited(const struct vf_loader *l, const struct vf_library *lib)
{
    if (lib->elf->runpath.p)
        return l->musl ? lib->elf->runpath : VF_S("");
    return lib->elf->rpath;
}

/* The search paths of the file and of those that loaded it; *own tells whether only the file's own was asked.
 */
static const struct vf_library *try_inherited(struct vf_loader *l, size_t at, struct vf_slice name, bool *own)
{
    const struct vf_library *lib = NULL;
    bool program = false, first = true;
    while (!lib && at != VF_NPOS) {
        const struct vf_loaded *one = VF_VEC_AT(struct vf_loaded, &l->loaded, at);
        struct vf_slice list = inherited(l, one->lib);
        *own = *own && (first || !list.n);
        lib = try_list(l, list, one->lib, name);
        program = program || one->lib == l->program;
        at = one->parent;
        first = false;
    }
    if (!lib && !program && l->program) {
        struct vf_slice list = inherited(l, l->program);
        lib = try_list(l, list, l->program, name);
    }
    return lib;
}

static const struct vf_library *search(struct vf_loader *l, size_t at, struct vf_slice name, bool *own)
{
    const struct vf_library *by = VF_VEC_AT(struct vf_loaded, &l->loaded, at)->lib, *lib = NULL;
    if (vf_slice_find_byte(name, '/', 0) != VF_NPOS) {
        struct vf_buf path;
        vf_buf_init(&path);
        expand(l, name, by, &path);
        lib = try_dir(l, vf_path_dir(vf_buf_slice(&path)), vf_path_base(vf_buf_slice(&path)));
        l->failed = l->failed || path.failed;
        vf_buf_release(&path);
        return lib;
    }
    if (l->musl || !by->elf->runpath.p)
        lib = try_inherited(l, at, name, own);
    if (!lib && by->elf->runpath.p && !l->musl)
        lib = try_list(l, by->elf->runpath, by, name);
    return lib ? lib : system_library(l, name, !by->elf->no_default_dirs);
}

const struct vf_library *vf_loader_search(struct vf_loader *l, size_t at, size_t i)
{
    struct vf_library *by = (struct vf_library *)(uintptr_t)VF_VEC_AT(struct vf_loaded, &l->loaded, at)->lib;
    bool own = true;
    l->other = NULL;
    if (by->searched[i] && by->found[i])
        return by->found[i];
    size_t unseen = vf_host_unseen_count(l->env->params.host);
    const struct vf_library *lib = search(l, at, by->elf->needed[i], &own);
    if (!lib && vf_host_unseen_count(l->env->params.host) != unseen)
        note_unseen(l, last_unseen(l));
    by->searched[i] = own;
    by->found[i] = own ? lib : NULL;
    return lib;
}
