/* Work that finds more work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/parallel_walk.h"

/* A heap: item i finds 2i+1 and 2i+2. */
enum { ITEMS = 5000 };

struct node {
    struct vf_walk_item item;
    size_t i;
    atomic_uint done;
};

struct heap {
    struct node nodes[ITEMS];
    atomic_uint done;
    size_t fail_at, cancel_at;
    atomic_bool cancel;
};

static enum vf_status visit(void *ctx, struct vf_walk_item *item, unsigned worker,
                            struct vf_walk_item **found, struct vf_err *err)
{
    struct heap *h = ctx;
    struct node *n = (struct node *)item;
    assert_true(worker < 8);
    atomic_fetch_add(&n->done, 1);
    atomic_fetch_add(&h->done, 1);
    for (size_t k = 2 * n->i + 1; k <= 2 * n->i + 2 && k < ITEMS; k++) {
        h->nodes[k].item.next = *found;
        *found = &h->nodes[k].item;
    }
    if (n->i == h->cancel_at)
        atomic_store(&h->cancel, true);
    return n->i == h->fail_at ? vf_err_nomem(err) : VF_OK;
}

static struct heap *fresh(void)
{
    static struct heap h;
    memset(&h, 0, sizeof h);
    for (size_t i = 0; i < ITEMS; i++)
        h.nodes[i].i = i;
    h.fail_at = h.cancel_at = ITEMS;
    return &h;
}

static void every_item_once(void **state)
{
    (void)state;
    static const unsigned jobs[] = {1, 2, 8};
    for (size_t k = 0; k < VF_COUNT(jobs); k++) {
        struct heap *h = fresh();
        struct vf_err err = {0};
        struct vf_hooks hooks = {.jobs = jobs[k]};
        assert_int_equal(vf_parallel_walk(&hooks, &h->nodes[0].item, visit, h, &err), VF_OK);
        for (size_t i = 0; i < ITEMS; i++)
            assert_int_equal(h->nodes[i].done, 1);
        h->done = 0;
        assert_int_equal(vf_parallel_walk(&hooks, &h->nodes[ITEMS - 1].item, visit, h, &err), VF_OK);
        assert_int_equal(h->done, 1);
    }
}

static void an_error_ends_it(void **state)
{
    (void)state;
    for (unsigned jobs = 1; jobs <= 8; jobs *= 2) {
        struct heap *h = fresh();
        struct vf_err err = {0};
        struct vf_hooks hooks = {.jobs = jobs};
        h->fail_at = 0;
        assert_int_equal(vf_parallel_walk(&hooks, &h->nodes[0].item, visit, h, &err), VF_NO_MEMORY);
        assert_int_equal(err.code, VF_NO_MEMORY);
        assert_int_equal(h->done, 1);
        h->fail_at = 1000;
        err = (struct vf_err){0};
        assert_int_equal(vf_parallel_walk(&hooks, &h->nodes[0].item, visit, h, &err), VF_NO_MEMORY);
    }
}

static void cancel_stops(void **state)
{
    (void)state;
    for (unsigned jobs = 1; jobs <= 2; jobs++) {
        struct heap *h = fresh();
        struct vf_err err = {0};
        struct vf_hooks hooks = {.cancel = &h->cancel, .jobs = jobs};
        h->cancel_at = 0;
        assert_int_equal(vf_parallel_walk(&hooks, &h->nodes[0].item, visit, h, &err), VF_INTERRUPTED);
        assert_int_equal(h->done, 1);
        vf_err_release(&err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_once),
        cmocka_unit_test(an_error_ends_it),
        cmocka_unit_test(cancel_stops),
    };
    return cmocka_run_group_tests_name("base/crawl", tests, NULL, NULL);
}
