#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "sharedctypes/codes.h"

#include <string.h>
#include <wchar.h>

#include "base/error.h"
#include "value/utf8.h"

#define CODES 14

const struct mp__code mp__codes[CODES] = {
	{ 'c', sizeof(char), MP__FORM_BYTE, "c_char" },
	{ 'u', sizeof(wchar_t), MP__FORM_CHARACTER, "c_wchar" },
	{ 'b', sizeof(signed char), MP__FORM_SIGNED, "c_byte" },
	{ 'B', sizeof(unsigned char), MP__FORM_UNSIGNED, "c_ubyte" },
	{ 'h', sizeof(short), MP__FORM_SIGNED, "c_short" },
	{ 'H', sizeof(unsigned short), MP__FORM_UNSIGNED, "c_ushort" },
	{ 'i', sizeof(int), MP__FORM_SIGNED, "c_int" },
	{ 'I', sizeof(unsigned), MP__FORM_UNSIGNED, "c_uint" },
	{ 'l', sizeof(long), MP__FORM_SIGNED, "c_long" },
	{ 'L', sizeof(unsigned long), MP__FORM_UNSIGNED, "c_ulong" },
	/* ctypes gives long long the name of long where both are the same */
	{ 'q', sizeof(long long), MP__FORM_SIGNED,
	  sizeof(long) == sizeof(long long) ? "c_long" : "c_longlong" },
	{ 'Q', sizeof(unsigned long long), MP__FORM_UNSIGNED,
	  sizeof(long) == sizeof(long long) ? "c_ulong" : "c_ulonglong" },
	{ 'f', sizeof(float), MP__FORM_REAL, "c_float" },
	{ 'd', sizeof(double), MP__FORM_REAL, "c_double" },
};

const struct mp__code *mp__code_find(char code)
{
	for (size_t i = 0; i < CODES; i++)
		if (mp__codes[i].code == code)
			return &mp__codes[i];
	return NULL;
}

uint8_t mp__code_number(const struct mp__code *code)
{
	return (uint8_t)(code - mp__codes);
}

/* ---- C numbers ---- */

double mp__code_load_float(const struct mp__code *code, const void *at)
{
	float single;
	double real;

	if (code->form != MP__FORM_REAL)
		return code->form == MP__FORM_UNSIGNED
			       ? (double)(uint64_t)mp__code_load_int(code, at)
			       : (double)mp__code_load_int(code, at);
	if (code->size == sizeof(float)) {
		memcpy(&single, at, sizeof(single));
		return single;
	}
	memcpy(&real, at, sizeof(real));
	return real;
}

int64_t mp__code_load_int(const struct mp__code *code, const void *at)
{
	bool is_signed = code->form == MP__FORM_SIGNED;
	int8_t i8;
	int16_t i16;
	int32_t i32;
	int64_t i64;

	if (code->form == MP__FORM_REAL) {
		double real = mp__code_load_float(code, at);
		return real >= -0x1p63 && real < 0x1p63 ? (int64_t)real : 0;
	}
	switch (code->size) {
	case 1:
		memcpy(&i8, at, sizeof(i8));
		return is_signed ? i8 : (uint8_t)i8;
	case 2:
		memcpy(&i16, at, sizeof(i16));
		return is_signed ? i16 : (uint16_t)i16;
	case 4:
		memcpy(&i32, at, sizeof(i32));
		return is_signed ? i32 : (int64_t)(uint32_t)i32;
	default:
		memcpy(&i64, at, sizeof(i64));
		return i64;
	}
}

/* Too large a number wraps, as ctypes has it: the low bytes are what counts. */
void mp__code_store_int(const struct mp__code *code, void *at, int64_t number)
{
	uint8_t u8 = (uint8_t)number;
	uint16_t u16 = (uint16_t)number;
	uint32_t u32 = (uint32_t)number;

	if (code->form == MP__FORM_REAL) {
		mp__code_store_float(code, at, (double)number);
		return;
	}
	switch (code->size) {
	case 1:
		memcpy(at, &u8, sizeof(u8));
		break;
	case 2:
		memcpy(at, &u16, sizeof(u16));
		break;
	case 4:
		memcpy(at, &u32, sizeof(u32));
		break;
	default:
		memcpy(at, &number, sizeof(number));
		break;
	}
}

void mp__code_store_float(const struct mp__code *code, void *at, double number)
{
	float single = (float)number;

	if (code->size == sizeof(float))
		memcpy(at, &single, sizeof(single));
	else
		memcpy(at, &number, sizeof(number));
}

int64_t mp__code_bits(const struct mp__code *code, const void *at)
{
	int64_t bits;

	if (code->form != MP__FORM_REAL)
		return mp__code_load_int(code, at);
	double real = mp__code_load_float(code, at);
	memcpy(&bits, &real, sizeof(bits));
	return bits;
}

/* ---- Python's values ---- */

/* What is no character, because a program has written it, is U+FFFD. */
static struct mp_value *load_character(const void *at)
{
	unsigned char text[4];
	size_t len;
	wchar_t wide;

	memcpy(&wide, at, sizeof(wide));
	uint32_t c = (uint32_t)wide;
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	if (c < 0x80) {
		text[0] = (unsigned char)c;
		return mp_str((char *)text, 1);
	}
	len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = len - 1; i > 0; i--, c >>= 6)
		text[i] = (unsigned char)(0x80 | (c & 0x3f));
	text[0] = (unsigned char)(0xf00 >> len | c);
	return mp_str((char *)text, len);
}

struct mp_value *mp__code_load(const struct mp__code *code, const void *at)
{
	switch ((enum mp__form)code->form) {
	case MP__FORM_SIGNED:
		return mp_int(mp__code_load_int(code, at));
	case MP__FORM_UNSIGNED:
		return mp_uint((uint64_t)mp__code_load_int(code, at));
	case MP__FORM_REAL:
		return mp_float(mp__code_load_float(code, at));
	case MP__FORM_BYTE:
		return mp_bytes(at, 1);
	case MP__FORM_CHARACTER:
		return load_character(at);
	}
	return NULL;
}

static int store_byte(void *at, const struct mp_value *value)
{
	const void *bytes;
	int64_t number;
	size_t len;

	switch (mp_value_type(value)) {
	case MP_TYPE_BYTES:
		mp_value_as_bytes(value, &bytes, &len);
		if (len != 1)
			break;
		memcpy(at, bytes, 1);
		return 0;
	case MP_TYPE_INT:
		if (mp_value_as_int64(value, &number) < 0 || number < 0
		    || number > 255)
			break;
		*(unsigned char *)at = (unsigned char)number;
		return 0;
	default:
		break;
	}
	return mp__fail(MP_ETYPE, "one character bytes, bytearray or integer "
				  "expected");
}

static int store_character(void *at, const struct mp_value *value)
{
	const char *text;
	size_t len;

	if (mp_value_type(value) != MP_TYPE_STR)
		return mp__fail(MP_ETYPE, "unicode string expected instead of "
					  "%s instance",
				mp_value_type_name(value));
	mp_value_as_str(value, &text, &len);
	uint32_t rune;
	if (len == 0 || mp__utf8_next(text, &rune) != len)
		return mp__fail(MP_ETYPE, "one character unicode string "
					  "expected");
	wchar_t wide = (wchar_t)rune;
	memcpy(at, &wide, sizeof(wide));
	return 0;
}

static int store_integer(const struct mp__code *code, void *at,
			 const struct mp_value *value)
{
	enum mp_type type = mp_value_type(value);
	uint64_t wide;
	int64_t number;

	if (type != MP_TYPE_INT && type != MP_TYPE_BOOL)
		return mp__fail(MP_ETYPE, "'%s' object cannot be interpreted as an "
					  "integer", mp_value_type_name(value));
	if (type == MP_TYPE_INT && mp_value_as_uint64(value, &wide) == 0)
		number = (int64_t)wide;
	else
		mp_value_as_int64(value, &number);
	mp__code_store_int(code, at, number);
	return 0;
}

static int store_real(const struct mp__code *code, void *at,
		      const struct mp_value *value)
{
	enum mp_type type = mp_value_type(value);
	double real;

	if (type != MP_TYPE_FLOAT && type != MP_TYPE_INT && type != MP_TYPE_BOOL)
		return mp__fail(MP_ETYPE, "must be real number, not %s",
				mp_value_type_name(value));
	int err = mp_value_as_double(value, &real);
	if (!err)
		mp__code_store_float(code, at, real);
	return err;
}

int mp__code_store(const struct mp__code *code, void *at,
		   const struct mp_value *value)
{
	switch ((enum mp__form)code->form) {
	case MP__FORM_SIGNED:
	case MP__FORM_UNSIGNED:
		return store_integer(code, at, value);
	case MP__FORM_REAL:
		return store_real(code, at, value);
	case MP__FORM_BYTE:
		return store_byte(at, value);
	case MP__FORM_CHARACTER:
		return store_character(at, value);
	}
	return MP_ETYPE;
}
