/* Which syntaxes can occur in a file: by content where content tells, else by name and by the directory it
 * stands in. */
#include "syntax/syntax.h"

#include <string.h>

#include "base/path.h"

static uint32_t bit(enum vf_syntax s)
{
    return UINT32_C(1) << s;
}

static bool contains(struct vf_slice s, const char *text)
{
    return vf_slice_find(s, vf_slice_of(text), 0) != VF_NPOS;
}

static bool ends(struct vf_slice s, const char *text)
{
    return vf_slice_ends(s, vf_slice_of(text));
}

static bool starts(struct vf_slice s, const char *text)
{
    return vf_slice_starts(s, vf_slice_of(text));
}

static bool is(struct vf_slice s, const char *text)
{
    return vf_slice_eq(s, vf_slice_of(text));
}

/* A file that starts with `#!`, wherever it stands. Behind a BOM the kernel does not see it, which the reader
 * reports. */
static bool has_header(struct vf_slice head)
{
    return starts(head, "#!") || starts(head, "\xEF\xBB\xBF#!");
}

/* --- activate files: all stand in BIN --- */

struct flavour {
    const char *name; /* the whole of it, lower case */
    const char *mark; /* an assignment that only this flavour has; NULL: told by its name */
    enum vf_syntax syntax;
};

static const struct flavour flavours[] = {
    {"activate.csh", "setenv VIRTUAL_ENV ", VF_SYN_ACTIVATE_CSH},
    {"activate.fish", "set -gx VIRTUAL_ENV ", VF_SYN_ACTIVATE_FISH},
    {"activate.nu", "export-env", VF_SYN_ACTIVATE_NU},
    {"activate.ps1", "$env:VIRTUAL_ENV", VF_SYN_ACTIVATE_PS1},
    {"activate.xsh", NULL, VF_SYN_ACTIVATE_XSH},
    {"activate.bat", NULL, VF_SYN_ACTIVATE_BAT},
    {"activate_this.py", NULL, VF_SYN_ACTIVATE_THIS},
    {"activate", NULL, VF_SYN_ACTIVATE_SH},
};

static bool assigns_in_sh(struct vf_slice head)
{
    return contains(head, "VIRTUAL_ENV=") && contains(head, "deactivate ()");
}

/* A script of its own (bin/activate-global-python-argcomplete, conda's activate) is no activate file: that
 * one is sourced. */
static uint32_t activate_of(struct vf_slice name, struct vf_slice head)
{
    bool sourced = !has_header(head);
    for (size_t i = 0; i < VF_COUNT(flavours); i++)
        if (sourced && flavours[i].mark && contains(head, flavours[i].mark) && contains(head, "deactivate") &&
            contains(head, "VIRTUAL_ENV"))
            return bit(flavours[i].syntax);
    if (sourced && assigns_in_sh(head))
        return bit(VF_SYN_ACTIVATE_SH);
    for (size_t i = 0; i < VF_COUNT(flavours); i++)
        if (vf_slice_eq_nocase(name, vf_slice_of(flavours[i].name)) &&
            (sourced || flavours[i].syntax == VF_SYN_ACTIVATE_THIS || contains(head, "VIRTUAL_ENV")))
            return bit(flavours[i].syntax);
    return 0;
}

/* --- site-packages --- */

static bool is_site_dir(struct vf_slice dir)
{
    struct vf_slice base = vf_path_base(dir);
    return is(base, "site-packages") || is(base, "dist-packages");
}

/* Editable finders by the names that the backends give them (docs/formats.md 4.3). */
static bool is_finder_name(struct vf_slice name)
{
    return ends(name, ".py") &&
           ((starts(name, "__editable___") && ends(name, "_finder.py")) || starts(name, "_editable_impl_") ||
            starts(name, "_editable_skbc_") || (starts(name, "_") && ends(name, "_editable_loader.py")) ||
            (starts(name, "_") && ends(name, "_editable.py")));
}

/* What the `editables` library writes under the names of the project's own modules. */
static bool is_redirector(struct vf_slice head, bool top)
{
    struct vf_slice rest = head, line;
    if (top && (contains(head, "editables.redirector") || contains(head, "\nimport_from_path(__name__, ")))
        return contains(head, "map_module(") || contains(head, "def import_from_path(");
    return starts(head, "__path__ = [") && vf_slice_next_line(&rest, &line) && vf_slice_trim(rest).n == 0;
}

static bool below_site_dir(struct vf_slice dir)
{
    return contains(dir, "site-packages") || contains(dir, "dist-packages");
}

static uint32_t site_of(struct vf_slice dir, struct vf_slice name, struct vf_slice head)
{
    bool top = is_site_dir(dir);
    if (top && ends(name, ".pth"))
        return bit(VF_SYN_PTH);
    if (top && ends(name, ".egg-link"))
        return bit(VF_SYN_EGG_LINK);
    if (top && is_finder_name(name))
        return bit(VF_SYN_FINDER);
    if ((top || (is(name, "__init__.py") && below_site_dir(dir))) && ends(name, ".py") &&
        is_redirector(head, top))
        return bit(VF_SYN_FINDER);
    if (!ends(dir, ".dist-info") || !is_site_dir(vf_path_dir(dir)))
        return 0;
    if (is(name, "RECORD"))
        return bit(VF_SYN_RECORD);
    return is(name, "direct_url.json") ? bit(VF_SYN_DIRECT_URL) : 0;
}

uint32_t vf_syntax_classify(struct vf_slice path, struct vf_slice head, bool in_bin)
{
    struct vf_slice dir = vf_path_dir(path), name = vf_path_base(path);
    uint32_t set = site_of(dir, name, head);
    if (is(path, "pyvenv.cfg") || (in_bin && is(name, "pyvenv.cfg")))
        set |= bit(VF_SYN_CFG);
    if (is(path, ".project"))
        set |= bit(VF_SYN_PROJECT);
    if (in_bin)
        set |= activate_of(name, head);
    if (has_header(head))
        set |= bit(VF_SYN_HEADER);
    if (is(name, "kernel.json") && is(vf_path_base(vf_path_dir(dir)), "kernels"))
        set |= bit(VF_SYN_KERNELSPEC);
    return set;
}
