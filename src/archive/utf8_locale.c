/* utf8_locale.c: a UTF-8 locale of this thread alone, or what stands for it in a static program. */
#include "archive/utf8_locale.h"

#ifdef VF_STATIC
#include <langinfo.h>

/* The program is linked with --wrap=nl_langinfo: what libarchive calls is this. Between two names of UTF-8 it
 * converts nothing, and so needs neither the tables of a locale nor iconv. */
const char *__wrap_nl_langinfo(nl_item item); /* NOLINT(bugprone-reserved-identifier): given by the linker */
char *__real_nl_langinfo(nl_item item);       /* NOLINT(bugprone-reserved-identifier) */

const char *__wrap_nl_langinfo(nl_item item)
{
    return item == CODESET ? "UTF-8" : __real_nl_langinfo(item);
}

locale_t vf_utf8_locale_new(void)
{
    return LC_GLOBAL_LOCALE;
}

void vf_utf8_locale_free(locale_t locale)
{
    (void)locale;
}
#else
locale_t vf_utf8_locale_new(void)
{
    locale_t locale = newlocale(LC_ALL_MASK, "C.UTF-8", (locale_t)0);
    return locale != (locale_t)0 ? locale : newlocale(LC_ALL_MASK, "en_US.UTF-8", (locale_t)0);
}

void vf_utf8_locale_free(locale_t locale)
{
    if (locale != (locale_t)0)
        freelocale(locale);
}
#endif
