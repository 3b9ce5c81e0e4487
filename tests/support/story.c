#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/support/story.h"

#include <stdlib.h>

#include "tests/support/trace_maker.h"

#define MS INT64_C(1000000)

enum { MAIN = 1, EGON = 2, SECOND = 3, THIRD = 4 };
enum { S_START = 1, S_SLEEP, S_WORK, S_JOIN, S_PRINT, SITES };

static const char c_text[] =
	"/* A daemonic child ends when main ends. */\n"
	"#include <forkscope/mp.h>\n"
	"\n"
	"static int foo(struct mp_call *call)\t/* def foo(): */\n"
	"{\n"
	"\tmp_sleep(5);\t\t/* time.sleep(5) */\n"
	"\treturn 0;\n"
	"}\n"
	"\n"
	"int main(void)\t\t/* if __name__ == '__main__': */\n"
	"{\n"
	"\tmp_process_start(p);\t/* p.start() */\n"
	"\tmp_process_start(q);\t/* q.start() */\n"
	"\tmp_process_join(q, -1);\t/* q.join() */\n"
	"\tmp_print(\"main ends\");\t/* print(\"main ends\") */\n"
	"\treturn 0;\n"
	"}\n";

static const char python_text[] =
	"import multiprocessing\n"
	"import time\n"
	"\n"
	"def foo():\n"
	"    time.sleep(5)\n"
	"\n"
	"if __name__ == '__main__':\n"
	"    p.start()\n"
	"    q.start()\n"
	"    q.join()\n"
	"    print(\"main ends\")\n";

static const char english[] =
	"# Daemon processes\n\na daemon dies with its parent\n\n"
	"## Claim {#claim}\n\n> p dies with its parent.\n\nSo it is.\n\n"
	"## Guess {#prediction}\n\nDoes egon wake up?\n\n"
	"- [ ] Yes, in the background. -- The word misleads.\n"
	"- [x] No, it ends with main. -- Look at the arrow.\n\n"
	"## Moments {#moments}\n\n"
	"- `proc.start M` Main starts egon, a daemon.\n"
	"- `join.begin M` Main waits for the other child only.\n"
	"- `proc.died M.1` egon dies in the middle of its sleep.\n\n"
	"## What if {#knobs}\n\n"
	"- `daemon` = `True` | `False` And if it is none?\n\n"
	"## Teacher {#presenter}\n\n- Ask first.\n";

static const char chinese[] =
	"# 守护进程\n\n守护进程随父进程一起结束\n\n"
	"## 说法 {#claim}\n\n> 当父进程终止时，p也随之终止\n\n确实如此。\n\n"
	"## 猜测 {#prediction}\n\negon 会醒来吗？\n\n"
	"- [ ] 会，在后台。 -- 这个词容易误导。\n"
	"- [x] 不会，它随主进程结束。 -- 请看箭头。\n\n"
	"## 要点 {#moments}\n\n"
	"- `proc.start M` 主进程启动 egon，它是守护进程。\n"
	"- `join.begin M` 主进程只等待另一个子进程，不等守护进程。\n"
	"- `proc.died M.1` egon 在睡眠中死去。\n\n"
	"## 如果 {#knobs}\n\n- `daemon` = `True` | `False` 如果不是呢？\n\n"
	"## 老师 {#presenter}\n\n- 先提问。\n";

static void add(struct maker *maker, int64_t t_ns, uint32_t agent,
		uint32_t kind, uint32_t object, int64_t a, uint32_t site)
{
	maker_add(maker, (struct maker_event){ .t_ns = t_ns, .agent = agent,
		  .kind = kind, .object = object, .a = a, .site = site });
}

static void print(struct maker *maker, int64_t t_ns, uint32_t agent,
		  const char *text)
{
	maker_add(maker, (struct maker_event){ .t_ns = t_ns, .agent = agent,
		  .kind = TRACE_OUTPUT, .a = 1, .site = S_PRINT,
		  .text = text });
}

/* The end of a process, as its parent sees it. */
static void end(struct maker *maker, int64_t t_ns, uint32_t who, int64_t code,
		uint32_t why)
{
	maker_add(maker, (struct maker_event){ .t_ns = t_ns, .agent = who,
		  .kind = TRACE_PROC_DIED, .object = who, .a = code,
		  .b = why });
}

static void reap(struct maker *maker, int64_t t_ns, uint32_t whom, int64_t code,
		 int64_t why)
{
	maker_add(maker, (struct maker_event){ .t_ns = t_ns, .agent = MAIN,
		  .kind = TRACE_PROC_REAP, .object = whom, .a = code,
		  .b = why });
}

static void tell_begin(struct maker *maker)
{
	maker_process(maker, 0, MAIN, MAIN, false);
	maker_process(maker, 20 * MS, EGON, MAIN, true);
	maker_add(maker, (struct maker_event){ .t_ns = 25 * MS, .agent = MAIN,
		  .kind = TRACE_PROC_RENAME, .object = EGON,
		  .text = "egon" });
	add(maker, 31 * MS, EGON, TRACE_SLEEP_BEGIN, 0, 5000 * MS, S_SLEEP);
	maker_process(maker, 60 * MS, SECOND, MAIN, false);
	add(maker, 70 * MS, SECOND, TRACE_SLEEP_BEGIN, 0, 400 * MS, S_WORK);
	print(maker, 90 * MS, EGON, "starting egon");
	maker_process(maker, 200 * MS, THIRD, MAIN, false);
	add(maker, 210 * MS, MAIN, TRACE_JOIN_BEGIN, THIRD, -1, S_JOIN);
	for (int i = 0; i < 4; i++)
		add(maker, (250 + 80 * i) * MS, THIRD, TRACE_TICK, 0, i,
		    S_WORK);
}

static void tell_end(struct maker *maker)
{
	add(maker, 470 * MS, SECOND, TRACE_SLEEP_END, 0, 0, S_WORK);
	maker_add(maker, (struct maker_event){ .t_ns = 480 * MS,
		  .agent = SECOND, .kind = TRACE_PROC_EXIT, .object = SECOND,
		  .a = 0, .b = TRACE_ENDED_BY_RETURN });
	end(maker, 490 * MS, SECOND, 0, 0);
	maker_add(maker, (struct maker_event){ .t_ns = 600 * MS,
		  .agent = THIRD, .kind = TRACE_PROC_EXIT, .object = THIRD,
		  .a = 3, .b = TRACE_ENDED_BY_EXIT });
	end(maker, 610 * MS, THIRD, 3, 0);
	add(maker, 612 * MS, MAIN, TRACE_JOIN_END, THIRD, 3, S_JOIN);
	reap(maker, 613 * MS, THIRD, 3, TRACE_ENDED_BY_EXIT);
	reap(maker, 850 * MS, SECOND, 0, TRACE_ENDED_BY_RETURN);
	print(maker, 900 * MS, MAIN, "main ends 完了");
	add(maker, 910 * MS, MAIN, TRACE_EXIT_BEGIN, 0, 0, 0);
	maker_add(maker, (struct maker_event){ .t_ns = 930 * MS, .agent = MAIN,
		  .kind = TRACE_PROC_SIGNAL, .object = EGON, .a = 15,
		  .b = TRACE_ENDED_BY_DAEMON });
	end(maker, 945 * MS, EGON, -15, 0);
	reap(maker, 960 * MS, EGON, -15, TRACE_ENDED_BY_DAEMON);
	add(maker, 990 * MS, MAIN, TRACE_EXIT_END, 0, 0, 0);
	maker_add(maker, (struct maker_event){ .t_ns = 995 * MS, .agent = MAIN,
		  .kind = TRACE_PROC_EXIT, .object = MAIN, .a = 0,
		  .b = TRACE_ENDED_BY_EXIT });
	end(maker, 1000 * MS, MAIN, 0, 0);
}

int story_make(const char *path)
{
	static const int lines[SITES] = { 0, 12, 6, 6, 14, 15 };
	struct maker *maker = maker_new(path);

	if (!maker)
		return -1;
	maker_source(maker, "daemon.c", "c", c_text);
	maker_source(maker, "original.py", "python", python_text);
	maker_lesson(maker, "en", english);
	maker_lesson(maker, "zh", chinese);
	for (uint32_t i = 1; i < SITES; i++)
		maker_site(maker, i, "daemon.c", lines[i], "main");
	tell_begin(maker);
	tell_end(maker);
	return maker_close(maker, "closed");
}
