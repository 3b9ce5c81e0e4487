/* sharedctypes/codes.h - the type codes of Value and Array
 * Python: multiprocessing.sharedctypes.typecode_to_type */
#ifndef MP_SHAREDCTYPES_CODES_H
#define MP_SHAREDCTYPES_CODES_H

#include <stddef.h>
#include <stdint.h>

#include "mp.h"

enum mp__form {
	MP__FORM_SIGNED,
	MP__FORM_UNSIGNED,
	MP__FORM_REAL,
	MP__FORM_BYTE,		/* 'c': bytes of length 1 */
	MP__FORM_CHARACTER	/* 'u': a str of one character */
};

struct mp__code {
	char code;
	uint8_t size;		/* bytes */
	uint8_t form;
	const char *ctypes;	/* "c_int" */
};

/* mp__code_find - its row; NULL: there is no such code */
const struct mp__code *mp__code_find(char code);

/* mp__code_number, mp__code_at - its place in the table, and back */
uint8_t mp__code_number(const struct mp__code *code);
extern const struct mp__code mp__codes[];

static inline const struct mp__code *mp__code_at(uint8_t number)
{
	return &mp__codes[number];
}

/* mp__code_load_int, ... - one item at `at`, converted as C does */
int64_t mp__code_load_int(const struct mp__code *code, const void *at);
double mp__code_load_float(const struct mp__code *code, const void *at);
void mp__code_store_int(const struct mp__code *code, void *at, int64_t number);
void mp__code_store_float(const struct mp__code *code, void *at, double number);

/* mp__code_bits - what an event tells of it: the number, or the bits of a double */
int64_t mp__code_bits(const struct mp__code *code, const void *at);

/* mp__code_load - as a value of Python's; NULL: MP_EMEMORY */
struct mp_value *mp__code_load(const struct mp__code *code, const void *at);

/* mp__code_store - from a value of Python's, which stays the caller's
 * Returns 0; MP_ETYPE, MP_EVALUE with ctypes' messages; nothing is written then */
int mp__code_store(const struct mp__code *code, void *at,
		   const struct mp_value *value);

#endif
