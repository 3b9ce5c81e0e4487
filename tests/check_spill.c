#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/trace_query.h"
#include "traces/slots.h"
#include "traces/spill.h"

static struct trace_slot slots[TRACE_CHUNK_SLOTS], again[TRACE_CHUNK_SLOTS];
static struct trace_spill spill;
static char *folder;
static char path[PATH_MAX];
static uint64_t seed;

static void make_folder(void)
{
	folder = folder_make();
	ck_assert_ptr_nonnull(folder);
	strcpy(path, in_folder(folder, "x.fscope-spill"));
	seed = 88172645463325252u;
}

static void remove_folder(void)
{
	folder_remove(folder);
}

static uint64_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* ---- packing ---- */

/* In a buffer of just the size that is promised to be enough. */
static size_t there_and_back(uint32_t count)
{
	unsigned char *bytes = malloc(TRACE_SLOTS_BYTES(count)
				      + TRACE_SLOTS_MARGIN);
	size_t length = trace_slots_pack(slots, count, bytes);

	ck_assert_uint_le(length, TRACE_SLOTS_BYTES(count));
	bytes = realloc(bytes, length + TRACE_SLOTS_MARGIN);
	memset(again, 0xa5, sizeof(again));
	ck_assert(trace_slots_unpack(bytes, length, again, count));
	ck_assert_int_eq(memcmp(slots, again, count * sizeof(*slots)), 0);
	/* Neither more nor less than that. */
	if (length > 0)
		ck_assert(!trace_slots_unpack(bytes, length - 1, again, count));
	ck_assert(!trace_slots_unpack(bytes, length + 1, again, count));
	free(bytes);
	return length;
}

static void take_and_give(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		slots[i] = (struct trace_slot){
			.t_ns = 1000000000000u + i * 40u,
			.kind = i % 2 ? TRACE_LOCK_RELEASED
				      : TRACE_LOCK_ACQUIRED,
			.site = (uint16_t)(1 + i % 2),
			.object = 7,
			.a = i % 2 ? 3 : 1,
		};
}

START_TEST(no_slots_are_no_bytes)
{
	ck_assert_uint_eq(there_and_back(0), 0);
}
END_TEST

START_TEST(what_repeats_takes_two_bytes)
{
	take_and_give(TRACE_CHUNK_SLOTS);
	ck_assert_uint_eq(there_and_back(TRACE_CHUNK_SLOTS),
			  2 * 33 + (TRACE_CHUNK_SLOTS - 2) * 2);
}
END_TEST

START_TEST(a_count_takes_one_more)
{
	for (uint32_t i = 0; i < TRACE_CHUNK_SLOTS; i++)
		slots[i] = (struct trace_slot){
			.t_ns = 5000 + i * 30u, .kind = TRACE_TICK, .a = 70L - i
		};
	ck_assert_uint_eq(there_and_back(TRACE_CHUNK_SLOTS),
			  33 + (TRACE_CHUNK_SLOTS - 1) * 3);
}
END_TEST

START_TEST(any_bytes_come_back)
{
	for (size_t i = 0; i < sizeof(slots) / 8; i++) {
		uint64_t word = draw();
		memcpy((char *)slots + 8 * i, &word, 8);
	}
	there_and_back(TRACE_CHUNK_SLOTS);
}
END_TEST

START_TEST(farthest_leaps_come_back)
{
	static const uint64_t ends[] = {
		0, 1, 0x7f, 0x80, INT64_MAX, 0x8000000000000000u, UINT64_MAX
	};

	for (uint32_t i = 0; i < TRACE_CHUNK_SLOTS; i++)
		slots[i] = (struct trace_slot){
			.t_ns = ends[draw() % 7], .kind = (uint16_t)(draw() % 3),
			.a = (int64_t)ends[draw() % 7],
			.b = (int64_t)ends[draw() % 7],
		};
	there_and_back(TRACE_CHUNK_SLOTS);
}
END_TEST

START_TEST(hostile_bytes_are_refused_or_slots)
{
	for (int round = 0; round < 20000; round++) {
		uint32_t count = (uint32_t)(draw() % 20);
		size_t length = draw() % 100;
		unsigned char *bytes = malloc(length + TRACE_SLOTS_MARGIN);

		for (size_t i = 0; i < length + TRACE_SLOTS_MARGIN; i++)
			bytes[i] = (unsigned char)(draw() >> 20
						   | (draw() % 2 ? 0x80 : 0));
		trace_slots_unpack(bytes, length, again, count);
		free(bytes);
	}
}
END_TEST

/* ---- the file ---- */

static struct trace_run run_of(uint32_t agent, uint64_t index, uint32_t count)
{
	return (struct trace_run){ .agent = agent, .process = agent + 10,
				   .index = index, .slots = slots,
				   .count = count };
}

/* Two passes, of three runs and of one. */
static void make_file(void)
{
	struct trace_run runs[] = { run_of(1, 0, TRACE_CHUNK_SLOTS),
				    run_of(2, 0, 1), run_of(1, 510, 2) };

	take_and_give(TRACE_CHUNK_SLOTS);
	ck_assert_int_eq(trace_spill_create(&spill, path), 0);
	for (int i = 0; i < 3; i++)
		trace_spill_put(&spill, &runs[i]);
	ck_assert_int_eq(trace_spill_end_pass(&spill, 1234), 0);
	trace_spill_put(&spill, &runs[0]);
	ck_assert_int_eq(trace_spill_end_pass(&spill, 5678), 0);
}

static void next_is(const struct trace_run *expected)
{
	struct trace_run run;
	uint64_t watermark = 0;

	ck_assert_int_eq(trace_spill_next(&spill, &run, &watermark), 1);
	ck_assert_uint_eq(run.agent, expected->agent);
	ck_assert_uint_eq(run.process, expected->process);
	ck_assert_uint_eq(run.index, expected->index);
	ck_assert_uint_eq(run.count, expected->count);
	ck_assert_int_eq(memcmp(run.slots, slots,
				run.count * sizeof(*slots)), 0);
}

static void next_is_end(uint64_t expected)
{
	struct trace_run run;
	uint64_t watermark = 0;

	ck_assert_int_eq(trace_spill_next(&spill, &run, &watermark), 2);
	ck_assert_uint_eq(watermark, expected);
}

START_TEST(passes_come_back_in_order)
{
	struct trace_run first = run_of(1, 0, TRACE_CHUNK_SLOTS);
	struct trace_run second = run_of(2, 0, 1), third = run_of(1, 510, 2);
	struct trace_run none;
	uint64_t watermark;

	make_file();
	next_is(&first);
	next_is(&second);
	next_is(&third);
	next_is_end(1234);
	next_is(&first);
	next_is_end(5678);
	ck_assert(trace_spill_is_read(&spill));
	ck_assert_int_eq(trace_spill_next(&spill, &none, &watermark), 0);
	trace_spill_reset(&spill);
	trace_spill_put(&spill, &third);
	ck_assert_int_eq(trace_spill_end_pass(&spill, 9), 0);
	next_is(&third);
	next_is_end(9);
	trace_spill_close(&spill);
}
END_TEST

START_TEST(more_than_fits_into_one_write_comes_back)
{
	struct trace_run run = run_of(1, 0, TRACE_CHUNK_SLOTS);

	/* As long as records can be. */
	for (size_t i = 0; i < sizeof(slots) / 8; i++) {
		uint64_t word = draw();
		memcpy((char *)slots + 8 * i, &word, 8);
	}
	ck_assert_int_eq(trace_spill_create(&spill, path), 0);
	for (int i = 0; i < 50; i++)
		trace_spill_put(&spill, &run);
	ck_assert_int_eq(trace_spill_end_pass(&spill, 1), 0);
	for (int i = 0; i < 50; i++)
		next_is(&run);
	next_is_end(1);
	trace_spill_close(&spill);
}
END_TEST

/* Whole records only, and at the latest at the end an end. */
static int records(void)
{
	struct trace_run run;
	uint64_t watermark;
	int count = 0;

	ck_assert_int_eq(trace_spill_open(&spill, path), 0);
	while (trace_spill_next(&spill, &run, &watermark) != 0)
		ck_assert_int_lt(++count, 100);
	ck_assert(trace_spill_is_read(&spill));
	trace_spill_close(&spill);
	return count;
}

START_TEST(file_cut_anywhere_gives_its_whole_records)
{
	struct stat st;
	int before = 0;

	make_file();
	trace_spill_close(&spill);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(records(), 6);
	for (off_t size = st.st_size - 1; size >= 0; size--) {
		ck_assert_int_eq(truncate(path, size), 0);
		int now = records();
		ck_assert_int_le(now, before ? before : 5);
		before = now;
	}
	ck_assert_int_eq(before, 0);
}
END_TEST

START_TEST(damaged_file_ends_somewhere)
{
	struct stat st;

	make_file();
	ck_assert_int_eq(stat(path, &st), 0);
	for (int round = 0; round < 2000; round++) {
		unsigned char byte = (unsigned char)draw();
		off_t at = (off_t)(draw() % (uint64_t)st.st_size);

		ck_assert_int_eq(pwrite(spill.fd, &byte, 1, at), 1);
		if (at >= 8)	/* else it may be another version's */
			continue;
		byte = (unsigned char)(TRACE_SPILL_MAGIC >> 8 * at);
		ck_assert_int_eq(pwrite(spill.fd, &byte, 1, at), 1);
	}
	trace_spill_close(&spill);
	records();
}
END_TEST

START_TEST(file_elsewhere_is_not_followed)
{
	char elsewhere[PATH_MAX];

	make_file();
	trace_spill_close(&spill);
	strcpy(elsewhere, in_folder(folder, "elsewhere"));
	ck_assert_int_eq(rename(path, elsewhere), 0);
	ck_assert_int_eq(symlink(elsewhere, path), 0);
	ck_assert_int_eq(trace_spill_open(&spill, path), -1);
	ck_assert_int_eq(errno, ELOOP);
}
END_TEST

START_TEST(another_versions_file_is_known)
{
	make_file();
	ck_assert_int_eq(pwrite(spill.fd, "pfspill1", 8, 0), 8);
	trace_spill_close(&spill);
	errno = 0;
	ck_assert_int_eq(trace_spill_open(&spill, path), -1);
	ck_assert_int_eq(errno, ENOTSUP);
}
END_TEST

START_TEST(full_disk_leaves_whole_passes)
{
	make_file();
	struct trace_run run = run_of(1, 0, TRACE_CHUNK_SLOTS);
	uint64_t before = spill.written;

	/* Only for reading: every write to it fails. */
	int fd = spill.fd;
	spill.fd = open(path, O_RDONLY | O_CLOEXEC);
	trace_spill_put(&spill, &run);
	ck_assert_int_eq(trace_spill_end_pass(&spill, 7), -1);
	close(spill.fd);
	spill.fd = fd;
	ck_assert_uint_eq(spill.written, before);
	trace_spill_close(&spill);
	ck_assert_int_eq(records(), 6);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spill");
	TCase *pack = tcase_create("pack"), *file = tcase_create("file");

	tcase_add_checked_fixture(pack, make_folder, remove_folder);
	tcase_add_test(pack, no_slots_are_no_bytes);
	tcase_add_test(pack, what_repeats_takes_two_bytes);
	tcase_add_test(pack, a_count_takes_one_more);
	tcase_add_test(pack, any_bytes_come_back);
	tcase_add_test(pack, farthest_leaps_come_back);
	tcase_add_test(pack, hostile_bytes_are_refused_or_slots);
	suite_add_tcase(suite, pack);
	tcase_add_checked_fixture(file, make_folder, remove_folder);
	tcase_set_timeout(file, 60);
	tcase_add_test(file, passes_come_back_in_order);
	tcase_add_test(file, more_than_fits_into_one_write_comes_back);
	tcase_add_test(file, file_cut_anywhere_gives_its_whole_records);
	tcase_add_test(file, damaged_file_ends_somewhere);
	tcase_add_test(file, file_elsewhere_is_not_followed);
	tcase_add_test(file, another_versions_file_is_known);
	tcase_add_test(file, full_disk_leaves_whole_passes);
	suite_add_tcase(suite, file);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
