/* example.c: the findings of an environment, by libvenvfix.
 *
 *     cc example.c $(pkg-config --cflags --libs venvfix) -o example && ./example .venv
 */
#include <stdio.h>
#include <venvfix.h>

int main(int argc, char **argv)
{
    struct venvfix_check_options options = {.path = argc > 1 ? argv[1] : ".venv"};
    struct venvfix_check_result result;
    int code = venvfix_check(&options, &result);

    if (code == 2) {
        fprintf(stderr, "example: %s: %s\n", result.error.code, result.error.message.p);
    } else {
        for (size_t i = 0; i < result.findings.n; i++) {
            const struct venvfix_finding *f = &result.findings.v[i];
            printf("%s %s: %s\n", f->rule, f->path.p ? f->path.p : ".", f->message.p);
        }
        printf("venvfix %s: %llu files, sound: %s\n", venvfix_version(), (unsigned long long)result.files,
               result.sound ? "yes" : "no");
    }
    venvfix_check_free(&result);
    return code;
}
