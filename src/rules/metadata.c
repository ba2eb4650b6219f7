/* metadata.c: VF5xx: RECORD, what installers and tools change themselves, metadata directories,
 * direct_url.json. docs/formats.md 4.4, 4.5. */
#include "packaging/version.h"
#include "rules/judge.h"

static struct vf_finding *about_row(struct vf_judge *j, enum vf_rule rule, const struct vf_env_dist *d,
                                    const struct vf_record_row *row)
{
    struct vf_slice path = d->record_file == VF_NONE ? d->info : j->env->files[d->record_file].path;
    struct vf_finding *fi = vf_findings_add(j->out, rule, path);
    if (!fi)
        return NULL;
    fi->distribution = d->canonical;
    fi->line = (int64_t)row->line;
    fi->offset = (int64_t)row->path_at.off;
    fi->value = row->path;
    return fi;
}

static struct vf_finding *about_info(struct vf_judge *j, enum vf_rule rule, const struct vf_env_dist *d)
{
    struct vf_finding *fi = vf_findings_add(j->out, rule, d->info);
    if (fi)
        fi->distribution = d->canonical;
    return fi;
}

/* Files that Python, an installer or their own tool rewrites after RECORD was written (docs/formats.md 4.5).
 */
static bool changes_itself(const struct vf_file *f)
{
    struct vf_slice base = vf_path_base(f->path);
    if (f->flags & VF_FILE_PYC || vf_env_jupyter_rewrites(f->path))
        return true;
    if (vf_slice_eq(base, VF_S("direct_url.json")) || vf_slice_eq(base, VF_S("INSTALLER")) ||
        vf_slice_eq(base, VF_S("REQUESTED")) || vf_slice_eq(base, VF_S("RECORD")))
        return true;
    return false;
}

static const struct vf_ref *python_header(const struct vf_file *f)
{
    for (uint32_t i = 0; f->flags & VF_FILE_IN_BIN && i < f->facts.n_refs; i++) {
        const struct vf_ref *r = &f->facts.refs[i];
        if (r->syntax == VF_SYN_HEADER && (vf_header_is_python(r) || vf_header_is_env(r)))
            return r;
    }
    return NULL;
}

/* Is it a line of a script that an installer makes from an entry point? */
static bool is_generated_line(struct vf_slice line)
{
    static const char *const begins[] = {"import ", "from ",          "if ",
                                         "elif ",   "sys.argv[0] = ", "sys.exit(",
                                         "# -*-",   "# EASY-INSTALL", "__requires__ ="};
    line = vf_slice_trim(line);
    for (size_t i = 0; i < VF_COUNT(begins); i++)
        if (vf_slice_starts(line, vf_slice_of(begins[i])))
            return true;
    return !line.n;
}

/* What follows the header, to the end: nothing but such lines, and a call as the last. */
static bool is_generated(struct vf_slice text)
{
    struct vf_slice line, last = {NULL, 0};
    while (vf_slice_next_line(&text, &line)) {
        if (!is_generated_line(line))
            return false;
        if (vf_slice_trim(line).n)
            last = vf_slice_trim(line);
    }
    return vf_slice_starts(last, VF_S("sys.exit("));
}

/* Would the file have the size of its row with the header that it was packed or installed with? */
static bool fits_old_header(const struct vf_judge *j, const struct vf_record_row *row, size_t rest)
{
    static const char *const names[] = {"python", "python3", "pythonw"};
    for (size_t k = 0; k < VF_COUNT(names); k++) {
        size_t name = vf_slice_of(names[k]).n;
        if (row->size == rest + 3 + name) /* "#!python" LF */
            return true;
        for (size_t i = 0; i < j->env->n_prefixes; i++)
            if (row->size == rest + 3 + j->env->prefixes[i].prefix.path.n + 5 + name) /* "/bin/" */
                return true;
    }
    return false;
}

/* A script whose interpreter line was written when it was installed or moved, without saying so in RECORD. */
static bool only_header_differs(struct vf_judge *j, const struct vf_file *f, const struct vf_record_row *row)
{
    const struct vf_ref *r = python_header(f);
    struct vf_slice text;
    struct vf_err why;
    if (!r || vf_header_is_env(r) || !(f->flags & VF_FILE_SIZE_BAD))
        return r != NULL; /* of equal size, or with a header that names no path: nothing more can be said */
    vf_err_init(&why);
    bool ok = vf_tree_read(j->env->tree, f->path, 1u << 20, &j->scratch, &text, &why) == VF_OK;
    vf_err_release(&why);
    size_t end = ok && r->off + r->len <= text.n
                     ? vf_slice_find_byte(text, '\n', (size_t)(r->off + r->len) - 1)
                     : VF_NPOS;
    if (end == VF_NPOS)
        return ok;
    struct vf_slice rest = vf_slice_from(text, end + 1);
    return is_generated(rest) || fits_old_header(j, row, rest.n);
}

static void judge_changed(struct vf_judge *j, const struct vf_env_dist *d, const struct vf_record_row *row,
                          const struct vf_file *f)
{
    bool size = (f->flags & VF_FILE_SIZE_BAD) != 0;
    bool hash = (f->flags & VF_FILE_HASHED) && f->truth == VF_ROW_FALSE;
    if (f->st.kind != VF_KIND_FILE || (!size && !hash) || &j->env->dists[f->dist] != d)
        return;
    if (!j->hashes && !size)
        return; /* found along the way only for files with hits: --hashes is what asks for it */
    enum vf_rule rule = size ? VF_RULE_FILE_SIZE : VF_RULE_FILE_HASH;
    if (changes_itself(f) || only_header_differs(j, f, row))
        rule = VF_RULE_FILE_SELF_CHANGED;
    struct vf_finding *fi = vf_judge_about(j, rule, f);
    if (fi && f->second_dist != VF_NONE &&
        rule != VF_RULE_FILE_SELF_CHANGED) { /* two owners contradict each other */
        fi->verdict = VF_V_INCONSISTENT;
        fi->level = VF_L_WARNING;
    }
}

static bool is_compiled(struct vf_slice path)
{
    return vf_slice_ends(path, VF_S(".pyc")) || vf_slice_ends(path, VF_S(".pyo")) ||
           vf_slice_find(path, VF_S("__pycache__"), 0) != VF_NPOS;
}

static bool may_be_absent(const struct vf_env_dist *d, const struct vf_record_row *row, struct vf_slice path)
{
    if (is_compiled(row->path) || vf_env_row_is_hidden_script(d, path))
        return true;
    return d->seeded && !row->digest.n;
}

/* `pip install --target DIR` puts bin and include into DIR, and leaves rows that go up from there as from a
 * site-packages directory. */
static bool lies_in_target(struct vf_judge *j, const struct vf_env_dist *d, const struct vf_record_row *row)
{
    struct vf_slice rest = row->path;
    unsigned up = 0;
    for (; vf_slice_starts(rest, VF_S("../")); up++)
        rest = vf_slice_from(rest, 3);
    bool moved = up == 2 && (vf_slice_starts(rest, VF_S("bin/")) || vf_slice_starts(rest, VF_S("include/")) ||
                             vf_slice_starts(rest, VF_S("share/")));
    struct vf_slice here = moved ? vf_path_join(&j->scratch, d->site, rest) : rest;
    /* headers are dropped altogether */
    return moved && here.p &&
           (vf_env_find(j->env, here) != VF_NONE || vf_slice_starts(rest, VF_S("include/")));
}

struct rows {
    uint32_t n;
    const struct vf_record_row *first;
};

/* Rows of a distribution whose files are not there. */
struct absent {
    struct rows phantoms, hashed, unhashed;
};

static void note_row(struct rows *rows, const struct vf_record_row *row)
{
    if (!rows->n++)
        rows->first = row;
}

/* A file without hash was made by an installer: that it is gone is no change of what was published. */
static void soften(struct vf_finding *fi)
{
    fi->level = VF_L_WARNING;
    fi->verdict = VF_V_INCONSISTENT;
}

/* Each has a finding of its own, at the path that it should have; from VF_FINDINGS_CAP on they are only
 * counted. */
static void judge_missing(struct vf_judge *j, const struct vf_env_dist *d, const struct vf_record_row *row,
                          struct vf_slice path, struct absent *absent)
{
    if (may_be_absent(d, row, path) || lies_in_target(j, d, row)) {
        note_row(&absent->phantoms, row);
        return;
    }
    struct rows *kind = row->digest.n ? &absent->hashed : &absent->unhashed;
    note_row(kind, row);
    if (kind->n > VF_FINDINGS_CAP)
        return;
    struct vf_slice kept = vf_arena_dup(j->a, path);
    if (!kept.p) {
        j->out->failed = true;
        return;
    }
    struct vf_finding *fi = vf_findings_add(j->out, VF_RULE_FILE_MISSING, kept);
    if (!fi)
        return;
    fi->distribution = d->canonical;
    if (!row->digest.n)
        soften(fi);
}

/* More missing files of a distribution than that: one finding, at its RECORD, in the place of those from
 * `begin` on. */
static void fold_missing(struct vf_judge *j, const struct vf_env_dist *d, const struct absent *absent,
                         size_t begin)
{
    const struct rows *kinds[] = {&absent->hashed, &absent->unhashed};
    size_t kept = begin;
    for (size_t i = begin; i < j->out->v.n; i++) {
        const struct vf_finding *fi = vf_findings_at(j->out, i);
        const struct rows *kind = kinds[fi->level == VF_L_WARNING];
        if (fi->rule != VF_RULE_FILE_MISSING || kind->n <= VF_FINDINGS_CAP)
            *vf_findings_at(j->out, kept++) = *fi;
    }
    j->out->v.n = kept;
    for (size_t k = 0; k < VF_COUNT(kinds); k++) {
        if (kinds[k]->n <= VF_FINDINGS_CAP)
            continue;
        struct vf_finding *fi = about_row(j, VF_RULE_FILE_MISSING, d, kinds[k]->first);
        if (!fi)
            return;
        fi->count = kinds[k]->n;
        fi->message = VF_S("files that RECORD lists are gone");
        if (k)
            soften(fi);
    }
}

/* Is there nothing where the directory of the path should be? The rows of a missing package name thousands of
 * files of few directories. */
static bool dir_is_absent(struct vf_judge *j, struct vf_slice path)
{
    struct vf_slice dir = vf_path_dir(path);
    size_t absent;
    if (!dir.n || vf_env_has_dir(j->env, dir))
        return false;
    if (vf_map_get(&j->absent_dirs, dir, &absent))
        return absent;
    absent = !vf_env_has(j->env, dir);
    struct vf_slice key = vf_arena_dup(&j->scratch, dir);
    if (!key.p || !vf_map_put(&j->absent_dirs, key, absent))
        j->out->failed = true;
    return absent;
}

static void judge_one_row(struct vf_judge *j, const struct vf_env_dist *d, const struct vf_record_row *row,
                          struct vf_buf *path, struct absent *absent)
{
    if (!row->path.n || vf_slice_find_byte(row->path, '\0', 0) != VF_NPOS)
        return; /* malformed: said already */
    uint32_t file = d->row_files[row - d->record.rows];
    if (file != VF_NONE) {
        if (vf_env_row_is_in_target(d, row->path, j->env->files[file].path))
            note_row(&absent->phantoms, row);
        judge_changed(j, d, row, &j->env->files[file]);
        return;
    }
    if (!vf_env_row_path(j->env, d, row->path, path)) {
        if (!vf_path_is_abs(row->path)) /* absolute rows are references, judged as such */
            about_row(j, VF_RULE_RECORD_ESCAPING, d, row);
        return;
    }
    struct vf_slice p = vf_buf_slice(path);
    if (dir_is_absent(j, p) || !vf_env_has(j->env, p))
        judge_missing(j, d, row, p, absent);
}

/* One finding for each row: its first problem. */
static void judge_problems(struct vf_judge *j, const struct vf_env_dist *d)
{
    size_t left = d->record.n_bad_rows; /* also those whose problems were not kept */
    const struct vf_record_problem *last = NULL;
    struct vf_finding *fi = NULL;
    for (size_t i = 0; i < d->record.n_problems; i++) {
        const struct vf_record_problem *p = &d->record.problems[i];
        if (p->kind == VF_RECORD_COLUMNS && d->record.rows[p->row].columns > 3)
            continue; /* tolerated by everyone (docs/formats.md 4.5) */
        if (last && last->row == p->row)
            continue;
        last = p;
        fi = about_row(j, VF_RULE_RECORD_MALFORMED, d, &d->record.rows[p->row]);
        if (!fi)
            return;
        left--;
        fi->message = vf_arena_concat(j->a, vf_slice_of(vf_rule_info(fi->rule)->what), VF_S(": "),
                                      vf_slice_of(vf_record_problem_words(p->kind)));
        if (!fi->message.p)
            j->out->failed = true;
    }
    if (fi)
        fi->count += left > UINT32_MAX - fi->count ? UINT32_MAX - fi->count : (uint32_t)left;
}

static void judge_record(struct vf_judge *j, const struct vf_env_dist *d)
{
    struct absent absent = {0};
    size_t begin;
    struct vf_buf path;
    vf_buf_init(&path);
    judge_problems(j, d);
    begin = j->out->v.n;
    for (size_t i = 0; i < d->record.n && !vf_judge_is_stopped(j); i++)
        judge_one_row(j, d, &d->record.rows[i], &path, &absent);
    fold_missing(j, d, &absent, begin);
    const struct rows *ph = &absent.phantoms;
    struct vf_finding *fi = ph->n ? about_row(j, VF_RULE_RECORD_PHANTOM, d, ph->first) : NULL;
    if (fi)
        fi->count = ph->n;
    vf_buf_release(&path);
}

/* The directory says one version and METADATA another; 1.0 and 1.00, 1.0+a-b and 1.0+a_b are the same. */
static bool versions_differ(struct vf_judge *j, const struct vf_env_dist *d)
{
    struct vf_version dir, header;
    struct vf_err ignored;
    if (!d->has_metadata || d->is_egg || d->is_egg_link || !d->version.n || !d->header_version.n ||
        vf_slice_eq(d->version, d->header_version))
        return false;
    vf_err_init(&ignored);
    bool differ = vf_version_parse(&j->scratch, d->version, &dir, &ignored) == VF_OK &&
                  vf_version_parse(&j->scratch, d->header_version, &header, &ignored) == VF_OK &&
                  vf_version_cmp(&dir, &header) != 0;
    vf_err_release(&ignored);
    return differ;
}

static void judge_dist(struct vf_judge *j, const struct vf_env_dist *d)
{
    if (!d->valid_name) {
        about_info(j, VF_RULE_DIST_LEFTOVER, d);
        return;
    }
    if (d->duplicate)
        about_info(j, VF_RULE_DIST_DUPLICATE, d);
    if (!d->has_metadata && !d->is_egg_link && !d->unseen)
        about_info(j, VF_RULE_DIST_UNREADABLE, d);
    if (!d->is_egg && !d->is_egg_link && !d->has_record && !d->unseen)
        about_info(j, VF_RULE_RECORD_MISSING, d);
    struct vf_finding *fi = versions_differ(j, d) ? about_info(j, VF_RULE_DIST_NAME, d) : NULL;
    if (fi) {
        fi->value = d->version;
        fi->expected = d->header_version;
    }
    if (d->has_record)
        judge_record(j, d);
}

static void judge_shared(struct vf_judge *j)
{
    for (size_t i = 0; i < j->env->n_files; i++)
        if (j->env->files[i].second_dist != VF_NONE)
            vf_judge_about(j, VF_RULE_FILE_SHARED, &j->env->files[i]);
}

void vf_judge_metadata(struct vf_judge *j)
{
    for (size_t i = 0; i < j->env->n_dists; i++)
        judge_dist(j, &j->env->dists[i]);
    judge_shared(j);
}

void vf_judge_row(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    struct vf_slice now;
    bool live;
    struct vf_location loc = vf_judge_locate(j, r);
    struct vf_finding *fi;
    if (vf_judge_family(j, VF_FAMILY_RECORD, f, r, &loc, &fi) != VF_STATUS_HOST)
        return;
    if (!vf_judge_project(j, loc.path, &now, &live)) {
        vf_judge_ref(j, VF_RULE_RECORD_ESCAPING, f, r);
        return;
    }
    fi = vf_judge_as(j, VF_FAMILY_RECORD, live ? VF_STATUS_ASTRAY : VF_STATUS_BROKEN, f, r);
    if (fi)
        fi->expected = now;
}

static bool is_editable_url(const struct vf_judge *j, const struct vf_file *f)
{
    uint32_t d = f->dist != VF_NONE ? f->dist : f->info_of;
    return d != VF_NONE && j->env->dists[d].editable;
}

/* What `pip freeze` prints of an editable install is wrong, not only stale. */
static void raise_editable(const struct vf_judge *j, const struct vf_file *f, struct vf_finding *fi)
{
    if (fi && is_editable_url(j, f))
        fi->level = VF_L_WARNING;
}

void vf_judge_url(struct vf_judge *j, const struct vf_file *f, const struct vf_ref *r)
{
    struct vf_location loc = vf_judge_locate(j, r);
    struct vf_slice now;
    bool live;
    struct vf_finding *fi;
    enum vf_ref_status status = vf_judge_family(j, VF_FAMILY_URL, f, r, &loc, &fi);
    if (status == VF_STATUS_BROKEN || status == VF_STATUS_ASTRAY)
        raise_editable(j, f, fi);
    if (status != VF_STATUS_HOST)
        return;
    if (vf_judge_project(j, loc.path, &now, &live)) {
        fi = vf_judge_as(j, VF_FAMILY_URL, VF_STATUS_BROKEN, f, r);
        if (fi)
            fi->expected = now;
        raise_editable(j, f, fi);
        return;
    }
    enum vf_level missing = vf_rule_info(vf_rule_of(VF_FAMILY_URL, VF_STATUS_BROKEN))->level;
    if (vf_judge_presence(j, f, r, loc.path, missing) != VF_MISSING)
        return; /* what it means for the host is said of the editable itself */
    fi = vf_judge_as(j, VF_FAMILY_URL, VF_STATUS_BROKEN, f, r);
    if (fi)
        fi->fix = VF_FIX_NONE;
}

void vf_judge_url_flaw(struct vf_judge *j, const struct vf_file *f, const struct vf_flaw *fl)
{
    struct vf_finding *fi =
        vf_judge_flaw(j, fl->kind == VF_FLAW_URL_SECRET ? VF_RULE_URL_SECRET : VF_RULE_URL_INVALID, f, fl);
    if (fi && fl->kind == VF_FLAW_URL_SECRET)
        fi->value = (struct vf_slice){NULL, 0}; /* a report is no place for a password */
}
