/* entry_points.c: entry_points.txt as importlib.metadata reads it.
 *
 * The value's pattern is `[\w.]+\s*(:\s*[\w.]+\s*)?(\[.*\]\s*)?$`, where \w also is any letter beyond ASCII:
 * every byte from 0x80 on is taken for one, blanks excepted. */
#include "packaging/entry_points.h"

#include <string.h>

#include "packaging/text.h"

struct parse {
    struct vf_arena *arena;
    struct vf_vec entries, problems;
    struct vf_map scripts;
    struct vf_slice group;
    bool in_section, no_memory;
    uint32_t line;
};

static void problem(struct parse *p, enum vf_entry_problem_kind kind, struct vf_slice text)
{
    struct vf_entry_problem *pr = vf_vec_push(p->arena, &p->problems, sizeof *pr);
    if (!pr) {
        p->no_memory = true;
        return;
    }
    *pr = (struct vf_entry_problem){kind, p->line, text};
}

bool vf_entry_name_ok(struct vf_slice name)
{
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c < ' ' || c == 0x7f || c == '/' || c == '\\')
            return false;
    }
    return name.n > 0 && !vf_slice_eq(name, VF_S(".")) && !vf_slice_eq(name, VF_S(".."));
}

/* Takes `[\w.]+` off s. */
static struct vf_slice take_dotted(struct vf_slice *s)
{
    size_t i = 0;
    while (i < s->n) {
        unsigned char c = (unsigned char)s->p[i];
        bool word = vf_text_alpha(c) || vf_text_digit(c) || c == '_' || c == '.' || c >= 0x80;
        if (!word || vf_text_blank(vf_slice_from(*s, i)) > 0)
            break;
        i++;
    }
    struct vf_slice word = vf_slice_sub(*s, 0, i);
    *s = vf_slice_from(*s, i);
    return word;
}

/* `s` is stripped, so only blanks at its start are left to skip. */
static bool parse_value(struct vf_slice s, struct vf_entry_point *e)
{
    struct vf_slice module = take_dotted(&s);
    struct vf_slice attr = {NULL, 0};
    struct vf_slice extras = {NULL, 0};
    s = vf_text_strip(s);
    if (s.n > 0 && s.p[0] == ':') {
        s = vf_text_strip(vf_slice_from(s, 1));
        attr = take_dotted(&s);
        s = vf_text_strip(s);
        if (attr.n == 0)
            return false;
    }
    if (s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']') {
        extras = vf_text_strip(vf_slice_sub(s, 1, s.n - 1));
        s.n = 0;
    }
    if (module.n == 0 || s.n > 0)
        return false;
    e->module = module;
    e->attr = attr;
    e->extras = extras;
    return true;
}

/* What keeps a script from being made, or -1. */
static int script_problem(const struct vf_entry_point *e, bool good)
{
    if (!vf_entry_name_ok(e->name))
        return VF_ENTRY_BAD_NAME;
    if (!good)
        return VF_ENTRY_BAD_VALUE;
    return e->attr.n == 0 ? (int)VF_ENTRY_NO_ATTR : -1;
}

static void keep_entry(struct parse *p, const struct vf_entry_point *e, struct vf_slice line)
{
    size_t seen;
    bool script = e->kind != VF_ENTRY_OTHER;
    if (script && vf_map_get(&p->scripts, e->name, &seen)) {
        problem(p, VF_ENTRY_TWICE, line);
        *VF_VEC_AT(struct vf_entry_point, &p->entries, seen) = *e;
        return;
    }
    struct vf_entry_point *kept = vf_vec_push(p->arena, &p->entries, sizeof *kept);
    if (!kept || (script && !vf_map_put(&p->scripts, e->name, p->entries.n - 1))) {
        p->no_memory = true;
        return;
    }
    *kept = *e;
}

static enum vf_entry_kind kind_of(struct vf_slice group)
{
    if (vf_slice_eq(group, VF_S("console_scripts")))
        return VF_ENTRY_CONSOLE;
    return vf_slice_eq(group, VF_S("gui_scripts")) ? VF_ENTRY_GUI : VF_ENTRY_OTHER;
}

static void parse_entry(struct parse *p, struct vf_slice line)
{
    size_t eq = vf_slice_find_byte(line, '=', 0);
    if (!p->in_section || eq == VF_NPOS) {
        problem(p, p->in_section ? VF_ENTRY_NO_EQUALS : VF_ENTRY_NO_SECTION, line);
        return;
    }
    struct vf_entry_point e = {.group = p->group, .line = p->line, .kind = kind_of(p->group)};
    e.name = vf_text_strip(vf_slice_sub(line, 0, eq));
    e.value = vf_text_strip(vf_slice_from(line, eq + 1));
    bool good = parse_value(e.value, &e);
    int bad = good ? -1 : (int)VF_ENTRY_BAD_VALUE;
    if (e.kind != VF_ENTRY_OTHER)
        bad = script_problem(&e, good);
    if (bad >= 0)
        problem(p, (enum vf_entry_problem_kind)bad, line);
    else
        keep_entry(p, &e, line);
}

static void parse_line(struct parse *p, struct vf_slice line)
{
    line = vf_text_strip(line);
    if (line.n == 0 || line.p[0] == '#')
        return;
    if (line.p[0] != '[' || line.p[line.n - 1] != ']') {
        parse_entry(p, line);
        return;
    }
    while (line.n > 0 && (line.p[0] == '[' || line.p[0] == ']'))
        line = vf_slice_from(line, 1);
    while (line.n > 0 && (line.p[line.n - 1] == '[' || line.p[line.n - 1] == ']'))
        line.n--;
    p->group = line;
    p->in_section = true;
}

enum vf_status vf_entry_points_parse(struct vf_arena *a, struct vf_slice text, struct vf_entry_points *out,
                                     struct vf_err *err)
{
    struct parse p = {.arena = a};
    struct vf_slice line;
    enum vf_status st = VF_OK;
    vf_map_init(&p.scripts, a);
    while (st == VF_OK && vf_text_next_line(&text, &line)) {
        p.line++;
        parse_line(&p, line);
        if (p.no_memory) {
            st = vf_err_nomem(err);
        } else if (p.entries.n + p.problems.n > VF_ENTRY_POINTS_MAX) {
            st = vf_err_set(err, VF_LIMIT, 0, "parse", (struct vf_slice){NULL, 0},
                            "more than %d entry points", VF_ENTRY_POINTS_MAX);
        }
    }
    *out = (struct vf_entry_points){p.entries.base, p.entries.n, p.problems.base, p.problems.n, p.scripts};
    return st;
}

const struct vf_entry_point *vf_entry_points_script(const struct vf_entry_points *e, struct vf_slice name)
{
    size_t found;
    if (vf_map_get(&e->scripts, name, &found)) /* a dropped one makes no script any more */
        return e->entries[found].kind != VF_ENTRY_OTHER ? &e->entries[found] : NULL;
    if (e->scripts.n > 0)
        return NULL;
    for (size_t i = 0; i < e->n; i++) /* a copy has no map */
        if (e->entries[i].kind != VF_ENTRY_OTHER && vf_slice_eq(e->entries[i].name, name))
            return &e->entries[i];
    return NULL;
}
