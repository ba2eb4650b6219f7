#include "elf_fixture.h"

#include <stdio.h>
#include <string.h>

#define RUNPATH_AT 1024 /* in the texts */
#define DEBUG_AT   2000 /* the name of a section */

void elf_image(struct elf_image *out, const char *library, const char *runpath, const char *soname)
{
    *out = (struct elf_image){
        .head = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                 .e_type = ET_DYN,
                 .e_machine = EM_X86_64,
                 .e_version = EV_CURRENT,
                 .e_ehsize = sizeof(Elf64_Ehdr),
                 .e_shentsize = sizeof(Elf64_Shdr),
                 .e_shnum = 4,
                 .e_shstrndx = 1}};
    out->head.e_shoff = (size_t)((char *)out->sections - (char *)out);
    out->sections[1] = (Elf64_Shdr){.sh_type = SHT_STRTAB,
                                    .sh_offset = (size_t)(out->strings - (char *)out),
                                    .sh_size = sizeof out->strings};
    out->sections[2] = (Elf64_Shdr){.sh_type = SHT_DYNAMIC,
                                    .sh_link = 1,
                                    .sh_offset = (size_t)((char *)out->dynamic - (char *)out),
                                    .sh_size = sizeof out->dynamic,
                                    .sh_entsize = sizeof(Elf64_Dyn)};
    out->sections[3] = (Elf64_Shdr){.sh_name = DEBUG_AT,
                                    .sh_type = SHT_PROGBITS,
                                    .sh_offset = (size_t)(out->debug - (char *)out),
                                    .sh_size = sizeof out->debug};
    out->dynamic[0] = (Elf64_Dyn){.d_tag = DT_NEEDED, .d_un = {.d_val = 1}};
    out->dynamic[1] = (Elf64_Dyn){.d_tag = DT_RUNPATH, .d_un = {.d_val = RUNPATH_AT}};
    if (soname)
        out->dynamic[2] =
            (Elf64_Dyn){.d_tag = DT_SONAME, .d_un = {.d_val = RUNPATH_AT + strlen(runpath) - strlen(soname)}};
    snprintf(out->strings + 1, RUNPATH_AT - 1, "%s", library);
    snprintf(out->strings + RUNPATH_AT, DEBUG_AT - RUNPATH_AT, "%s", runpath);
    snprintf(out->strings + DEBUG_AT, ELF_TEXTS - DEBUG_AT, ".debug_str");
}
