/* version.c: the version of the library, to be compared with that of the header. */
#include "venvfix.h"

#define NUMBER(x)          #x
#define DOTTED(a, b, c)    NUMBER(a) "." NUMBER(b) "." NUMBER(c)
#define VERSION_OF_NUMBERS DOTTED(VENVFIX_VERSION_MAJOR, VENVFIX_VERSION_MINOR, VENVFIX_VERSION_PATCH)

_Static_assert(sizeof VENVFIX_VERSION == sizeof VERSION_OF_NUMBERS, "the version is there in two forms");

const char *venvfix_version(void)
{
    return VERSION_OF_NUMBERS;
}
