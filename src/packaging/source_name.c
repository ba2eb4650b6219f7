/* source_name.c: archives by their suffixes, and the files of other tools by their names. The commands are
 * those of the tools' own documentation. */
#include "packaging/source_name.h"

#include <string.h>

#include "base/path.h"

static const struct vf_slice archives[] = {
    VF_S_INIT(".whl"), VF_S_INIT(".zip"),     VF_S_INIT(".tar"), VF_S_INIT(".tar.zst"), VF_S_INIT(".tzst"),
    VF_S_INIT(".zst"), VF_S_INIT(".tar.gz"),  VF_S_INIT(".tgz"), VF_S_INIT(".gz"),      VF_S_INIT(".tar.xz"),
    VF_S_INIT(".txz"), VF_S_INIT(".tar.bz2"), VF_S_INIT(".tbz"), VF_S_INIT(".xz"),      VF_S_INIT(".bz2"),
};

static const char compile[] = "uv pip compile --generate-hashes -o requirements.txt %s";
static const char conda[] = "python -m pip list --format freeze > requirements.txt";

/* `%s` of a command is the file. */
static const struct {
    struct vf_slice name; /* of the file, or its end where it begins with a dot */
    const char *what;
    const char *command;
} foreign[] = {
    {VF_S_INIT("uv.lock"), "the lock file of uv", "uv export --frozen -o requirements.txt"},
    {VF_S_INIT("poetry.lock"), "the lock file of Poetry",
     "poetry export -o requirements.txt` (with its plugin poetry-plugin-export), or `uv pip compile "
     "--generate-hashes -o requirements.txt pyproject.toml"},
    {VF_S_INIT("pdm.lock"), "the lock file of PDM", "pdm export -o requirements.txt"},
    {VF_S_INIT("Pipfile.lock"), "the lock file of Pipenv", "pipenv requirements --hash > requirements.txt"},
    {VF_S_INIT("Pipfile"), "the project file of Pipenv", "pipenv requirements --hash > requirements.txt"},
    {VF_S_INIT("pixi.lock"), "the lock file of pixi", conda},
    {VF_S_INIT("pyproject.toml"), "a project, whose dependencies are not resolved", compile},
    {VF_S_INIT("setup.py"), "a project, whose dependencies are not resolved", compile},
    {VF_S_INIT("setup.cfg"), "a project, whose dependencies are not resolved", compile},
    {VF_S_INIT(".yml"), "an environment of conda", conda},
    {VF_S_INIT(".yaml"), "an environment of conda", conda},
};

static bool ends_nocase(struct vf_slice s, struct vf_slice end)
{
    return s.n > end.n && vf_slice_eq_nocase(vf_slice_from(s, s.n - end.n), end);
}

static enum vf_status not_an_archive(struct vf_slice path, uint64_t size, struct vf_err *err)
{
    return vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", path,
                      size == 0 ? "its name says that it is an archive, and it is empty; copy or download it "
                                  "again"
                                : "its name says that it is an archive, and its first bytes are not those of "
                                  "one; copy or download it again");
}

/* The path as a shell takes it: as it is where it is plain, else `FILE`. */
static struct vf_slice shell_word(struct vf_slice path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-=@%,:";
    for (size_t i = 0; i < path.n; i++)
        if (!path.p[i] || !strchr(plain, path.p[i]))
            return VF_S("FILE");
    return path.n && path.n < 200 ? path : VF_S("FILE");
}

static enum vf_status of_another_tool(struct vf_slice path, size_t i, struct vf_err *err)
{
    struct vf_slice word = shell_word(path), command = vf_slice_of(foreign[i].command);
    size_t at = vf_slice_find(command, VF_S("%s"), 0);
    struct vf_slice head = at == VF_NPOS ? command : vf_slice_sub(command, 0, at);
    if (at == VF_NPOS)
        word.n = 0;
    return vf_err_set(err, VF_BAD_LIST, 0, "read", path,
                      "it is %s; `%.*s%.*s` writes a list for pip and `venvfix recreate`", foreign[i].what,
                      (int)head.n, head.p, (int)word.n, word.p);
}

enum vf_status vf_source_name_check(struct vf_slice path, uint64_t size, struct vf_err *err)
{
    struct vf_slice base = vf_path_base(path);
    for (size_t i = 0; i < VF_COUNT(archives); i++)
        if (ends_nocase(base, archives[i]))
            return not_an_archive(path, size, err);
    for (size_t i = 0; i < VF_COUNT(foreign); i++) {
        bool suffix = foreign[i].name.p[0] == '.';
        if (suffix ? ends_nocase(base, foreign[i].name) : vf_slice_eq(base, foreign[i].name))
            return of_another_tool(path, i, err);
    }
    return VF_OK;
}
