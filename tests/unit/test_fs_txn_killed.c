/* A transaction that is killed before each of its steps, and its recovery before each of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "txn_world.h"

static enum vf_status child_whole(const struct world *w, void *ctx, struct vf_err *err)
{
    return whole(w, *(bool *)ctx, err);
}

static enum vf_status child_recover(const struct world *w, void *ctx, struct vf_err *err)
{
    return recover(w, *(enum policy *)ctx, err);
}

/* Kills a run before each of its steps, and every `again`-th time the recovery, too, before each of its own.
 */
static void kill_everywhere(bool move, bool back, enum policy policy, long again)
{
    char *after = expected_after(move);
    bool killed = true;
    long n = 0;
    for (n = 1; killed; n += STRIDE) {
        bool killed_again = true;
        for (long m = n / STRIDE % again == 0 ? 1 : 0; killed_again; m++) {
            struct world w;
            struct vf_err err;
            vf_err_init(&err);
            world_make(&w, move);
            killed = die_at(n, child_whole, &w, &back);
            killed_again = m > 0 && die_at(m, child_recover, &w, &policy);
            enum vf_status st = recover(&w, policy, &err);
            if (st != VF_OK)
                fail_msg("step %ld, then %ld: %s: %s %s", n, m, vf_status_name(st), err.detail,
                         err.path ? err.path : "");
            check_world(&w, after, true, !back || policy == FORWARD, "killed", n);
            vf_err_release(&err);
            world_free(&w);
        }
    }
    assert_true(n > 60); /* there were steps at all */
    free(after);
}

static void killed_moving(void **state)
{
    (void)state;
    kill_everywhere(true, false, FORWARD, 9);
}

static void killed_moving_then_back(void **state)
{
    (void)state;
    kill_everywhere(true, false, BACKWARD, 11);
}

static void killed_rolling_back(void **state)
{
    (void)state;
    kill_everywhere(true, true, FORWARD, 17);
    kill_everywhere(false, true, BACKWARD, 1000000);
}

static void killed_fixing(void **state)
{
    (void)state;
    kill_everywhere(false, false, FORWARD, 1000000);
}

static void killed_without_exchange(void **state)
{
    (void)state;
    no_exchange = true;
    kill_everywhere(true, false, FORWARD, 23);
    kill_everywhere(true, false, BACKWARD, 23);
    kill_everywhere(true, true, BACKWARD, 1000000);
    no_exchange = false;
}

static void killed_without_any_renameat2(void **state)
{
    (void)state;
    no_exchange = link_dance = true;
    kill_everywhere(true, false, FORWARD, 29);
    kill_everywhere(true, true, BACKWARD, 1000000);
    no_exchange = link_dance = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_moving),           cmocka_unit_test(killed_moving_then_back),
        cmocka_unit_test(killed_rolling_back),     cmocka_unit_test(killed_fixing),
        cmocka_unit_test(killed_without_exchange), cmocka_unit_test(killed_without_any_renameat2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
