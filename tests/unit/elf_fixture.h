/* elf_fixture.h: the smallest ELF file that libelf reads: a dynamic section with the library that it needs
 * and where that is looked for. No loader takes it. And one that a loader would begin to read. */
#ifndef TESTS_UNIT_ELF_FIXTURE_H
#define TESTS_UNIT_ELF_FIXTURE_H

#include <elf.h>
#include <stdbool.h>

#define ELF_TEXTS 2048 /* bytes of its texts */

struct elf_image {
    Elf64_Ehdr head;
    Elf64_Shdr sections[4];
    Elf64_Dyn dynamic[4];
    char strings[ELF_TEXTS];
    char debug[1000]; /* .debug_str; for the test to fill */
};

/* An image that needs `library` and looks for it in `runpath`, both shorter than a thousand bytes. `soname`
 * NULL: none; else the end of `runpath` that the name of the file itself shares. */
void elf_image(struct elf_image *out, const char *library, const char *runpath, const char *soname);

/* A file as the loader reads it, by its segments: what it needs, where it looks, which versions it requires
 * and defines. No code is in it. Lists end at the first NULL. */
#define ELF_FILE     16384 /* bytes */
#define ELF_SPEC_MAX 8
struct elf_spec {
    unsigned machine; /* 0: x86-64 */
    const char *interp, *soname, *rpath, *runpath;
    const char *needed[ELF_SPEC_MAX];
    struct {
        const char *library, *version;
        bool weak;
    } requires[ELF_SPEC_MAX];
    const char *defines[ELF_SPEC_MAX];
    const char *symbol; /* a name among its texts */
};
void elf_make(const struct elf_spec *spec, unsigned char image[ELF_FILE]);

#endif
