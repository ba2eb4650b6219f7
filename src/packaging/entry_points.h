/* entry_points.h: entry_points.txt (docs/formats.md 4.6; entry points specification).
 *
 * Read as importlib.metadata does: INI of a simple kind, UTF-8, lines stripped, empty lines and lines that
 * begin with `#` passed over,
 * `=` the only separator, names in their own case, sections that come twice go on. What cannot be used is
 * reported, and does not stop the rest. */
#ifndef VF_PACKAGING_ENTRY_POINTS_H
#define VF_PACKAGING_ENTRY_POINTS_H

#include "base/arena.h"
#include "base/err.h"

#define VF_ENTRY_POINTS_MAX 65536 /* entries, and problems, of one file */

enum vf_entry_kind { VF_ENTRY_CONSOLE, VF_ENTRY_GUI, VF_ENTRY_OTHER };

/* All slices borrow from the text. */
struct vf_entry_point {
    enum vf_entry_kind kind; /* by the group: console_scripts, gui_scripts, any other */
    struct vf_slice group;   /* without brackets */
    struct vf_slice name; /* for scripts the file name in BIN: no `/`, `\`, `..`, NUL or other control byte */
    struct vf_slice value;  /* all of it */
    struct vf_slice module; /* `a.b`; never empty */
    struct vf_slice attr;   /* `c.d`; never empty for scripts */
    struct vf_slice extras; /* between the brackets, stripped; mostly empty */
    uint32_t line;          /* 1-based */
};

enum vf_entry_problem_kind {
    VF_ENTRY_NO_SECTION, /* a line before the first section */
    VF_ENTRY_NO_EQUALS,  /* no `=` */
    VF_ENTRY_BAD_NAME,   /* a name that no script can have */
    VF_ENTRY_BAD_VALUE,  /* not `module:attribute` */
    VF_ENTRY_NO_ATTR,    /* a script without attribute */
    VF_ENTRY_TWICE       /* a script of this name came before; the last one counts, as with pip */
};
struct vf_entry_problem {
    enum vf_entry_problem_kind kind;
    uint32_t line;
    struct vf_slice text; /* the line, stripped */
};

/* Zero-initialised is a valid empty table. */
struct vf_entry_points {
    struct vf_entry_point *entries; /* in the order of the file; lines with a problem are left out */
    size_t n;
    struct vf_entry_problem *problems;
    size_t n_problems;
    struct vf_map scripts; /* name of a console or gui script -> index into entries */
};

/* `text` must outlive the table. VF_LIMIT (more lines than allowed), VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_entry_points_parse(struct vf_arena *a, struct vf_slice text,
                                                   struct vf_entry_points *out, struct vf_err *err);
/* The console or gui script with exactly this name; NULL when there is none. */
const struct vf_entry_point *vf_entry_points_script(const struct vf_entry_points *e, struct vf_slice name);
/* May a script in BIN have this name? Not empty, no separators, not `.` or `..`, no control bytes.
 * docs/formats.md 7.3.
 */
bool vf_entry_name_ok(struct vf_slice name);

#endif
