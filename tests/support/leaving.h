/* tests/support/leaving.h - programs whose leaving is watched
 *
 * A true main is needed, so the test executes itself to be the program; gates
 * are handed on at fixed descriptors. */
#ifndef TESTS_SUPPORT_LEAVING_H
#define TESTS_SUPPORT_LEAVING_H

#include "mp.h"
#include "tests/support/gate.h"
#include "tests/support/rerun.h"

/* The same in the test and in the program. */
extern struct gate gate, answer, third;

/* A checked fixture: the gates, and a program to be run. */
extern struct rerun run;
void leaving_begin(void);
void leaving_end(void);

#define assert_answer(sql, answer) \
	ck_assert_str_eq(rerun_ask(&run, sql), answer)

/* The number of an agent's first event of that kind about that process. */
#define SEQ(agent, kind, object) \
	"(SELECT min(seq) FROM story WHERE agent = '" agent "'" \
	" AND event = '" kind "' AND object LIKE '" object "')"
#define assert_before(early, late) \
	assert_answer("SELECT " early " < " late, "1")

/* ---- in the program ---- */

/* At once: no buffer is between. */
void say(const char *text);
struct mp_process *start_child(mp_target target, int daemon);
/* Targets: the second sleeps longer than a test lasts, and says so first. */
int wait_at_gate(struct mp_call *call);
int sleep_long(struct mp_call *call);
/* Finalizers. */
void open_gate(void *unused);
void say_it(void *text);

#endif
