/* value/utf8.h - UTF-8, and which characters Python prints as they are */
#ifndef MP_VALUE_UTF8_H
#define MP_VALUE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* mp__utf8_invalid - where text stops being UTF-8
 * Surrogates and overlong forms are not UTF-8. Returns the offset of the first wrong
 * byte, or len if there is none. */
size_t mp__utf8_invalid(const char *text, size_t len);

/* mp__utf8_next - the character at the start of valid text
 * Returns how many bytes it takes */
size_t mp__utf8_next(const char *text, uint32_t *character);

/* mp__utf8_count - how many characters valid text has */
size_t mp__utf8_count(const char *text, size_t len);

/* mp__is_printable - does repr() print it as it is? As str.isprintable() of CPython
 * 3.11, whose tables are those of Unicode 14. */
bool mp__is_printable(uint32_t character);

#endif
