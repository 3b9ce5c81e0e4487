/* value/repr.h - values as text, into a buffer that is used again */
#ifndef MP_VALUE_REPR_H
#define MP_VALUE_REPR_H

#include "mp.h"
#include "value/buffer.h"

/* mp__repr, mp__str - add repr(value) or str(value) to the buffer
 * value    NULL is written as <NULL>, which Python never prints
 * Returns  0; MP_EMEMORY; MP_ERUNTIME (nested too deeply). After a failure the buffer
 *          holds a part */
int mp__repr(struct mp__buffer *buffer, const struct mp_value *value);
int mp__str(struct mp__buffer *buffer, const struct mp_value *value);

/* mp__repr_text - add UTF-8 text in quotes, as repr() of a str */
int mp__repr_text(struct mp__buffer *buffer, const char *text, size_t len);

/* mp__repr_float - write a float as Python does, without regard to the locale
 * text     room for 32 bytes. Returns the length */
#define MP__FLOAT_TEXT 32
size_t mp__repr_float(char *text, double real);

#endif
