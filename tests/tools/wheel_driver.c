/* wheel_driver.c: what src/wheel does, from a command line, for the end-to-end tests.
 *
 *   wheel_driver open WHEEL...                          opens and proves each; the reason on stderr when one
 * fails wheel_driver install ROOT X.Y WHEEL...              into the environment ROOT, which stands where it
 * stays wheel_driver compile ROOT X.Y                       compiles its site-packages */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wheel/build.h"
#include "wheel/install.h"

static int complain(struct vf_err *err, const char *what)
{
    (void)fprintf(stderr, "%s: %s: %.*s: %s (errno %d)\n", what, vf_status_name(err->code),
                  (int)err->path_len, err->path ? err->path : "", err->detail, err->sys);
    vf_err_release(err);
    return 1;
}

static struct vf_wheel *open_wheel(const char *path, struct vf_err *err)
{
    struct stat st;
    struct vf_wheel *w = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        perror(path);
        exit(2);
    }
    struct vf_zip_source s = {.fd = fd, .size = (uint64_t)st.st_size, .label = vf_slice_of(path)};
    return vf_wheel_open(&s, NULL, &w, err) == VF_OK ? w : NULL;
}

static int open_all(int n, char **paths)
{
    int failed = 0;
    for (int i = 0; i < n; i++) {
        struct vf_err err = {0};
        struct vf_wheel *w = open_wheel(paths[i], &err);
        failed |= w ? 0 : complain(&err, paths[i]);
        if (w)
            (void)close(w->zip->source.fd);
        vf_wheel_free(w);
    }
    return failed;
}

static int install(const struct vf_site *site, int n, char **paths)
{
    struct vf_err err = {0};
    struct vf_hooks hooks = {.jobs = 2};
    struct vf_install *in = calloc((size_t)n + 1, sizeof *in);
    int failed = in ? 0 : 2, opened = 0;
    for (; opened < n && !failed; opened++) {
        in[opened].wheel = open_wheel(paths[opened], &err);
        in[opened].requested = true;
        failed = in[opened].wheel ? 0 : complain(&err, paths[opened]);
    }
    if (!failed && vf_install_wheels(site, in, (size_t)n, &hooks, NULL, &err) != VF_OK)
        failed = complain(&err, "install");
    for (int i = 0; i < opened; i++) {
        if (in[i].wheel)
            (void)close(in[i].wheel->zip->source.fd);
        vf_wheel_free((struct vf_wheel *)in[i].wheel);
    }
    free(in);
    return failed;
}

static enum vf_status put_file(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    bool ok = fwrite(bytes.p, 1, bytes.n, ctx) == bytes.n;
    return ok ? VF_OK : vf_err_set(err, VF_IO, 0, "write", VF_S("the wheel"), NULL);
}

static enum vf_status rebuild_one(const struct vf_env *env, const char *dir, const char *name, bool modified,
                                  struct vf_err *err)
{
    struct vf_rebuild_opts opts = {.allow_modified = modified};
    struct vf_rebuild r = {0};
    struct vf_arena a;
    uint32_t dist = 0;
    char path[4200];
    while (dist < env->n_dists && !vf_slice_eq(env->dists[dist].canonical, vf_slice_of(name)))
        dist++;
    if (dist == env->n_dists)
        return vf_err_set(err, VF_NOT_FOUND, 0, "rebuild", vf_slice_of(name), NULL);
    vf_arena_init(&a);
    enum vf_status st = vf_rebuild_plan(env, dist, &opts, &a, &r, err);
    if (st == VF_OK) {
        (void)snprintf(path, sizeof path, "%s/%.*s", dir, (int)r.file_name.n, r.file_name.p);
        FILE *f = fopen(path, "wb");
        st = f ? vf_rebuild_write(&r, put_file, f, err)
               : vf_err_set(err, VF_IO, 0, "write", r.file_name, NULL);
        if (f && fclose(f) != 0)
            abort();
    }
    if (st == VF_OK) {
        (void)printf("%.*s ", (int)r.file_name.n, r.file_name.p);
        for (size_t i = 0; i < sizeof r.sha256; i++)
            (void)printf("%02x", r.sha256[i]);
        for (size_t i = 0; i < r.n_modified; i++)
            (void)printf(" modified:%.*s", (int)r.modified[i].n, r.modified[i].p);
        (void)printf("\n");
    }
    vf_arena_release(&a);
    return st;
}

static int rebuild(char **argv, int argc)
{
    struct vf_err err = {0};
    struct vf_host *host = NULL;
    struct vf_env *env = NULL;
    bool modified = argc > 4 && strcmp(argv[4], "--allow-modified") == 0;
    enum vf_status st = vf_host_open(VF_S("/"), &host, &err);
    struct vf_env_params p = {.path = vf_slice_of(argv[2]), .cwd = VF_S("/"), .host = host};
    if (st == VF_OK)
        st = vf_env_open(&p, &env, &err);
    for (int i = 4 + modified; i < argc && st == VF_OK; i++)
        st = rebuild_one(env, argv[3], argv[i], modified, &err);
    vf_env_free(env);
    vf_host_free(host);
    return st == VF_OK ? 0 : complain(&err, "rebuild");
}

int main(int argc, char **argv)
{
    struct vf_slice names[] = {VF_S("python"), VF_S("python3")};
    struct vf_err err = {0};
    char lib[64], headers[64], python[4200];
    unsigned minor = 0;
    if (argc > 2 && strcmp(argv[1], "open") == 0)
        return open_all(argc - 2, argv + 2);
    if (argc > 4 && strcmp(argv[1], "rebuild") == 0)
        return rebuild(argv, argc);
    if (argc < 4 || sscanf(argv[3], "3.%u", &minor) != 1)
        return 2;
    (void)snprintf(lib, sizeof lib, "lib/python3.%u/site-packages", minor);
    (void)snprintf(headers, sizeof headers, "include/site/python3.%u", minor);
    (void)snprintf(python, sizeof python, "%s/bin/python", argv[2]);
    struct vf_site site = {.root = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                           .prefix = vf_slice_of(argv[2]),
                           .purelib = vf_slice_of(lib),
                           .platlib = vf_slice_of(lib),
                           .headers = vf_slice_of(headers),
                           .bin = VF_S("bin"),
                           .bin_names = names,
                           .n_bin_names = VF_COUNT(names),
                           .py_major = 3,
                           .py_minor = minor,
                           .env_s = true,
                           .lib64_is_lib = true};
    if (site.root < 0)
        return 2;
    int failed = 2;
    if (strcmp(argv[1], "install") == 0)
        failed = install(&site, argc - 4, argv + 4);
    else if (strcmp(argv[1], "compile") == 0)
        failed = vf_install_compile(&site, vf_slice_of(python), vf_slice_of(argv[2]), NULL, &err) == VF_OK
                     ? 0
                     : complain(&err, "compile");
    (void)close(site.root);
    return failed;
}
