/* tests/check_digest.c - SHA-256, MD5 and HMAC against the standards' examples */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

static const char *hex(const unsigned char *bytes, size_t size)
{
	static char text[2 * MP__DIGEST_MAX + 1];

	for (size_t i = 0; i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return text;
}

/* In pieces of `step` bytes. */
static const char *digest_of(const struct mp__digest *digest, const char *text,
			     size_t size, size_t step)
{
	struct mp__digest_state state;
	unsigned char result[MP__DIGEST_MAX];

	mp__digest_begin(digest, &state);
	for (size_t at = 0; at < size; at += step)
		mp__digest_add(digest, &state, text + at,
			       size - at < step ? size - at : step);
	mp__digest_end(digest, &state, result);
	return hex(result, digest->size);
}

static const struct {
	const char *text, *sha256, *md5;
} messages[] = {
	{ "",
	  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	  "d41d8cd98f00b204e9800998ecf8427e" },
	{ "abc",
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	  "900150983cd24fb0d6963f7d28e17f72" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
	  "8215ef0796a20bcaaae116d3876c664a" },
};

START_TEST(messages_of_the_standards)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		for (size_t step = 1; step < 70; step += 11) {
			size_t size = strlen(messages[i].text);
			ck_assert_str_eq(digest_of(&mp__sha256,
						   messages[i].text, size,
						   step), messages[i].sha256);
			ck_assert_str_eq(digest_of(&mp__md5, messages[i].text,
						   size, step),
					 messages[i].md5);
		}
}
END_TEST

START_TEST(a_million_times_a)
{
	size_t size = 1000000;
	char *text = malloc(size);

	memset(text, 'a', size);
	ck_assert_str_eq(digest_of(&mp__sha256, text, size, 999),
			 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d"
			 "39ccc7112cd0");
	ck_assert_str_eq(digest_of(&mp__md5, text, size, 64),
			 "7707d6ae4e027c70eea2a935c2296f21");
	free(text);
}
END_TEST

/* RFC 4231 has them for SHA-256, RFC 2202 for MD5. A key of `repeat` bytes `key[0]`,
 * or, if that is 0, the text. */
static const struct {
	const struct mp__digest *digest;
	const char *key;
	size_t repeat;
	const char *data;
	size_t data_repeat;
	const char *result;
} keyed[] = {
	{ &mp__sha256, "\x0b", 20, "Hi There", 0,
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ &mp__sha256, "Jefe", 0, "what do ya want for nothing?", 0,
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ &mp__sha256, "\xaa", 20, "\xdd", 50,
	  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
	{ &mp__sha256, "\xaa", 131,
	  "Test Using Larger Than Block-Size Key - Hash Key First", 0,
	  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	{ &mp__sha256, "\xaa", 131,
	  "This is a test using a larger than block-size key and a larger "
	  "than block-size data. The key needs to be hashed before being used "
	  "by the HMAC algorithm.", 0,
	  "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
	{ &mp__md5, "\x0b", 16, "Hi There", 0,
	  "9294727a3638bb1c13f48ef8158bfc9d" },
	{ &mp__md5, "Jefe", 0, "what do ya want for nothing?", 0,
	  "750c783e6ab0b503eaa86e310a5db738" },
	{ &mp__md5, "\xaa", 16, "\xdd", 50,
	  "56be34521d144c88dbb8c733f0e8b3f6" },
	{ &mp__md5, "\xaa", 80,
	  "Test Using Larger Than Block-Size Key - Hash Key First", 0,
	  "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd" },
};

static size_t expand(char *to, const char *text, size_t repeat)
{
	if (repeat == 0)
		return strlen(strcpy(to, text));
	memset(to, text[0], repeat);
	return repeat;
}

START_TEST(keyed_messages_of_the_standards)
{
	char key[200], data[200];
	unsigned char result[MP__DIGEST_MAX];
	size_t key_size = expand(key, keyed[_i].key, keyed[_i].repeat);
	size_t size = expand(data, keyed[_i].data, keyed[_i].data_repeat);

	mp__hmac(keyed[_i].digest, key, key_size, data, size, result);
	ck_assert_str_eq(hex(result, keyed[_i].digest->size), keyed[_i].result);
}
END_TEST

START_TEST(equal_is_equal_in_every_byte)
{
	unsigned char x[32] = { 1 }, y[32] = { 1 };

	ck_assert(mp__digest_equal(x, y, 32));
	for (int i = 0; i < 32; i++) {
		y[i] ^= 0x40;
		ck_assert(!mp__digest_equal(x, y, 32));
		y[i] ^= 0x40;
	}
}
END_TEST

static Suite *digest_suite(void)
{
	Suite *suite = suite_create("digest");
	TCase *tc = tcase_create("digest");

	tcase_add_test(tc, messages_of_the_standards);
	tcase_add_test(tc, a_million_times_a);
	tcase_add_loop_test(tc, keyed_messages_of_the_standards, 0,
			    sizeof(keyed) / sizeof(keyed[0]));
	tcase_add_test(tc, equal_is_equal_in_every_byte);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(digest_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
