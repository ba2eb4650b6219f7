/* frozen.c: VF571 to VF575: is exactly that installed what a list or lock file names (check --frozen)?
 *
 * What is installed is what `pip freeze` would print (env/freeze.h); what it leaves out counts only where the
 * list names it. */
#include "rules/frozen.h"

#include "env/freeze.h"
#include "packaging/name.h"
#include "packaging/text.h"
#include "packaging/url.h"

struct comparing {
    struct vf_judge *j;
    const struct vf_expected *e;
    struct vf_frozen installed;
    struct vf_map by_name; /* canonical -> index in installed */
    bool *named;           /* of installed: the list names it */
    struct vf_target target;
    bool has_target;
};

/* ---- findings ---- */

static void put_where(struct vf_buf *b, const struct vf_expected_item *it)
{
    vf_text_one_line_put(b, it->file);
    if (it->at) {
        vf_buf_putc(b, ':');
        vf_buf_put_u64(b, it->at);
    }
}

/* About a line of the list: `words`, then the line and where it stands. */
static void report_line(struct comparing *c, enum vf_rule rule, const struct vf_expected_item *it,
                        const struct vf_freeze_item *got, const char *words)
{
    struct vf_finding *fi = vf_findings_add(c->j->out, rule, VF_S("."));
    struct vf_buf b;
    if (!fi)
        return;
    vf_buf_init(&b);
    vf_text_one_line_put(&b, it->name.n ? it->name : it->line);
    vf_buf_printf(&b, " %s (", words);
    put_where(&b, it);
    vf_buf_putc(&b, ')');
    vf_judge_say(c->j, fi, &b);
    fi->distribution = vf_arena_dup(c->j->a, got ? got->canonical : it->name);
    if (!fi->distribution.n)
        fi->distribution.p = NULL;
    fi->expected = vf_arena_dup(c->j->a, it->line);
    if (!got)
        return;
    vf_buf_init(&b);
    vf_freeze_requirement_put(&b, got);
    fi->value = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(c->j->a, vf_buf_slice(&b));
    vf_buf_release(&b);
}

static void report_extra(struct comparing *c, const struct vf_freeze_item *got)
{
    struct vf_finding *fi = vf_findings_add(c->j->out, VF_RULE_FROZEN_EXTRA, VF_S("."));
    struct vf_buf b;
    if (!fi)
        return;
    vf_buf_init(&b);
    vf_freeze_requirement_put(&b, got);
    fi->value = vf_arena_dup(c->j->a, vf_buf_slice(&b));
    vf_buf_clear(&b);
    vf_text_one_line_put(&b, got->name);
    vf_buf_puts(&b, " is installed, and ");
    vf_text_one_line_put(&b, c->e->path);
    vf_buf_puts(&b, " does not name it");
    vf_judge_say(c->j, fi, &b);
    fi->distribution = vf_arena_dup(c->j->a, got->canonical);
}

/* ---- sources ---- */

/* Two URLs without secrets and fragments; what stands for a secret (`****@`) is none. */
static bool same_url(struct comparing *c, struct vf_slice expected, struct vf_slice got)
{
    struct vf_buf b;
    vf_buf_init(&b);
    vf_url_strip_put(&b, vf_slice_sub(got, 0, vf_slice_find_byte(got, '#', 0)));
    struct vf_slice x = vf_buf_slice(&b), path, other;
    bool same = vf_slice_eq(x, expected);
    if (!same && vf_url_file_path(&c->j->scratch, x, &path) &&
        vf_url_file_path(&c->j->scratch, expected, &other) && path.p && other.p)
        same =
            vf_slice_eq(vf_path_clean_dup(&c->j->scratch, path), vf_path_clean_dup(&c->j->scratch, other)) ||
            vf_host_same(c->j->env->params.host, path, other);
    vf_buf_release(&b);
    return same;
}

/* Has the file that was installed (if that was noted) one of the hashes? */
static bool has_hash(const struct vf_expected_item *it, const struct vf_direct_url *u)
{
    for (size_t i = 0; i < it->n_hashes; i++)
        for (size_t k = 0; k < u->n_hashes; k++)
            if (vf_slice_eq_nocase(it->hashes[i].alg, u->hashes[k].alg) &&
                vf_slice_eq_nocase(it->hashes[i].value, u->hashes[k].value))
                return true;
    return false;
}

static bool hash_differs(const struct vf_expected_item *it, const struct vf_direct_url *u)
{
    return it->n_hashes && u->n_hashes && !has_hash(it, u);
}

/* Of an editable: the directory, or the checkout that it is in. */
static const char *compare_editable(struct comparing *c, const struct vf_expected_item *it,
                                    const struct vf_freeze_item *got)
{
    struct vf_buf b;
    if (!got->editable)
        return "is not installed as editable, as the list says";
    if (it->source == VF_EXPECT_VCS) {
        if (got->vcs.state != VF_VCS_FOUND || !same_url(c, it->url, got->vcs.remote))
            return "is installed from another checkout than the list says";
        return it->commit.n && !vf_slice_eq(it->commit, got->vcs.commit)
                   ? "is installed from another commit than the list says"
                   : NULL;
    }
    vf_buf_init(&b);
    vf_url_file_put(&b, got->location);
    bool same = !b.failed && same_url(c, it->url, vf_buf_slice(&b));
    vf_buf_release(&b);
    return same ? NULL : "is installed from another directory than the list says";
}

static const char *compare_direct(struct comparing *c, const struct vf_expected_item *it,
                                  const struct vf_direct_url *u)
{
    static const enum vf_direct_kind kinds[] = {[VF_EXPECT_INDEX] = VF_DIRECT_ARCHIVE,
                                                [VF_EXPECT_ARCHIVE] = VF_DIRECT_ARCHIVE,
                                                [VF_EXPECT_VCS] = VF_DIRECT_VCS,
                                                [VF_EXPECT_DIR] = VF_DIRECT_DIR};
    if (u->kind != kinds[it->source] || !same_url(c, it->url, u->url))
        return "is installed from another source than the list says";
    if (it->commit.n && !vf_slice_eq(it->commit, u->commit_id))
        return "is installed from another commit than the list says";
    if (it->revision.n && u->requested_revision.n && !vf_slice_eq(it->revision, u->requested_revision))
        return "is installed from another revision than the list says";
    return hash_differs(it, u) ? "is installed from a file with another hash than the list says" : NULL;
}

/* NULL: it comes from where the list says. */
static const char *compare_source(struct comparing *c, const struct vf_expected_item *it,
                                  const struct vf_freeze_item *got)
{
    if (it->editable)
        return compare_editable(c, it, got);
    if (got->editable)
        return "is installed as editable, which the list does not say";
    if (it->source != VF_EXPECT_INDEX)
        return got->url ? compare_direct(c, it, got->url)
                        : "is installed from an index, not from the source that the list says";
    if (!got->url)
        return NULL;
    if (got->url->kind == VF_DIRECT_ARCHIVE && has_hash(it, got->url))
        return NULL; /* the very file */
    return hash_differs(it, got->url) ? "is installed from a file with another hash than the list says"
                                      : "is installed from a URL or path, not from an index as the list says";
}

/* ---- lines ---- */

/* Does the line count for this interpreter? */
static bool applies(struct comparing *c, const struct vf_expected_item *it, bool *yes)
{
    struct vf_marker_env env = c->target.markers;
    struct vf_err why;
    *yes = true;
    if (!it->has_marker)
        return true;
    if (!c->has_target)
        return false;
    env.has_extra = !c->e->is_lock;
    env.extra = VF_S("");
    env.has_sets = c->e->is_lock;
    env.groups = c->e->groups;
    env.n_groups = c->e->n_groups;
    vf_err_init(&why);
    enum vf_status st = vf_marker_eval(&it->marker, &env, &c->j->scratch, yes, &why);
    vf_err_release(&why);
    return st == VF_OK;
}

/* The installed distribution that comes from where a line without a name leads. */
static size_t find_by_source(struct comparing *c, const struct vf_expected_item *it)
{
    for (size_t i = 0; i < c->installed.n; i++) {
        const struct vf_freeze_item *got = &c->installed.items[i];
        if ((got->editable || got->url) && !compare_source(c, it, got))
            return i;
    }
    return VF_NPOS;
}

static bool is_version(struct comparing *c, const struct vf_expected_item *it,
                       const struct vf_freeze_item *got)
{
    bool in = false;
    struct vf_err why;
    vf_err_init(&why);
    enum vf_status st =
        vf_specifiers_contains_text(&c->j->scratch, &it->versions, got->version.text, &in, &why);
    vf_err_release(&why);
    return !it->versions.n || (st == VF_OK && in);
}

static void compare_line(struct comparing *c, const struct vf_expected_item *it)
{
    bool yes;
    size_t i;
    if (!applies(c, it, &yes)) {
        report_line(c, VF_RULE_FROZEN_UNKNOWN, it, NULL,
                    "could not be compared: its marker cannot be evaluated");
        return;
    }
    if (!yes)
        return;
    if (it->name.n ? !vf_map_get(&c->by_name, it->name, &i) : (i = find_by_source(c, it)) == VF_NPOS) {
        if (it->constraint)
            return;
        report_line(c, VF_RULE_FROZEN_MISSING, it, NULL, "is in the list and not installed");
        return;
    }
    const struct vf_freeze_item *got = &c->installed.items[i];
    c->named[i] = c->named[i] || !it->constraint;
    const char *source = it->constraint ? NULL : compare_source(c, it, got);
    if (!is_version(c, it, got))
        report_line(c, VF_RULE_FROZEN_VERSION, it, got, "is installed in another version than the list says");
    else if (source)
        report_line(c, VF_RULE_FROZEN_SOURCE, it, got, source);
}

/* ---- the whole ---- */

static bool take_installed(struct comparing *c)
{
    struct vf_env_freeze f = {.all = true};
    struct vf_buf notes;
    struct vf_err why;
    vf_buf_init(&notes);
    vf_err_init(&why);
    enum vf_status st = vf_env_freeze(c->j->env, &f, &c->j->scratch, &c->installed, &notes, &why);
    vf_buf_release(&notes);
    vf_err_release(&why);
    c->named = vf_arena_array(&c->j->scratch, c->installed.n + 1, sizeof *c->named);
    vf_map_init(&c->by_name, &c->j->scratch);
    if (st != VF_OK || !c->named)
        return false;
    for (size_t i = 0; i < c->installed.n; i++) {
        c->named[i] = false;
        if (!vf_map_put(&c->by_name, c->installed.items[i].canonical, i))
            return false;
    }
    return true;
}

void vf_judge_expected(struct vf_judge *j, const struct vf_expected *e)
{
    struct comparing c = {.j = j, .e = e};
    if (!take_installed(&c)) {
        j->out->failed = true;
        return;
    }
    c.has_target = vf_judge_marker_target(j, &j->scratch, &c.target);
    for (size_t i = 0; i < e->n && !vf_judge_is_stopped(j); i++)
        compare_line(&c, &e->items[i]);
    for (size_t i = 0; i < c.installed.n && !vf_judge_is_stopped(j); i++) {
        const struct vf_freeze_item *got = &c.installed.items[i];
        if (!c.named[i] && !vf_freeze_hides(got->canonical, j->env->py.minor, false))
            report_extra(&c, got);
    }
}
