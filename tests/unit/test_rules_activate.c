/* VF3xx: activation. The files are the statements of the writers that matter here; whole ones stand in the
 * end-to-end tests. */
#include "rule_case.h"

#define END "export VIRTUAL_ENV\ndeactivate () {\n:\n}\n"

static const struct rule_case cases[] = {
    {"VF301",
     "bin/activate",
     0,
     {"bin/activate|VIRTUAL_ENV=\"{E}\"\n" END},
     {"bin/activate|VIRTUAL_ENV=\"{OLD}\"\n" END},
     NULL},
    {"VF301",
     "bin/activate",
     0,
     {"bin/activate|VIRTUAL_ENV='{E}'\n" END},
     {"bin/activate|VIRTUAL_ENV='{OUT}'\n" END},
     NULL},
    {"VF301",
     "bin/activate.csh",
     0,
     {"bin/activate.csh|alias deactivate 'x'\nsetenv VIRTUAL_ENV \"{E}\"\n"},
     {"bin/activate.csh|alias deactivate 'x'\nsetenv VIRTUAL_ENVS \"{E}2\"\n"},
     NULL},
    {"VF301",
     "bin/activate.fish",
     0,
     {"bin/activate.fish|function deactivate\nend\nset -gx VIRTUAL_ENV '{E}'\n"},
     {"bin/activate.fish|function deactivate\nend\nset -gx VIRTUAL_ENV '{LIVE}'\n"},
     NULL},
    {"VF302",
     "bin/activate",
     0,
     {"bin/activate|VIRTUAL_ENV=\"{OLD}\"\n" END},
     {"bin/activate|VIRTUAL_ENV=\"{E}\"\n" END},
     NULL},
    {"VF302",
     "bin/activate",
     0,
     {"bin/activate|VIRTUAL_ENV=\"{E}2\"\n" END},
     {"bin/activate|VIRTUAL_ENV=\"{E}\"\n" END},
     NULL},
    {"VF303",
     "bin/activate",
     0,
     {"bin/activate|VIRTUAL_ENV=\"{LIVE}\"\n" END},
     {"bin/activate|VIRTUAL_ENV=\"{OLD}\"\n" END},
     NULL},
    {"VF304",
     "bin/activate",
     0,
     {"bin/activate|VIRTUAL_ENV='{E}'{CR}\nexport VIRTUAL_ENV{CR}\ndeactivate () {{CR}\n:{CR}\n}{CR}\n"},
     {"bin/activate|VIRTUAL_ENV='{E}'\n" END},
     NULL},
    {"VF305",
     "bin/activate.fish",
     0,
     {"bin/activate.fish|# nothing of a known writer: deactivate VIRTUAL_ENV\necho hello\n"},
     {"bin/other.fish|# nothing of a known writer: deactivate VIRTUAL_ENV\necho hello\n"},
     NULL},
    {"VF306",
     "bin/activate",
     0,
     {"bin/activate|VIRTUAL_ENV=\"{E}\"\n" END "VIRTUAL_ENV_PROMPT=\"(old) \"\n"},
     {"bin/activate|VIRTUAL_ENV=\"{E}\"\n" END "VIRTUAL_ENV_PROMPT=\"(mine) \"\n"},
     NULL},
    {"VF307",
     "bin/activate",
     0,
     {"bin/activate|VIRTUAL_ENV=\"{E}\"\n" END "TCL_LIBRARY=/usr/lib/tcl8.6\n"},
     {"bin/activate|VIRTUAL_ENV=\"{E}\"\n" END "TCL_LIB=/usr/lib/tcl8.6\n"},
     NULL},
    {"VF308",
     "bin/activate",
     0,
     {"bin/activate|VIRTUAL_ENV=\"{E}\"\n" END "export CONF={E}/etc/conf\n"},
     {"bin/activate|VIRTUAL_ENV=\"{E}\"\n" END "export CONF={E}2/etc/conf\n"},
     NULL},
    {"VF309",
     "bin/activate",
     0,
     {"bin/activate|VIRTUAL_ENV=\"{E}\"\n" END "export CONF={OLD}/etc/conf\n"},
     {"bin/activate|VIRTUAL_ENV=\"{E}\"\n" END "export CONF={OLD}2/etc/conf\n"},
     NULL},
};

static const char *const waiting[] = {NULL};

static void every_case(void **state)
{
    rc_run(*state, cases, sizeof cases / sizeof *cases);
}

static void none_is_forgotten(void **state)
{
    (void)state;
    rc_all_hit(cases, sizeof cases / sizeof *cases, '3', waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {EF_TEST(every_case), cmocka_unit_test(none_is_forgotten)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
