/* marker.c: markers, from text to a postfix program and from there to an answer.
 *
 * `and` binds closer than `or`; parentheses are kept on a stack of pending operators (no recursion). */
#include "packaging/marker.h"

#include <string.h>

#include "base/escape.h"
#include "packaging/name.h"
#include "packaging/text.h"

enum op_kind { OP_COMPARE, OP_AND, OP_OR };
enum relation { REL_SPEC, REL_IN, REL_NOT_IN };

struct operand {
    bool is_variable;
    enum vf_marker_var variable;
    struct vf_slice text; /* the literal, decoded; of a variable its name */
};

struct vf_marker_op {
    enum op_kind kind;
    /* OP_COMPARE */
    struct operand left, right;
    enum relation relation;
    enum vf_spec_op op; /* REL_SPEC */
    bool has_spec;      /* `op right` is a specifier, and the variable is one of versions */
    struct vf_specifier spec;
};

static const struct vf_slice names[] = {
#define X(sym, name) VF_S_INIT(name),
    VF_MARKER_VAR_LIST(X)
#undef X
};

const char *vf_marker_var_name(enum vf_marker_var v)
{
    return v < VF_MARKER_VARS ? names[v].p : "";
}

/* --- text to program --- */

/* What waits for its right side: OP_AND, OP_OR, or an open parenthesis. */
enum pending { PENDING_AND, PENDING_OR, PENDING_PAREN };

struct parse {
    struct vf_arena *arena;
    struct vf_slice text;
    size_t i;
    struct vf_vec ops;     /* struct vf_marker_op */
    struct vf_vec pending; /* enum pending */
    size_t terms;
    struct vf_err *err;
    enum vf_status st;
};

static bool bad(struct parse *p, const char *what)
{
    if (p->st == VF_OK) {
        p->st = vf_err_set(p->err, VF_MALFORMED, 0, "parse", (struct vf_slice){NULL, 0},
                           "marker '%s': %s at byte %zu", vf_quote(p->text).s, what, p->i + 1);
    }
    return false;
}

static bool no_memory(struct parse *p)
{
    p->st = vf_err_nomem(p->err);
    return false;
}

static struct vf_slice rest(const struct parse *p)
{
    return vf_slice_from(p->text, p->i);
}

static void skip_blanks(struct parse *p)
{
    while (p->i < p->text.n && (p->text.p[p->i] == ' ' || p->text.p[p->i] == '\t'))
        p->i++;
}

/* Does the word stand here, with no byte of a word behind it? */
static bool word_at(struct vf_slice s, struct vf_slice word)
{
    if (!vf_slice_starts(s, word))
        return false;
    if (s.n == word.n)
        return true;
    char c = s.p[word.n];
    return !vf_text_alpha(c) && !vf_text_digit(c) && c != '_' && (unsigned char)c < 0x80;
}

static bool take_word(struct parse *p, struct vf_slice word)
{
    if (!word_at(rest(p), word))
        return false;
    p->i += word.n;
    return true;
}

static bool take_variable(struct parse *p, struct operand *o)
{
    static const struct {
        struct vf_slice name;
        enum vf_marker_var variable;
    } old[] = {
        {VF_S_INIT("os.name"), VF_MARKER_OS_NAME},
        {VF_S_INIT("sys.platform"), VF_MARKER_SYS_PLATFORM},
        {VF_S_INIT("platform.version"), VF_MARKER_PLATFORM_VERSION},
        {VF_S_INIT("platform.machine"), VF_MARKER_PLATFORM_MACHINE},
        {VF_S_INIT("platform.python_implementation"), VF_MARKER_PLATFORM_PYTHON_IMPLEMENTATION},
        {VF_S_INIT("python_implementation"), VF_MARKER_PLATFORM_PYTHON_IMPLEMENTATION},
    };
    o->is_variable = true;
    for (size_t v = 0; v < VF_COUNT(names); v++) {
        if (take_word(p, names[v])) {
            o->variable = (enum vf_marker_var)v;
            o->text = names[v];
            return true;
        }
    }
    for (size_t v = 0; v < VF_COUNT(old); v++) {
        if (take_word(p, old[v].name)) {
            o->variable = old[v].variable;
            o->text = names[old[v].variable];
            return true;
        }
    }
    return false;
}

/* A literal ends at the next quote of its kind; inside, escapes are Python's. */
static bool take_literal(struct parse *p, struct operand *o)
{
    struct vf_slice s = rest(p);
    size_t end = vf_slice_find_byte(s, s.p[0], 1);
    size_t used = 0;
    struct vf_buf b;
    if (end == VF_NPOS)
        return bad(p, "a quote that does not end");
    vf_buf_init(&b);
    struct vf_slice token = vf_slice_sub(s, 0, end + 1);
    bool nul = memchr(token.p, '\0', token.n) != NULL;
    bool good = !nul && vf_pystr_get(&b, token, &used) && used == token.n;
    *o = (struct operand){.is_variable = false};
    if (good)
        o->text = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(p->arena, vf_buf_slice(&b));
    vf_buf_release(&b);
    if (!good)
        return bad(p, "not a string of Python's");
    p->i += token.n;
    return o->text.p ? true : no_memory(p);
}

static bool take_operand(struct parse *p, struct operand *o)
{
    struct vf_slice s = rest(p);
    *o = (struct operand){.is_variable = false};
    if (s.n > 0 && (s.p[0] == '"' || s.p[0] == '\''))
        return take_literal(p, o);
    return take_variable(p, o) || bad(p, "no variable and no quoted text");
}

static bool take_relation(struct parse *p, struct vf_marker_op *op)
{
    if (take_word(p, VF_S("in"))) {
        op->relation = REL_IN;
        return true;
    }
    if (take_word(p, VF_S("not"))) {
        size_t before = p->i;
        skip_blanks(p);
        op->relation = REL_NOT_IN;
        return (p->i > before && take_word(p, VF_S("in"))) || bad(p, "no `in` behind `not`");
    }
    op->relation = REL_SPEC;
    size_t used = vf_spec_op_at(rest(p), &op->op);
    p->i += used;
    return used > 0 || bad(p, "no operator");
}

static bool holds_version(enum vf_marker_var v)
{
    return v == VF_MARKER_IMPLEMENTATION_VERSION || v == VF_MARKER_PLATFORM_RELEASE ||
           v == VF_MARKER_PYTHON_FULL_VERSION || v == VF_MARKER_PYTHON_VERSION;
}

/* The variable that decides how to compare: the left one if both are variables (the right one then stands for
 * its own name). */
static const struct operand *key_of(const struct vf_marker_op *op)
{
    if (op->left.is_variable)
        return &op->left;
    return op->right.is_variable ? &op->right : NULL;
}

/* Names of extras compare in canonical form (PEP 685, PEP 735). */
static bool normalise(struct parse *p, struct vf_marker_op *op)
{
    bool left = op->left.is_variable && op->left.variable == VF_MARKER_EXTRA && !op->right.is_variable;
    bool right = op->right.is_variable && op->right.variable >= VF_MARKER_EXTRA && !op->left.is_variable;
    struct operand *o = left ? &op->right : right ? &op->left : NULL;
    if (!o)
        return true;
    o->text = vf_name_canonical(p->arena, o->text);
    return o->text.p ? true : no_memory(p);
}

/* `op right` as a specifier. False only on no memory. */
static enum vf_status make_spec(struct vf_arena *a, enum vf_spec_op op, struct vf_slice right,
                                struct vf_specifier *spec, bool *good)
{
    struct vf_err ignored;
    struct vf_slice text =
        vf_arena_concat(a, vf_slice_of(vf_spec_op_text(op)), right, (struct vf_slice){NULL, 0});
    *good = false;
    if (!text.p)
        return VF_NO_MEMORY;
    vf_err_init(&ignored);
    enum vf_status st = vf_specifier_parse(a, text, spec, &ignored);
    vf_err_release(&ignored);
    *good = st == VF_OK;
    return st == VF_NO_MEMORY ? st : VF_OK;
}

static bool push_op(struct parse *p, const struct vf_marker_op *op)
{
    struct vf_marker_op *kept = vf_vec_push(p->arena, &p->ops, sizeof *kept);
    if (!kept)
        return no_memory(p);
    *kept = *op;
    return true;
}

static bool take_comparison(struct parse *p)
{
    struct vf_marker_op op = {.kind = OP_COMPARE};
    if (++p->terms > VF_MARKER_TERMS_MAX)
        return bad(p, "too many comparisons");
    if (!take_operand(p, &op.left))
        return false;
    skip_blanks(p);
    if (!take_relation(p, &op))
        return false;
    skip_blanks(p);
    if (!take_operand(p, &op.right) || !normalise(p, &op))
        return false;
    skip_blanks(p);
    if (op.relation == REL_SPEC && op.left.is_variable && holds_version(op.left.variable) &&
        make_spec(p->arena, op.op, op.right.text, &op.spec, &op.has_spec) != VF_OK)
        return no_memory(p);
    return push_op(p, &op);
}

/* Moves what waits with at least the binding of `until` to the program. */
static bool flush(struct parse *p, enum pending until)
{
    while (p->pending.n > 0) {
        enum pending top = *VF_VEC_AT(enum pending, &p->pending, p->pending.n - 1);
        if (top == PENDING_PAREN || (until == PENDING_AND && top == PENDING_OR))
            return true;
        struct vf_marker_op op = {.kind = top == PENDING_AND ? OP_AND : OP_OR};
        p->pending.n--;
        if (!push_op(p, &op))
            return false;
    }
    return true;
}

static bool push_pending(struct parse *p, enum pending what)
{
    enum pending *kept;
    if (p->pending.n >= 2 * VF_MARKER_TERMS_MAX)
        return bad(p, "too many parentheses");
    kept = vf_vec_push(p->arena, &p->pending, sizeof *kept);
    if (!kept)
        return no_memory(p);
    *kept = what;
    return true;
}

static bool close_parens(struct parse *p, size_t *open)
{
    while (p->i < p->text.n && p->text.p[p->i] == ')') {
        if (*open == 0)
            return bad(p, "a parenthesis that was not opened");
        if (!flush(p, PENDING_OR))
            return false;
        p->pending.n--;
        (*open)--;
        p->i++;
        skip_blanks(p);
    }
    return true;
}

/* Atoms with `and` and `or` between, to the end of the text. */
static bool parse_all(struct parse *p)
{
    size_t open = 0;
    for (;;) {
        skip_blanks(p);
        while (p->i < p->text.n && p->text.p[p->i] == '(') {
            if (!push_pending(p, PENDING_PAREN))
                return false;
            open++;
            p->i++;
            skip_blanks(p);
        }
        if (!take_comparison(p) || !close_parens(p, &open))
            return false;
        bool is_and = take_word(p, VF_S("and"));
        if (!is_and && !take_word(p, VF_S("or")))
            break;
        if (!flush(p, is_and ? PENDING_AND : PENDING_OR) ||
            !push_pending(p, is_and ? PENDING_AND : PENDING_OR))
            return false;
    }
    if (open > 0)
        return bad(p, "a parenthesis that is not closed");
    return p->i == p->text.n ? flush(p, PENDING_OR) : bad(p, "text behind the marker");
}

static size_t stack_depth(const struct vf_marker_op *ops, size_t n)
{
    size_t now = 0;
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        now = ops[i].kind == OP_COMPARE ? now + 1 : now - 1;
        most = now > most ? now : most;
    }
    return most;
}

enum vf_status vf_marker_parse(struct vf_arena *a, struct vf_slice text, struct vf_marker *out,
                               struct vf_err *err)
{
    struct parse p = {.arena = a, .text = text, .err = err, .st = VF_OK};
    *out = (struct vf_marker){.text = vf_slice_trim(text)};
    (void)parse_all(&p);
    if (p.st == VF_OK) {
        out->ops = p.ops.base;
        out->n = p.ops.n;
        out->depth = stack_depth(out->ops, out->n);
    }
    return p.st;
}

/* --- program to answer --- */

struct eval {
    const struct vf_marker *marker;
    const struct vf_marker_env *env;
    struct vf_arena *scratch;
    struct vf_err *err;
};

static enum vf_status meaningless(const struct eval *e, const char *what)
{
    return vf_err_set(e->err, VF_MALFORMED, 0, "evaluate", (struct vf_slice){NULL, 0}, "marker '%s': %s",
                      vf_quote(e->marker->text).s, what);
}

/* The text that a variable has for the target. */
static enum vf_status look_up(const struct eval *e, enum vf_marker_var v, struct vf_slice *out)
{
    const struct vf_slice none = {NULL, 0};
    if (v == VF_MARKER_EXTRA) {
        if (!e->env->has_extra)
            return meaningless(e, "`extra` is not known here");
        *out = vf_name_canonical(e->scratch, e->env->extra);
        return out->p ? VF_OK : vf_err_nomem(e->err);
    }
    *out = e->env->value[v];
    if (v == VF_MARKER_PYTHON_FULL_VERSION && vf_slice_ends(*out, VF_S("+"))) {
        *out = vf_arena_concat(e->scratch, *out, VF_S("local"), none); /* an untagged build: 3.13.0a1+ */
        return out->p ? VF_OK : vf_err_nomem(e->err);
    }
    return VF_OK;
}

static bool in_set(struct vf_slice name, const struct vf_slice *set, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (vf_name_same(name, set[i]))
            return true;
    return false;
}

/* `"name" in extras`. A set equals no text, so the other operators have fixed answers. */
static enum vf_status compare_set(const struct eval *e, const struct vf_marker_op *op, enum vf_marker_var v,
                                  bool *result)
{
    const struct vf_marker_env *env = e->env;
    if (!env->has_sets)
        return meaningless(e, "`extras` and `dependency_groups` are not known here");
    if (op->left.is_variable)
        return meaningless(e, "`extras` and `dependency_groups` stand behind `in`");
    bool in = v == VF_MARKER_EXTRAS ? in_set(op->left.text, env->extras, env->n_extras)
                                    : in_set(op->left.text, env->groups, env->n_groups);
    if (op->relation != REL_SPEC) {
        *result = in == (op->relation == REL_IN);
        return VF_OK;
    }
    if (op->op == VF_SPEC_COMPATIBLE || op->op == VF_SPEC_ARBITRARY)
        return meaningless(e, "this operator does not compare sets");
    *result = op->op == VF_SPEC_NE;
    return VF_OK;
}

/* Comparison as text: order has no meaning, so `<=` and `>=` are equality and `<` and `>` never hold. */
static enum vf_status compare_text(const struct eval *e, enum vf_spec_op op, struct vf_slice left,
                                   struct vf_slice right, bool *result)
{
    switch (op) {
    case VF_SPEC_EQ:
    case VF_SPEC_LE:
    case VF_SPEC_GE:
        *result = vf_slice_eq(left, right);
        return VF_OK;
    case VF_SPEC_NE:
        *result = !vf_slice_eq(left, right);
        return VF_OK;
    case VF_SPEC_LT:
    case VF_SPEC_GT:
        *result = false;
        return VF_OK;
    case VF_SPEC_COMPATIBLE:
    case VF_SPEC_ARBITRARY:
        break;
    }
    return meaningless(e, "`~=` and `===` compare versions only");
}

static enum vf_status compare_version(const struct eval *e, const struct vf_specifier *spec,
                                      struct vf_slice left, bool *result)
{
    struct vf_specifiers set = {(struct vf_specifier *)spec, 1};
    return vf_specifiers_contains_text(e->scratch, &set, left, result, e->err);
}

static enum vf_status compare(const struct eval *e, const struct vf_marker_op *op, bool *result)
{
    const struct operand *key = key_of(op);
    struct vf_slice left = op->left.text;
    struct vf_slice right = op->right.text;
    if (!key)
        return meaningless(e, "two texts are compared");
    if (key->variable == VF_MARKER_EXTRAS || key->variable == VF_MARKER_DEPENDENCY_GROUPS)
        return compare_set(e, op, key->variable, result);
    enum vf_status st = look_up(e, key->variable, key == &op->left ? &left : &right);
    if (st != VF_OK)
        return st;
    if (op->relation != REL_SPEC) {
        *result = (vf_slice_find(right, left, 0) != VF_NPOS) == (op->relation == REL_IN);
        return VF_OK;
    }
    struct vf_specifier spec = op->spec;
    bool good = op->has_spec;
    if (key == &op->right && holds_version(key->variable) &&
        make_spec(e->scratch, op->op, right, &spec, &good) != VF_OK)
        return vf_err_nomem(e->err);
    return good ? compare_version(e, &spec, left, result) : compare_text(e, op->op, left, right, result);
}

enum vf_status vf_marker_eval(const struct vf_marker *m, const struct vf_marker_env *env,
                              struct vf_arena *scratch, bool *holds, struct vf_err *err)
{
    struct eval e = {m, env, scratch, err};
    size_t top = 0;
    *holds = true;
    if (m->n == 0)
        return VF_OK;
    bool *stack = vf_arena_array(scratch, m->depth, sizeof *stack);
    if (!stack)
        return vf_err_nomem(err);
    for (size_t i = 0; i < m->n; i++) {
        const struct vf_marker_op *op = &m->ops[i];
        if (op->kind == OP_COMPARE) {
            enum vf_status st = compare(&e, op, &stack[top++]);
            if (st != VF_OK)
                return st;
            continue;
        }
        top--;
        stack[top - 1] = op->kind == OP_AND ? stack[top - 1] && stack[top] : stack[top - 1] || stack[top];
    }
    *holds = stack[0];
    return VF_OK;
}
