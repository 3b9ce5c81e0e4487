#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "pool/pool.h"
#include "process/process.h"
#include "value/call.h"
#include "value/pack.h"
#include "value/value.h"

/* A worker: takes a task, calls, puts the result, until nothing more will come or it
 * has done as many as it may. */

struct worker {
	const struct mp_pool *pool;	/* as it was at the fork */
	struct mp__pool_worker_self self;
	struct mp__buffer out;		/* the frame of the result */
	struct mp_value *one;		/* a tuple of one, used again */
	struct mp_value *none;		/* no keyword arguments */
	unsigned char payload[MP__POOL_INLINE];
	const unsigned char *at;	/* of the task's bytes, what is left */
	size_t left;
};

static const char *name_of(const struct worker *w)
{
	uint32_t number = w->self.frame.function_number;

	return number <= MP__POOL_FUNCTIONS
		       ? mp__pool_function(w->self.shm, number)->name
		       : "task";
}

/* ---- calling ---- */

static struct mp_value *next_value(struct worker *w)
{
	struct mp_value *value = NULL;
	size_t used;

	if (mp__unpack_next(w->at, w->left, &used, &value) < 0)
		return NULL;
	w->at += used;
	w->left -= used;
	return value;
}

/* Whoever keeps the arguments, or changes them, has them; the next call gets others. */
static bool is_ours(const struct mp_value *value, enum mp_type type, size_t len)
{
	return value && value->type == type && value->len == len
	       && atomic_load(&value->references) == 1;
}

static struct mp_value *no_keywords(struct worker *w)
{
	if (!is_ours(w->none, MP_TYPE_DICT, 0)) {
		mp_value_unref(w->none);
		w->none = mp_dict();
	}
	return w->none;
}

/* Integers, of which there may be a million, use the one there is again. */
static bool change_integer(struct worker *w, struct mp_value *value)
{
	int64_t number;
	size_t used;

	if (!is_ours(value, MP_TYPE_INT, 0) || value->place)
		return false;
	used = mp__unpack_integer(w->at, w->left, &number);
	if (used == 0)
		return false;
	value->as.integer = number;
	value->is_wide = false;
	w->at += used;
	w->left -= used;
	return true;
}

/* The next item, alone in a tuple, which stays the worker's; NULL: it cannot be
 * decoded. */
static struct mp_value *only_argument(struct worker *w)
{
	bool is_free = is_ours(w->one, MP_TYPE_TUPLE, 1);

	if (is_free && change_integer(w, w->one->as.items[0]))
		return w->one;
	struct mp_value *item = next_value(w);
	if (!item)
		return NULL;
	if (!is_free) {
		mp_value_unref(w->one);
		w->one = mp_value_tuple(1, &item);
		return w->one;
	}
	mp_value_unref(w->one->as.items[0]);
	w->one->as.items[0] = item;
	return w->one;
}

/* The next item taken apart; a new reference, or NULL. */
static struct mp_value *all_arguments(struct worker *w)
{
	struct mp_value *item = next_value(w), *args = NULL;

	if (item)
		args = mp_value_tuple_of(item);
	mp_value_unref(item);
	return args;
}

static mp_function function_of(const struct worker *w)
{
	return (mp_function)(uintptr_t)w->self.frame.function;
}

/* args: a tuple, kwds: a dict of names */
static struct mp_value *call(struct worker *w, struct mp_value *args,
			     struct mp_value *kwds)
{
	struct mp_call call;

	if (!args || !kwds)
		return NULL;
	mp__call_borrow(&call, name_of(w), args, kwds);
	struct mp_value *result = function_of(w)(&call);
	mp__call_end(&call);
	return result;
}

/* A chunk: the first call that fails is its end. */
static int call_for_items(struct worker *w)
{
	bool is_star = w->self.frame.kind == MP__TASK_STARMAP;
	int err = 0;

	for (uint32_t i = 0; i < w->self.frame.count && !err; i++) {
		struct mp_value *args = is_star ? all_arguments(w)
						: only_argument(w);
		struct mp_value *result = call(w, args, no_keywords(w));
		if (is_star)
			mp_value_unref(args);
		if (!result)
			return MP_EUSER;
		err = mp__pack(&w->out, result) < 0 ? MP_EENCODING : 0;
		mp_value_unref(result);
	}
	return err;
}

static int call_once(struct worker *w)
{
	struct mp_value *args = next_value(w);
	struct mp_value *kwds = args && w->left ? next_value(w)
						: mp_value_ref(no_keywords(w));
	struct mp_value *result = NULL;
	struct mp_call call;
	int err = MP_EUSER;

	if (args && kwds && mp__call_init(&call, name_of(w), args, kwds) == 0) {
		result = function_of(w)(&call);
		mp__call_finish(&call);
	}
	if (result)
		err = mp__pack(&w->out, result) < 0 ? MP_EENCODING : 0;
	mp_value_unref(args);
	mp_value_unref(kwds);
	mp_value_unref(result);
	return err;
}

static int call_with_bytes(struct worker *w)
{
	void *result = NULL;
	size_t size = 0;
	int err = w->pool->worker(w->pool->user, w->at, w->left, &result,
				  &size);

	if (err >= 0)
		err = mp__buffer_add(&w->out, result, size);
	free(result);
	return err < 0 ? MP_EUSER : 0;
}

/* ---- results ---- */

static void no_result(struct worker *w, int code, const char *message)
{
	char traceback[3072], head[128];

	mp__report_text(code, name_of(w), traceback, sizeof(traceback));
	snprintf(head, sizeof(head), "In %s:\n", mp__this.current->name);
	w->out.len = sizeof(struct mp__result_frame);
	if (mp__buffer_add(&w->out, message, strlen(message) + 1) == 0
	    && mp__buffer_add(&w->out, head, strlen(head)) == 0)
		mp__buffer_add(&w->out, traceback, strlen(traceback) + 1);
}

static int give_up(struct worker *w, int err)
{
	char message[512];
	int code = mp_error_code();

	if (err == MP_EENCODING) {
		snprintf(message, sizeof(message), "Error sending result of "
			 "%s(). Reason: '%s'", name_of(w), mp_error_message());
		code = err;
	} else if (code < 0) {
		snprintf(message, sizeof(message), "%s", mp_error_message());
	} else {
		code = MP_EUSER;
		snprintf(message, sizeof(message), "%s() returned NULL, and no "
			 "error was raised", name_of(w));
	}
	no_result(w, code, message);
	return code;
}

/* What is large goes into a block, of which the slot knows until it is sent. */
static int move_to_block(struct worker *w, struct mp__result_frame *frame)
{
	size_t size = w->out.len - sizeof(*frame);
	struct mp__result_block head = {
		.id = w->self.frame.id ^ MP__RESULT_MARK,
		.bytes = sizeof(head) + size,
	};
	mp__ref block = head.bytes <= UINT32_MAX ? mp__arena_alloc(head.bytes)
						 : 0;

	if (!block)
		return MP_EENCODING;
	memcpy(mp__at(block), &head, sizeof(head));
	atomic_store(&w->self.slot->block_bytes, (uint32_t)head.bytes);
	atomic_store(&w->self.slot->block, block);
	memcpy((char *)mp__at(block) + sizeof(head),
	       w->out.bytes + sizeof(*frame), size);
	frame->block = block;
	frame->block_bytes = (uint32_t)head.bytes;
	w->out.len = sizeof(*frame);
	return 0;
}

static int send(struct worker *w, int code)
{
	struct mp__result_frame frame = { .code = code,
					  .id = w->self.frame.id };

	if (w->out.len - sizeof(frame) > MP__POOL_INLINE) {
		int err = move_to_block(w, &frame);
		if (err)
			frame.code = give_up(w, err);
	}
	frame.size = (uint32_t)(w->out.len - sizeof(frame));
	memcpy(w->out.bytes, &frame, sizeof(frame));
	w->self.result = w->out.bytes;
	w->self.result_size = w->out.len;
	mp__record(TRACE_TASK_END, w->self.shm->head.id,
		   (uint32_t)frame.id, frame.code);
	return mp__pool_put_result(&w->self);
}

static int do_task(struct worker *w)
{
	struct mp__result_frame head = { 0 };
	const struct mp__task_frame *task = &w->self.frame;
	int err;

	mp__error_forget();
	mp__report_forget();
	w->at = task->block ? mp__at(task->block) : w->payload;
	w->left = task->block ? task->block_bytes : task->size;
	w->out.len = 0;
	if (mp__buffer_add(&w->out, &head, sizeof(head)) < 0)
		return MP_EMEMORY;
	switch (task->kind) {
	case MP__TASK_APPLY:
		err = call_once(w);
		break;
	case MP__TASK_BYTES:
		err = call_with_bytes(w);
		break;
	default:
		err = call_for_items(w);
	}
	return send(w, err ? give_up(w, err) : 0);
}

/* ---- its life ---- */

static int initialize(struct worker *w)
{
	const struct mp_pool *pool = w->pool;
	struct mp_call call;

	if (!pool->initializer)
		return 0;
	int err = mp__call_init(&call, pool->initializer_name, pool->initargs,
				NULL);
	if (!err) {
		err = pool->initializer(&call);
		mp__call_finish(&call);
	}
	if (err >= 0)
		err = 0;
	else
		snprintf(w->self.shm->init_error,
			 sizeof(w->self.shm->init_error), "%s: %s",
			 mp_error_python(err), mp_error_message());
	mp__record(TRACE_WORKER_INIT, w->self.shm->head.id, err, 0);
	return err;
}

static void work(struct worker *w)
{
	long done = 0;

	while (w->pool->maxtasks == 0 || done < w->pool->maxtasks) {
		mp__pool_take(&w->self);
		if (!w->self.has_task || do_task(w) < 0)
			break;
		done++;
		atomic_store(&w->self.slot->done, (uint32_t)done);
	}
	atomic_store(&w->self.slot->state, MP__WORKER_LEAVING);
	mp__record(TRACE_WORKER_RETIRE, w->self.shm->head.id, done, 0);
}

int mp__pool_worker_main(void *user, struct mp_call *call)
{
	const struct mp__pool_start *start = user;
	struct worker *w = calloc(1, sizeof(*w));

	(void)call;
	if (!w)
		return mp__fail(MP_EMEMORY, "no memory for a worker");
	/* The thread that forked us hears no signals. */
	pthread_sigmask(SIG_SETMASK, &start->pool->signals, NULL);
	w->pool = start->pool;
	w->self.shm = start->pool->shm;
	w->self.slot = mp__pool_worker(w->self.shm, start->place);
	w->self.payload = w->payload;
	atomic_store(&w->self.slot->agent, mp__self.id);
	int err = initialize(w);
	if (!err) {
		atomic_store(&w->self.slot->state, MP__WORKER_READY);
		work(w);
	}
	mp__buffer_free(&w->out);
	mp_value_unref(w->one);
	mp_value_unref(w->none);
	free(w);
	return err;
}
