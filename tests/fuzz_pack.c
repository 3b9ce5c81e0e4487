/* fuzz_pack.c - whatever the bytes are: an error, or a value that is stable
 *
 * clang -fsanitize=fuzzer -DFUZZ_WITH_LIBFUZZER makes it a libFuzzer target. Without, a
 * plain program: `fuzz_pack FILE...` feeds it files, `fuzz_pack` alone pseudo-random
 * bytes, always the same, so that it can run as a test. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_so, const char *what)
{
	if (is_so)
		return;
	fprintf(stderr, "fuzz_pack: %s (%s)\n", what, mp_error_message());
	abort();
}

static void check_stable(const struct mp_value *value)
{
	void *first, *second;
	size_t first_len, second_len;
	struct mp_value *again = NULL;
	char *before = mp_value_repr(value), *after;

	demand(before != NULL, "what was unpacked cannot be printed");
	demand(mp_value_pack(value, &first, &first_len) == 0,
	       "what was unpacked cannot be packed");
	demand(mp_value_unpack(first, first_len, &again) == 0,
	       "what was packed cannot be unpacked");
	demand(mp_value_pack(again, &second, &second_len) == 0,
	       "what was unpacked again cannot be packed");
	demand(first_len == second_len && !memcmp(first, second, first_len),
	       "the second packing differs from the first");
	after = mp_value_repr(again);
	demand(after && !strcmp(before, after), "the value has changed");
	/* nan is not equal to itself, here neither */
	demand(mp_value_equal(value, again) == 1 || strstr(before, "nan"),
	       "the value is not equal to itself");
	free(before);
	free(after);
	free(first);
	free(second);
	mp_value_unref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mp_value *value = NULL;
	int err = mp_value_unpack(data, size, &value);

	if (err) {
		demand(err == MP_EVALUE && value == NULL, "another error");
		demand(*mp_error_message() != '\0', "an error without a message");
		return 0;
	}
	check_stable(value);
	mp_value_unref(value);
	return 0;
}

#ifndef FUZZ_WITH_LIBFUZZER

#define ROUNDS 200000

static uint64_t draw(void)
{
	static uint64_t state = 0x853c49e6748fea9bu;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 8;
}

/* Random bytes seldom nest: prefer the headers of short containers and texts. */
static uint8_t draw_byte(void)
{
	static const uint8_t headers[] = {
		0x80, 0x81, 0x82, 0x90, 0x91, 0x92, 0x93, 0xa0, 0xa1, 0xc0, 0xc2, 0xc3,
		0xc4, 0xc7, 0x00, 0x54, 0xca, 0xcb, 0xcf, 0xd3, 0xd9, 0xdc, 0xde, 0xff
	};

	return draw() % 4 ? headers[draw() % sizeof(headers)] : (uint8_t)draw();
}

static int run_file(const char *name)
{
	static uint8_t bytes[1 << 20];
	FILE *file = fopen(name, "rb");

	if (!file) {
		perror(name);
		return 2;
	}
	size_t size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	LLVMFuzzerTestOneInput(bytes, size);
	return 0;
}

int main(int argc, char **argv)
{
	uint8_t bytes[64];
	int status = 0;

	for (int i = 1; i < argc && !status; i++)
		status = run_file(argv[i]);
	for (int round = 0; argc < 2 && round < ROUNDS; round++) {
		size_t size = draw() % sizeof(bytes);
		for (size_t i = 0; i < size; i++)
			bytes[i] = draw_byte();
		if (size > 3 && draw() % 2)	/* a tuple, to begin with */
			memcpy(bytes, "\x93\xc7\x00\x54", 4);
		LLVMFuzzerTestOneInput(bytes, size);
	}
	return status;
}
#endif
