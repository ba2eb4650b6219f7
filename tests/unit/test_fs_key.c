/* The key file: made once, read again, refused when others could have written it. */
#include "fs_box.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/key.h"

static struct box *box(void **state)
{
    return *state;
}

static struct vf_key load(const char *dir, bool make)
{
    struct vf_key k;
    vf_key_load(dir, make, &k);
    return k;
}

static void made_once(void **state)
{
    struct box *b = box(state);
    struct stat st;
    char *dir = fx_join(b->path, "state/venvfix"), *file = fx_join(dir, "key");
    assert_false(load(dir, false).known);
    assert_false(fx_there(b->path, "state"));
    struct vf_key first = load(dir, true), again = load(dir, true), read = load(dir, false);
    assert_true(first.known && again.known && read.known);
    assert_memory_equal(first.secret, again.secret, 32);
    assert_memory_equal(first.secret, read.secret, 32);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 32);
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    char *other = fx_join(b->path, "other");
    struct vf_key second = load(other, true);
    assert_true(second.known);
    assert_memory_not_equal(first.secret, second.secret, 32);
    free(other);
    free(file);
    free(dir);
}

static void unusable(void **state)
{
    struct box *b = box(state);
    char *dir = fx_join(b->path, "d"), *file = fx_join(b->path, "d/key"), *twin = fx_join(b->path, "d/twin");
    assert_false(load(NULL, true).known);
    assert_false(load("relative", true).known);
    assert_true(load(dir, true).known);
    assert_int_equal(chmod(file, 0640), 0); /* others could have read it */
    assert_false(load(dir, true).known);
    assert_int_equal(chmod(file, 0600), 0);
    assert_true(load(dir, true).known);
    assert_int_equal(link(file, twin), 0);
    assert_false(load(dir, true).known);
    assert_int_equal(rename(file, twin), 0); /* the same file: nothing happens */
    assert_int_equal(unlink(file), 0);
    assert_int_equal(symlink("twin", file), 0); /* not followed, not replaced */
    assert_false(load(dir, true).known);
    assert_int_equal(unlink(file), 0);
    fx_file(b->path, "d/key", "short", 0600, 1500000000);
    assert_false(load(dir, true).known);
    fx_file(b->path, "d/key", "this text is longer than the 32 bytes", 0600, 1500000000);
    assert_false(load(dir, true).known);
    free(dir);
    free(file);
    free(twin);
}

/* sudo may keep the HOME of a user: root makes nothing there, and believes nothing. */
static void of_another_user(void **state)
{
    struct box *b = box(state);
    if (geteuid() != 0)
        return;
    char *home = fx_join(b->path, "home"), *dir = fx_join(b->path, "home/state/venvfix");
    fx_mkdir(b->path, "home", 0755);
    assert_int_equal(chown(home, 1234, 1234), 0);
    assert_false(load(dir, true).known);
    assert_false(fx_there(b->path, "home/state"));
    assert_int_equal(chown(home, 0, 0), 0);
    assert_true(load(dir, true).known);
    assert_int_equal(chown(dir, 1234, 1234), 0);
    assert_false(load(dir, true).known);
    free(home);
    free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {BOX_BOTH(made_once), BOX_TEST(unusable), BOX_TEST(of_another_user)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
