/* names.c: VF818 to VF820: names that other file systems cannot hold beside each other, or at all, and paths
 * that are too long where the environment goes. */
#include "base/decompose.h"
#include "base/escape.h"
#include "rules/judge.h"

enum {
    PATH_BYTES = 4095, /* PATH_MAX of Linux, without the NUL */
    NAME_BYTES = 255
};

struct folded { /* paths by their lower-case form */
    struct vf_judge *j;
    struct vf_slice *slots;
    size_t mask;
};

static uint64_t fold_hash(struct vf_slice s)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 1099511628211u;
    }
    return h ^ (h >> 29);
}

/* The path that was there before under another case; empty when there is none. */
static struct vf_slice put(struct folded *t, struct vf_slice path)
{
    for (size_t i = (size_t)fold_hash(path) & t->mask;; i = (i + 1) & t->mask) {
        if (!t->slots[i].p) {
            t->slots[i] = path;
            return (struct vf_slice){NULL, 0};
        }
        if (vf_slice_eq_nocase(t->slots[i], path))
            return vf_slice_eq(t->slots[i], path) ? (struct vf_slice){NULL, 0} : t->slots[i];
    }
}

static void report_case(struct vf_judge *j, struct vf_slice path, struct vf_slice other)
{
    struct vf_finding *fi = vf_findings_add(j->out, VF_RULE_NAME_CASE, path);
    if (fi)
        fi->value = other;
}

static bool is_ascii(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

/* Names that are not ASCII are rare: they are compared in a table of their own. */
static void judge_normal(struct vf_judge *j)
{
    const struct vf_env *env = j->env;
    struct vf_map seen;
    vf_map_init(&seen, &j->scratch);
    for (size_t i = 0; i < env->n_files; i++) {
        struct vf_slice path = env->files[i].path;
        struct vf_buf b;
        size_t at;
        if (is_ascii(path))
            continue;
        vf_buf_init(&b);
        vf_fold_name(path, &b);
        struct vf_slice key = vf_arena_dup(&j->scratch, vf_buf_slice(&b));
        j->out->failed = j->out->failed || b.failed || !key.p;
        vf_buf_release(&b);
        if (!key.p)
            return;
        if (!vf_map_get(&seen, key, &at)) {
            j->out->failed = j->out->failed || !vf_map_put(&seen, key, i);
        } else if (!vf_slice_eq_nocase(env->files[at].path, path)) { /* else their case was said */
            struct vf_finding *fi = vf_findings_add(j->out, VF_RULE_NAME_CASE, path);
            if (fi) {
                fi->value = env->files[at].path;
                fi->message =
                    VF_S("two names differ only in case, or in how an accented letter is written (NFC, NFD)");
            }
        }
    }
}

/* The directories of a path that the one before it did not have. */
static bool put_dirs(struct folded *t, struct vf_slice path, struct vf_slice last)
{
    bool collide = false;
    size_t same = 0;
    while (same < path.n && same < last.n && path.p[same] == last.p[same])
        same++;
    for (size_t i = same; i < path.n && !collide; i++) {
        if (path.p[i] != '/')
            continue;
        struct vf_slice dir = vf_slice_sub(path, 0, i), other = put(t, dir);
        collide = other.n > 0;
        if (collide)
            report_case(t->j, dir, other);
    }
    return collide;
}

static void judge_case(struct vf_judge *j)
{
    const struct vf_env *env = j->env;
    struct folded t = {.j = j};
    size_t cap = 64;
    struct vf_slice last = {"", 0}, below = {NULL, 0};
    while (cap < env->n_files * 4)
        cap *= 2;
    t.slots = vf_arena_array(&j->scratch, cap, sizeof *t.slots);
    t.mask = cap - 1;
    size_t used = 0;
    for (size_t i = 0; t.slots && i < env->n_files && used < cap / 2; i++) {
        struct vf_slice path = env->files[i].path, other;
        if (below.n && vf_path_under(below, path, NULL))
            continue; /* one cause: its directory collides */
        below = (struct vf_slice){NULL, 0};
        if (put_dirs(&t, path, last))
            below = vf_path_dir(path);
        else if ((other = put(&t, path)).n)
            report_case(j, path, other);
        used += 1 + vf_path_depth(path) / 4;
        last = path;
    }
}

static void judge_bytes(struct vf_judge *j)
{
    for (size_t i = 0; i < j->env->n_files; i++)
        if (!vf_utf8_valid(j->env->files[i].path))
            vf_judge_about(j, VF_RULE_NAME_BYTES, &j->env->files[i]);
}

static void judge_length(struct vf_judge *j)
{
    const struct vf_file *longest = NULL;
    uint32_t n = 0;
    for (size_t i = 0; i < j->env->n_files; i++) {
        const struct vf_file *f = &j->env->files[i];
        if (j->env->params.at.n + 1 + f->path.n <= PATH_BYTES)
            continue;
        n++;
        if (!longest || f->path.n > longest->path.n)
            longest = f;
    }
    for (struct vf_slice dir = j->env->params.at; !longest && dir.n > 1; dir = vf_path_dir(dir))
        if (vf_path_base(dir).n > NAME_BYTES) {
            vf_findings_add(j->out, VF_RULE_PATH_LONG, VF_S("."));
            return;
        }
    struct vf_finding *fi = longest ? vf_judge_about(j, VF_RULE_PATH_LONG, longest) : NULL;
    if (fi)
        fi->count = n;
}

void vf_judge_names(struct vf_judge *j)
{
    judge_case(j);
    judge_normal(j);
    judge_bytes(j);
    if (j->at)
        judge_length(j);
}
