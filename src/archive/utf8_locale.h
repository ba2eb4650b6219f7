/* utf8_locale.h: the locale in which libarchive is called, so that it takes names as UTF-8.
 *
 * vf_utf8_locale_new returns a locale for uselocale, or (locale_t)0 where the host has none of UTF-8.
 * vf_utf8_locale_free releases it, after uselocale has put back the one before; (locale_t)0 is allowed.
 *
 * A statically linked program (VF_STATIC) loads no locale: the files of the host are in the format of the
 * host's C library, not of its own. There the locale is the global one ("C"), and libarchive is answered
 * UTF-8 when it asks for the character set (utf8_locale.c). */
#ifndef VF_ARCHIVE_UTF8_LOCALE_H
#define VF_ARCHIVE_UTF8_LOCALE_H

#include <locale.h>

locale_t vf_utf8_locale_new(void);
void vf_utf8_locale_free(locale_t locale);

#endif
