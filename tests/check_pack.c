/* check_pack.c - values as MessagePack, there and back; hostile bytes */
#include "config.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mp.h"
#include "value/pack.h"

#define BYTES(s) s, sizeof(s) - 1

/* Takes over value. It comes back equal, of the same types, and packs to the same. */
static void ck_round_trip(struct mp_value *value)
{
	void *first, *second;
	size_t first_len, second_len;
	struct mp_value *back = NULL;

	ck_assert_msg(mp_value_pack(value, &first, &first_len) == 0, "%s",
		      mp_error_message());
	ck_assert_msg(mp_value_unpack(first, first_len, &back) == 0, "%s",
		      mp_error_message());
	ck_assert_int_eq(mp_value_pack(back, &second, &second_len), 0);
	ck_assert_uint_eq(first_len, second_len);
	ck_assert_mem_eq(first, second, first_len);
	char *before = mp_value_repr(value), *after = mp_value_repr(back);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
	free(first);
	free(second);
	mp_value_unref(value);
	mp_value_unref(back);
}

/* Takes over value. */
static void ck_bytes(struct mp_value *value, const void *bytes, size_t len)
{
	void *packed;
	size_t packed_len;

	ck_assert_int_eq(mp_value_pack(value, &packed, &packed_len), 0);
	ck_assert_uint_eq(packed_len, len);
	ck_assert_mem_eq(packed, bytes, len);
	free(packed);
	mp_value_unref(value);
}

static void ck_unpacks(const void *bytes, size_t len, const char *repr)
{
	struct mp_value *value = NULL;

	ck_assert_msg(mp_value_unpack(bytes, len, &value) == 0, "%s",
		      mp_error_message());
	char *text = mp_value_repr(value);
	ck_assert_str_eq(text, repr);
	free(text);
	mp_value_unref(value);
}

static void ck_refused(const void *bytes, size_t len, const char *why)
{
	struct mp_value *value = NULL;

	ck_assert_int_eq(mp_value_unpack(bytes, len, &value), MP_EVALUE);
	ck_assert_ptr_null(value);
	ck_assert_msg(strstr(mp_error_message(), why) != NULL, "\"%s\" without \"%s\"",
		      mp_error_message(), why);
}

START_TEST(every_type_comes_back)
{
	ck_round_trip(mp_none());
	ck_round_trip(mp_bool(true));
	ck_round_trip(mp_bool(false));
	ck_round_trip(mp_float(0.1));
	ck_round_trip(mp_float(-0.0));
	ck_round_trip(mp_float(NAN));
	ck_round_trip(mp_float(-INFINITY));
	ck_round_trip(mp_text(""));
	ck_round_trip(mp_text("it's 你好"));
	ck_round_trip(mp_str("a\0b", 3));
	ck_round_trip(mp_bytes("", 0));
	ck_round_trip(mp_bytes("\0\xff", 2));
	ck_round_trip(mp_tuple());
	ck_round_trip(mp_list());
	ck_round_trip(mp_dict());
	ck_round_trip(mp_tuple(1, mp_list(2, mp_tuple(3), mp_dict()), mp_tuple()));
	ck_round_trip(mp_dict("z", 1, "a", mp_dict(mp_tuple(1, 2), mp_none()), 2.5,
			      mp_list(mp_list()), mp_bytes("k", 1), -1));
}
END_TEST

START_TEST(integers_come_back_at_every_size)
{
	for (int bits = 0; bits < 64; bits++) {
		for (int delta = -1; delta <= 1; delta++) {
			ck_round_trip(mp_uint((1ull << bits) + (uint64_t)delta));
			ck_round_trip(mp_int((int64_t)(0 - (1ull << bits) +
						       (uint64_t)delta)));
		}
	}
}
END_TEST

START_TEST(texts_and_lists_come_back_at_every_size)
{
	static const size_t sizes[] = { 1, 15, 16, 31, 32, 255, 256, 65535, 65536 };
	char *text = malloc(65536);

	memset(text, 'x', 65536);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct mp_value *list = mp_list(), *dict = mp_dict();
		for (size_t n = 0; n < sizes[i]; n++) {
			mp_value_append(list, mp_value(n));
			mp_value_put(dict, mp_value(n), mp_value(n));
		}
		ck_round_trip(mp_value_tuple_of(list));
		ck_round_trip(list);
		ck_round_trip(dict);
		ck_round_trip(mp_str(text, sizes[i]));
		ck_round_trip(mp_bytes(text, sizes[i]));
	}
	free(text);
}
END_TEST

START_TEST(the_bytes_are_messagepack)
{
	ck_bytes(mp_none(), BYTES("\xc0"));
	ck_bytes(mp_int(5), BYTES("\x05"));
	ck_bytes(mp_int(-1), BYTES("\xff"));
	ck_bytes(mp_int(300), BYTES("\xcd\x01\x2c"));
	ck_bytes(mp_text("egon"), BYTES("\xa4" "egon"));
	ck_bytes(mp_bytes("b", 1), BYTES("\xc4\x01" "b"));
	ck_bytes(mp_float(1.0), BYTES("\xcb\x3f\xf0\0\0\0\0\0\0"));
	ck_bytes(mp_list(1, 2), BYTES("\x92\x01\x02"));
	ck_bytes(mp_tuple(1, 2), BYTES("\x93\xc7\x00\x54\x01\x02"));
	ck_bytes(mp_tuple(), BYTES("\x91\xc7\x00\x54"));
	ck_bytes(mp_dict("a", 1), BYTES("\x81\xa1" "a\x01"));
}
END_TEST

START_TEST(what_others_write_is_read)
{
	ck_unpacks(BYTES("\xca\x3f\xc0\0\0"), "1.5");
	ck_unpacks(BYTES("\xd3\0\0\0\0\0\0\0\x05"), "5");
	ck_unpacks(BYTES("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
		   "18446744073709551615");
	ck_unpacks(BYTES("\xd9\x01" "x"), "'x'");
	ck_unpacks(BYTES("\xdd\0\0\0\x01\x01"), "[1]");
	ck_unpacks(BYTES("\xdc\0\x02\xc8\0\0\x54\x07"), "(7,)");
	ck_unpacks(BYTES("\x82\xa1" "a\x01\xa1" "a\x02"), "{'a': 2}");
}
END_TEST

START_TEST(bytes_missing_or_left_over_are_refused)
{
	void *bytes;
	size_t len;
	struct mp_value *value = mp_dict("key", mp_tuple(1, 2.5, "text"), 1000,
					 mp_list(mp_bytes("xyz", 3), -70000));

	ck_assert_int_eq(mp_value_pack(value, &bytes, &len), 0);
	for (size_t shorter = 0; shorter < len; shorter++) {
		char *copy = malloc(shorter ? shorter : 1);
		memcpy(copy, bytes, shorter);
		ck_refused(copy, shorter, "too early");
		free(copy);
	}
	ck_refused(NULL, 0, "too early");
	bytes = realloc(bytes, len + 1);
	((char *)bytes)[len] = '\0';
	ck_refused(bytes, len + 1, "left over");
	free(bytes);
	mp_value_unref(value);
}
END_TEST

START_TEST(what_is_not_ours_is_refused)
{
	ck_refused(BYTES("\xc1"), "0xc1 at position 0");
	ck_refused(BYTES("\x92\x01\xc1"), "0xc1 at position 2");
	ck_refused(BYTES("\xd4\x54\x00"), "extension");
	ck_refused(BYTES("\xd6\xff\0\0\0\0"), "extension");
	ck_refused(BYTES("\xc7\x00\x53"), "extension");
	ck_refused(BYTES("\xa2\xc3\x28"), "UTF-8");
	ck_refused(BYTES("\x81\x90\x01"), "key");
	ck_refused(BYTES("\x81\x92\xc7\x00\x54\x80\x01"), "key");
}
END_TEST

START_TEST(a_tuples_mark_belongs_at_the_start_of_an_array)
{
	ck_refused(BYTES("\xc7\x00\x54"), "mark");
	ck_refused(BYTES("\x92\x01\xc7\x00\x54"), "mark");
	ck_refused(BYTES("\x92\xc7\x00\x54\xc7\x00\x54"), "mark");
	ck_refused(BYTES("\x81\xc7\x00\x54\x01"), "mark");
	ck_refused(BYTES("\x81\x01\xc7\x00\x54"), "mark");
}
END_TEST

/* Were memory taken for what these headers claim, it would be some 100 GB. */
START_TEST(a_header_that_lies_gets_no_memory)
{
	ck_refused(BYTES("\xdd\xff\xff\xff\xff\x01"), "too early");
	ck_refused(BYTES("\xdf\xff\xff\xff\xff\x01"), "too early");
	ck_refused(BYTES("\xdb\xff\xff\xff\xff\x01"), "too early");
	ck_refused(BYTES("\xc6\xff\xff\xff\xff\x01"), "too early");
	ck_refused(BYTES("\xc9\xff\xff\xff\xff\x54"), "");
	ck_refused(BYTES("\x95\x95\x95\x95\x95\x95\x95"), "too early");
}
END_TEST

START_TEST(sixty_four_containers_deep_is_the_limit)
{
	char bytes[66];
	struct mp_value *value = mp_list(), *root = NULL;
	void *packed = NULL;
	size_t len;

	for (int depth = 1; depth < MP__PACK_DEPTH; depth++)
		value = depth % 2 ? mp_tuple(value) : mp_dict("k", value);
	ck_round_trip(mp_value_ref(value));
	value = mp_list(value);
	ck_assert_int_eq(mp_value_pack(value, &packed, &len), MP_EVALUE);
	ck_assert_ptr_null(packed);
	mp_value_unref(value);

	memset(bytes, 0x91, sizeof(bytes));
	bytes[64] = (char)0xc0;
	ck_assert_int_eq(mp_value_unpack(bytes, 65, &root), 0);
	mp_value_unref(root);
	bytes[64] = (char)0x91;
	bytes[65] = (char)0xc0;
	ck_refused(bytes, 66, "too deeply");
}
END_TEST

START_TEST(a_list_inside_itself_is_refused)
{
	struct mp_value *list = mp_list(), *index = mp_int(0);
	struct mp__buffer buffer = { 0 };

	ck_assert_int_eq(mp_value_append(list, mp_value_ref(list)), 0);
	ck_assert_int_eq(mp__pack(&buffer, list), MP_EVALUE);
	ck_assert_uint_eq(buffer.len, 0);
	ck_assert_int_eq(mp__pack(&buffer, NULL), MP_EVALUE);
	mp__buffer_free(&buffer);
	ck_assert_int_eq(mp_value_delete(list, index), 0);
	mp_value_unref(list);
}
END_TEST

START_TEST(a_buffer_is_used_again_without_growing)
{
	struct mp__buffer buffer = { 0 };
	struct mp_value *value = mp_tuple(1, "short");

	ck_assert_int_eq(mp__pack(&buffer, value), 0);
	const char *memory = buffer.bytes;
	size_t len = buffer.len;
	for (int i = 0; i < 100; i++) {
		buffer.len = 0;
		ck_assert_int_eq(mp__pack(&buffer, value), 0);
		ck_assert_uint_eq(buffer.len, len);
		ck_assert_ptr_eq(buffer.bytes, memory);
	}
	mp__buffer_free(&buffer);
	mp_value_unref(value);
}
END_TEST

/* Every single byte of a message, changed to every other: each is refused or read. */
START_TEST(no_changed_byte_does_harm)
{
	void *bytes;
	size_t len;
	struct mp_value *value = mp_dict("k", mp_tuple(1, -1.5, mp_list("it's")),
					 mp_tuple(2), mp_bytes("\x01\x02", 2));

	ck_assert_int_eq(mp_value_pack(value, &bytes, &len), 0);
	mp_value_unref(value);
	unsigned char *at = bytes;
	for (size_t i = 0; i < len; i++) {
		unsigned char right = at[i];
		for (int wrong = 0; wrong < 256; wrong++) {
			at[i] = (unsigned char)wrong;
			if (mp_value_unpack(bytes, len, &value) == 0)
				ck_round_trip(value);
			else
				ck_assert_int_eq(mp_error_code(), MP_EVALUE);
		}
		at[i] = right;
	}
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pack");
	TCase *tcase = tcase_create("pack");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, every_type_comes_back);
	tcase_add_test(tcase, integers_come_back_at_every_size);
	tcase_add_test(tcase, texts_and_lists_come_back_at_every_size);
	tcase_add_test(tcase, the_bytes_are_messagepack);
	tcase_add_test(tcase, what_others_write_is_read);
	tcase_add_test(tcase, bytes_missing_or_left_over_are_refused);
	tcase_add_test(tcase, what_is_not_ours_is_refused);
	tcase_add_test(tcase, a_tuples_mark_belongs_at_the_start_of_an_array);
	tcase_add_test(tcase, a_header_that_lies_gets_no_memory);
	tcase_add_test(tcase, sixty_four_containers_deep_is_the_limit);
	tcase_add_test(tcase, a_list_inside_itself_is_refused);
	tcase_add_test(tcase, a_buffer_is_used_again_without_growing);
	tcase_add_test(tcase, no_changed_byte_does_harm);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
