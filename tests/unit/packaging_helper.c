/* What the tests of src/dist share. */
#include "packaging_helper.h"

#include <stdio.h>

#include "packaging/text.h"

void dist_check_slice(struct vf_slice s, const char *req, const char *file, int line)
{
    if (s.n == strlen(req) && (s.n == 0 || memcmp(s.p, req, s.n) == 0))
        return;
    print_error("'%s' is not '%s'\n", vf_quote(s).s, req);
    _fail(file, line);
}

struct vf_slice dist_read_file(struct vf_arena *a, const char *path)
{
    struct vf_buf b = {0};
    char block[4096];
    size_t n;
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("cannot read %s", path);
    while ((n = fread(block, 1, sizeof block, f)) > 0)
        vf_buf_put(&b, (struct vf_slice){block, n});
    fclose(f);
    struct vf_slice s = vf_arena_dup(a, vf_buf_slice(&b));
    assert_false(b.failed);
    assert_non_null(s.p);
    vf_buf_release(&b);
    return s;
}

static unsigned hex_digit(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10u;
}

static struct vf_slice unescape(struct vf_arena *a, struct vf_slice s)
{
    char *p = vf_arena_alloc(a, s.n + 1);
    size_t n = 0;
    assert_non_null(p);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\\') {
            p[n++] = s.p[i];
            continue;
        }
        char c = s.p[++i];
        if (c == 'x') {
            p[n++] = (char)(hex_digit(s.p[i + 1]) << 4 | hex_digit(s.p[i + 2]));
            i += 2;
        } else {
            p[n++] = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
        }
    }
    return (struct vf_slice){p, n};
}

bool dist_next_vector(struct vf_arena *a, struct dist_vector *v)
{
    struct vf_slice line;
    do {
        v->line++;
        if (!vf_slice_next_line(&v->rest, &line))
            return false;
    } while (line.n == 0 || line.p[0] == '#');
    v->n = 0;
    for (size_t i = 0; i <= line.n;) {
        size_t tab = vf_slice_find_byte(line, '\t', i);
        size_t end = tab == VF_NPOS ? line.n : tab;
        assert_true(v->n < VF_COUNT(v->field));
        v->field[v->n++] = unescape(a, vf_slice_sub(line, i, end));
        i = end + 1;
    }
    return true;
}
