/* elf_fixture.h: the smallest ELF file that libelf reads: a dynamic section with the library that it needs
 * and where that is looked for. No loader takes it. */
#ifndef TESTS_UNIT_ELF_FIXTURE_H
#define TESTS_UNIT_ELF_FIXTURE_H

#include <elf.h>

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

#endif
