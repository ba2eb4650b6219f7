/* Hooks and the parallel loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/hooks.h"

enum { ITEMS = 3000 };

struct job {
    atomic_uint done[ITEMS];
    size_t fail_from; /* every item from here on fails */
    size_t cancel_at;
    atomic_bool cancel;
};

static enum vf_status work(void *ctx, size_t item, unsigned worker, struct vf_err *err)
{
    struct job *j = ctx;
    assert_true(worker < 8);
    atomic_fetch_add(&j->done[item], 1);
    if (item == j->cancel_at)
        atomic_store(&j->cancel, true);
    if (item < j->fail_from)
        return VF_OK;
    char name[32];
    int n = snprintf(name, sizeof name, "%zu", item);
    return vf_err_set(err, VF_IO, 5, "read", (struct vf_slice){name, (size_t)n}, NULL);
}

static void every_item_once(void **state)
{
    (void)state;
    static const unsigned jobs[] = {0, 1, 2, 8};
    for (size_t k = 0; k < VF_COUNT(jobs); k++) {
        static struct job j;
        memset(&j, 0, sizeof j);
        j.fail_from = j.cancel_at = ITEMS;
        struct vf_err err = {0};
        struct vf_hooks h = {.jobs = jobs[k]};
        assert_int_equal(vf_parallel(&h, ITEMS, work, &j, &err), VF_OK);
        for (size_t i = 0; i < ITEMS; i++)
            assert_int_equal(j.done[i], 1);
        assert_int_equal(vf_parallel(&h, 0, work, &j, &err), VF_OK);
        assert_int_equal(err.code, VF_OK);
    }
}

static void lowest_failure_is_returned(void **state)
{
    (void)state;
    for (size_t round = 0; round < 200; round++) {
        static struct job j;
        memset(&j, 0, sizeof j);
        j.fail_from = round * 7;
        j.cancel_at = ITEMS;
        struct vf_err err = {0};
        struct vf_hooks h = {.jobs = 1 + (unsigned)(round % 8)};
        assert_int_equal(vf_parallel(&h, ITEMS, work, &j, &err), VF_IO);
        char name[32];
        snprintf(name, sizeof name, "%zu", j.fail_from);
        assert_string_equal(err.path, name);
        assert_string_equal(err.op, "read");
        for (size_t i = 0; i <= j.fail_from; i++)
            assert_int_equal(j.done[i], 1);
        vf_err_release(&err);
    }
}

static void cancel_stops(void **state)
{
    (void)state;
    static struct job j;
    memset(&j, 0, sizeof j);
    j.fail_from = ITEMS;
    j.cancel_at = 100;
    struct vf_err err = {0};
    struct vf_hooks h = {.cancel = &j.cancel, .jobs = 2};
    assert_false(vf_hooks_cancelled(&h));
    assert_int_equal(vf_parallel(&h, ITEMS, work, &j, &err), VF_INTERRUPTED);
    assert_int_equal(err.code, VF_INTERRUPTED);
    assert_true(vf_hooks_cancelled(&h));
    vf_err_release(&err);
}

static void count_event(void *ctx, const struct vf_event *ev)
{
    unsigned *kinds = ctx;
    *kinds |= 1u << ev->kind;
    if (ev->kind == VF_EVENT_PROGRESS)
        assert_true(ev->done == 1 && ev->total == 2 && strcmp(ev->phase, "read") == 0);
}

static void events(void **state)
{
    (void)state;
    unsigned kinds = 0;
    struct vf_hooks h = {.event = count_event, .ctx = &kinds};
    vf_hooks_phase(&h, "read");
    vf_hooks_progress(&h, "read", 1, 2);
    vf_hooks_note(&h, "a note");
    assert_int_equal(kinds, 7);
    vf_hooks_phase(NULL, "read");
    assert_false(vf_hooks_cancelled(NULL));
    assert_true(vf_hooks_jobs(NULL) >= 1);
}

static void few_items_few_workers(void **state)
{
    (void)state;
    struct vf_hooks h = {.jobs = 8};
    assert_int_equal(vf_hooks_for_short(&h, 0).jobs, 1);
    assert_int_equal(vf_hooks_for_short(&h, 3).jobs, 1);
    assert_int_equal(vf_hooks_for_short(&h, 10000).jobs, 8);
    assert_int_equal(vf_hooks_for_short(NULL, 1).jobs, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_once),       cmocka_unit_test(lowest_failure_is_returned),
        cmocka_unit_test(cancel_stops),          cmocka_unit_test(events),
        cmocka_unit_test(few_items_few_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
