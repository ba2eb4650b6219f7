/* joint.c: the unit tests as one program.
 *
 *   joint NAME      runs test_NAME.c, as if it were a program of its own
 *   joint           lists the names
 *
 * Each test is compiled with its main renamed; the Makefile writes table.h. Whoever runs all of them starts
 * one process for each, so that one that dies takes no other along. */
#include <stdio.h>
#include <string.h>

#define TEST(name) int test_##name(void);
#include "table.h"
#undef TEST

static const struct {
    const char *name;
    int (*run)(void);
} tests[] = {
#define TEST(name) {#name, test_##name},
#include "table.h"
#undef TEST
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        if (argc == 1)
            puts(tests[i].name);
        else if (!strcmp(argv[1], tests[i].name))
            return tests[i].run();
    if (argc == 1)
        return 0;
    fprintf(stderr, "%s: no such test\n", argv[1]);
    return 2;
}
