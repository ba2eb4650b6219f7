/* elf_floor.c: the versions that an ELF file binds to: .gnu.version_r (docs/formats.md 8.1, 8.3). */
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "syntax/elf.h"

enum { RECORDS_MAX = 65536 };

/* "GLIBC_2.17" -> 17; "GLIBC_2.2.5" -> 2. */
static void take_version(const char *name, struct vf_elf_floor *out)
{
    unsigned minor;
    if (!strcmp(name, "GLIBC_ABI_DT_RELR"))
        minor = 36;
    else if (!strncmp(name, "GLIBC_2.", 8))
        minor = (unsigned)strtoul(name + 8, NULL, 10);
    else
        return;
    if (minor < 1000 && minor > out->glibc_minor)
        out->glibc_minor = minor;
}

/* `budget`: of the whole section, since records may share their entries. */
static void read_aux(Elf *elf, Elf_Data *data, size_t strings, size_t at, unsigned n, int *budget,
                     struct vf_elf_floor *out)
{
    GElf_Vernaux aux;
    for (unsigned i = 0; i < n && --*budget > 0 && at <= INT32_MAX && gelf_getvernaux(data, (int)at, &aux);
         i++) {
        const char *name = elf_strptr(elf, strings, aux.vna_name);
        if (name && !(aux.vna_flags & VER_FLG_WEAK))
            take_version(name, out);
        if (aux.vna_next == 0)
            return;
        at += aux.vna_next;
    }
}

static void read_versions(Elf *elf, Elf_Scn *scn, const GElf_Shdr *head, struct vf_elf_floor *out)
{
    Elf_Data *data = elf_getdata(scn, NULL);
    GElf_Verneed need;
    size_t at = 0;
    int budget = RECORDS_MAX;
    while (data && --budget > 0 && at <= INT32_MAX && gelf_getverneed(data, (int)at, &need)) {
        read_aux(elf, data, head->sh_link, at + need.vn_aux, need.vn_cnt, &budget, out);
        if (need.vn_next == 0)
            return;
        at += need.vn_next;
    }
}

static void read_needed(Elf *elf, Elf_Scn *scn, const GElf_Shdr *head, struct vf_elf_floor *out)
{
    Elf_Data *data = elf_getdata(scn, NULL);
    GElf_Dyn d;
    for (int i = 0; data && i < RECORDS_MAX && gelf_getdyn(data, i, &d) && d.d_tag != DT_NULL; i++) {
        const char *name = d.d_tag == DT_NEEDED ? elf_strptr(elf, head->sh_link, d.d_un.d_val) : NULL;
        if (name && (!strncmp(name, "libc.musl-", 10) || !strcmp(name, "libc.so")))
            out->musl = true;
    }
}

void vf_elf_floor_of(char *image, size_t n, struct vf_elf_floor *out)
{
    GElf_Ehdr head;
    *out = (struct vf_elf_floor){0};
    if (n < EI_NIDENT || memcmp(image, ELFMAG, SELFMAG) != 0 || elf_version(EV_CURRENT) == EV_NONE)
        return;
    Elf *elf = elf_memory(image, n);
    if (elf && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &head)) {
        out->is_elf = true;
        out->machine = head.e_machine;
        for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
            GElf_Shdr section;
            if (!gelf_getshdr(scn, &section))
                continue;
            if (section.sh_type == SHT_GNU_verneed)
                read_versions(elf, scn, &section, out);
            if (section.sh_type == SHT_DYNAMIC)
                read_needed(elf, scn, &section, out);
        }
    }
    if (elf)
        elf_end(elf);
}
