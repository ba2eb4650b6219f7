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

/* ---- a file that the loader would read ---- */

struct maker {
    unsigned char *image;
    size_t strings; /* used of the texts */
};

enum {
    PHDRS_AT = 64,
    DYNAMIC_AT = 512,
    VERNEED_AT = 2048,
    VERDEF_AT = 4096,
    INTERP_AT = 6144,
    STRINGS_AT = 8192
};

static size_t put_string(struct maker *m, const char *text)
{
    size_t at = m->strings, n = strlen(text) + 1;
    memcpy(m->image + STRINGS_AT + at, text, n);
    m->strings += n;
    return at;
}

static size_t put_requires(struct maker *m, const struct elf_spec *s)
{
    size_t n = 0, at = VERNEED_AT;
    for (; n < ELF_SPEC_MAX && s->requires[n].library; n++) {
        Elf64_Verneed need = {.vn_version = 1, .vn_cnt = 1, .vn_aux = sizeof need};
        Elf64_Vernaux aux = {.vna_flags = s->requires[n].weak ? VER_FLG_WEAK : 0};
        need.vn_file = (Elf64_Word)put_string(m, s->requires[n].library);
        aux.vna_name = (Elf64_Word)put_string(m, s->requires[n].version);
        bool last = n + 1 == ELF_SPEC_MAX || !s->requires[n + 1].library;
        need.vn_next = last ? 0 : sizeof need + sizeof aux;
        memcpy(m->image + at, &need, sizeof need);
        memcpy(m->image + at + sizeof need, &aux, sizeof aux);
        at += sizeof need + sizeof aux;
    }
    return n;
}

static size_t put_defines(struct maker *m, const struct elf_spec *s)
{
    size_t n = 0, at = VERDEF_AT;
    for (; n < ELF_SPEC_MAX && s->defines[n]; n++) {
        Elf64_Verdef def = {.vd_version = 1, .vd_cnt = 1, .vd_aux = sizeof def};
        Elf64_Verdaux aux = {.vda_name = (Elf64_Word)put_string(m, s->defines[n])};
        bool last = n + 1 == ELF_SPEC_MAX || !s->defines[n + 1];
        def.vd_next = last ? 0 : sizeof def + sizeof aux;
        memcpy(m->image + at, &def, sizeof def);
        memcpy(m->image + at + sizeof def, &aux, sizeof aux);
        at += sizeof def + sizeof aux;
    }
    return n;
}

static void put_dynamic(struct maker *m, const struct elf_spec *s)
{
    Elf64_Dyn d[40] = {{0}};
    size_t n = 0, requires = put_requires(m, s), defines = put_defines(m, s);
    for (size_t i = 0; i < ELF_SPEC_MAX && s->needed[i]; i++)
        d[n++] = (Elf64_Dyn){.d_tag = DT_NEEDED, .d_un = {.d_val = put_string(m, s->needed[i])}};
    if (s->soname)
        d[n++] = (Elf64_Dyn){.d_tag = DT_SONAME, .d_un = {.d_val = put_string(m, s->soname)}};
    if (s->rpath)
        d[n++] = (Elf64_Dyn){.d_tag = DT_RPATH, .d_un = {.d_val = put_string(m, s->rpath)}};
    if (s->runpath)
        d[n++] = (Elf64_Dyn){.d_tag = DT_RUNPATH, .d_un = {.d_val = put_string(m, s->runpath)}};
    if (s->symbol)
        (void)put_string(m, s->symbol);
    d[n++] = (Elf64_Dyn){.d_tag = DT_STRTAB, .d_un = {.d_ptr = STRINGS_AT}};
    d[n++] = (Elf64_Dyn){.d_tag = DT_STRSZ, .d_un = {.d_val = m->strings}};
    if (requires) {
        d[n++] = (Elf64_Dyn){.d_tag = DT_VERNEED, .d_un = {.d_ptr = VERNEED_AT}};
        d[n++] = (Elf64_Dyn){.d_tag = DT_VERNEEDNUM, .d_un = {.d_val = requires}};
    }
    if (defines) {
        d[n++] = (Elf64_Dyn){.d_tag = DT_VERDEF, .d_un = {.d_ptr = VERDEF_AT}};
        d[n++] = (Elf64_Dyn){.d_tag = DT_VERDEFNUM, .d_un = {.d_val = defines}};
    }
    memcpy(m->image + DYNAMIC_AT, d, (n + 1) * sizeof *d);
}

void elf_make(const struct elf_spec *s, unsigned char image[ELF_FILE])
{
    struct maker m = {.image = image, .strings = 1};
    size_t interp = s->interp ? strlen(s->interp) + 1 : 0;
    memset(image, 0, ELF_FILE);
    put_dynamic(&m, s);
    Elf64_Ehdr head = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                       .e_type = ET_DYN,
                       .e_machine = (Elf64_Half)(s->machine ? s->machine : EM_X86_64),
                       .e_version = EV_CURRENT,
                       .e_phoff = PHDRS_AT,
                       .e_ehsize = sizeof head,
                       .e_phentsize = sizeof(Elf64_Phdr),
                       .e_phnum = interp ? 3 : 2};
    Elf64_Phdr parts[] = {
        {.p_type = PT_LOAD, .p_filesz = ELF_FILE, .p_memsz = ELF_FILE, .p_flags = PF_R, .p_align = 4096},
        {.p_type = PT_DYNAMIC,
         .p_offset = DYNAMIC_AT,
         .p_vaddr = DYNAMIC_AT,
         .p_filesz = 40 * sizeof(Elf64_Dyn)},
        {.p_type = PT_INTERP, .p_offset = INTERP_AT, .p_vaddr = INTERP_AT, .p_filesz = interp}};
    memcpy(image, &head, sizeof head);
    memcpy(image + PHDRS_AT, parts, head.e_phnum * sizeof *parts);
    if (interp)
        memcpy(image + INTERP_AT, s->interp, interp);
}
