/*
 * Runs one fuzz harness over files instead of random input, without libFuzzer: for `make check`.
 * Prints "ok FILE" after each file that the harness came back from. A buffer has exactly the size of its
 * file, so that the sanitizer sees a read behind the end.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long size = -1;
    int status = -1;

    if (file == NULL)
        goto out;
    if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0)
        goto out;
    data = malloc((size_t)size);
    if (size > 0 && (data == NULL || fread(data, 1, (size_t)size, file) != (size_t)size))
        goto out;
    (void)LLVMFuzzerTestOneInput(data, (size_t)size);
    status = 0;
out:
    free(data);
    if (file != NULL)
        (void)fclose(file);
    return status;
}

int main(int argc, char **argv)
{
    int failed = 0;

    for (int i = 1; i < argc; i++) {
        if (replay(argv[i]) != 0) {
            (void)fprintf(stderr, "cannot read %s\n", argv[i]);
            failed = 1;
            continue;
        }
        printf("ok %s\n", argv[i]);
        (void)fflush(stdout);
    }
    return failed;
}
