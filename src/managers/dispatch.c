#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "managers/host.h"
#include "managers/managed.h"
#include "process/process.h"
#include "value/pack.h"
#include "value/value.h"

/* What a client asks for is done here, in the thread of its connection. */

/* A request that has been taken apart. */
struct job {
	struct mp__guest *guest;
	const struct mp__request *request;
	char name[256];
	struct mp__referent *referent;	/* pinned; NULL: none, or there is none */
	struct mp_value *args, *kwds;
	int64_t items;
};

/* ---- replies ---- */

static int put_head(struct mp__guest *guest, const struct mp__request *request,
		    int code)
{
	struct mp__reply head = { .code = code, .number = request->number };

	guest->out.len = 0;
	return mp__buffer_add(&guest->out, &head, sizeof(head));
}

static void close_head(struct mp__guest *guest)
{
	uint32_t size = (uint32_t)(guest->out.len - sizeof(struct mp__reply));

	memcpy(guest->out.bytes, &size, sizeof(size));
}

static int reply_error(struct job *job, int code, const char *message)
{
	char head[128], traceback[3072];
	struct mp__buffer *out = &job->guest->out;

	mp__report_text(code, job->name, traceback, sizeof(traceback));
	snprintf(head, sizeof(head), "In %s:\n",
		 mp_process_name(mp__this.current));
	if (put_head(job->guest, job->request, code) == 0
	    && mp__buffer_add(out, message, strlen(message) + 1) == 0
	    && mp__buffer_add(out, head, strlen(head)) == 0)
		mp__buffer_add(out, traceback, strlen(traceback) + 1);
	close_head(job->guest);
	return code;
}

static int reply_failure(struct job *job)
{
	char message[512];
	int code = mp_error_code() < 0 ? mp_error_code() : MP_EUSER;

	snprintf(message, sizeof(message), "%s",
		 mp_error_code() < 0 ? mp_error_message()
				     : "it failed, and no error was raised");
	return reply_error(job, code, message);
}

/* Proxies in it are lent to the client. Takes value over. */
static int reply_value(struct job *job, struct mp_value *value)
{
	char message[512];
	int err;

	if (!value)
		return reply_failure(job);
	err = put_head(job->guest, job->request, 0);
	mp__lends_to = job->guest->session;
	if (!err)
		err = mp__pack(&job->guest->out, value);
	mp__lends_to = NULL;
	mp_value_unref(value);
	if (!err && job->guest->out.len - sizeof(struct mp__reply)
			    > MP__WIRE_BYTES)
		err = mp__fail(MP_EVALUE, "it is too large");
	close_head(job->guest);
	if (!err)
		return 0;
	snprintf(message, sizeof(message), "cannot send the result of %s(): %s",
		 job->name, mp_error_message());
	return reply_error(job, MP_EREMOTE, message);
}

/* The token of an object that was made, which the client has a reference to. */
static int reply_proxy(struct job *job, const struct mp__referent *referent)
{
	struct mp__token token;
	unsigned char bytes[sizeof(token)];

	mp__host_token(referent, &token);
	int size = mp__token_pack(&token, bytes);
	unsigned char head[] = { 0xc7, (unsigned char)size, 80 };
	int err = put_head(job->guest, job->request, 0);
	if (!err)
		err = mp__buffer_add(&job->guest->out, head, sizeof(head));
	if (!err)
		err = mp__buffer_add(&job->guest->out, bytes, (size_t)size);
	close_head(job->guest);
	return err;
}

/* ---- calling ---- */

static struct mp_value *call_custom(struct mp__serving *serving,
				    const struct mp_manager_method *method)
{
	struct mp__referent *referent = serving->referent;
	bool is_alone = !referent->custom->is_concurrent;

	if (is_alone)
		pthread_mutex_lock(&referent->mutex);
	struct mp_value *value = method->function(referent->object,
						  &serving->call);
	if (is_alone)
		pthread_mutex_unlock(&referent->mutex);
	return value;
}

static struct mp_value *call_own(struct mp__serving *serving, int64_t *items)
{
	struct mp__referent *referent = serving->referent;
	const struct mp__managed_method *method = serving->method;

	if (!method->is_alone)
		return method->function(serving);
	pthread_mutex_lock(&referent->mutex);
	struct mp_value *value = method->function(serving);
	*items = mp__host_items(referent);
	pthread_mutex_unlock(&referent->mutex);
	return value;
}

/* The result becomes an object of its own. Takes value over. */
static int reply_new(struct job *job, struct mp__serving *serving,
		     const char *type, struct mp_value *value)
{
	struct mp_value *args;
	int err;

	if (!value)
		return reply_failure(job);
	args = mp_value_tuple(1, &value);
	mp__call_finish(&serving->call);
	if (!args || mp__call_init(&serving->call, type, args, NULL) < 0) {
		mp_value_unref(args);
		return reply_failure(job);
	}
	mp_value_unref(args);
	serving->referent = NULL;
	struct mp__referent *made = mp__host_create(serving, type, strlen(type));
	err = made ? reply_proxy(job, made) : reply_failure(job);
	if (made)
		mp__host_unpin(made);
	return err;
}

static int no_method(struct job *job, const struct mp__referent *referent)
{
	char message[512];
	bool is_raw = job->request->kind == MP__REQUEST_CALLMETHOD;
	const char *type = referent->custom ? referent->custom->name
					    : referent->type->typeid;

	snprintf(message, sizeof(message),
		 is_raw ? "method '%s' of '%s' object is not exposed"
			: "'%s' object has no attribute '%s'",
		 is_raw ? job->name
			: referent->custom ? "AutoProxy"
					   : mp__host_proxy_name(type),
		 is_raw ? type : job->name);
	mp__fail(is_raw ? MP_EREMOTE : MP_EATTRIBUTE, "%s", message);
	return reply_failure(job);
}

static const struct mp_manager_method *
custom_method(const struct mp__referent *referent, const char *name)
{
	const struct mp_manager_method *method = referent->custom->methods;

	while (method->name && strcmp(method->name, name) != 0)
		method++;
	return method->name ? method : NULL;
}

static int do_call(struct job *job, struct mp__serving *serving)
{
	struct mp__referent *referent = serving->referent;
	const struct mp_manager_method *custom = NULL;
	const char *returns = "";
	struct mp_value *value;

	if (referent->custom)
		custom = custom_method(referent, job->name);
	else
		serving->method = mp__host_method(referent->type, job->name,
						  strlen(job->name));
	if (!custom && !serving->method)
		return no_method(job, referent);
	if (mp__call_init(&serving->call, job->name, job->args, job->kwds) < 0)
		return reply_failure(job);
	mp__error_forget();
	if (custom) {
		value = call_custom(serving, custom);
		returns = custom->returns ? custom->returns : "";
	} else {
		value = call_own(serving, &job->items);
		returns = serving->method->returns;
	}
	int code = *returns ? reply_new(job, serving, returns, value)
			    : reply_value(job, value);
	mp__call_finish(&serving->call);
	return code;
}

static int do_special(struct job *job, struct mp__referent *referent)
{
	bool is_str = strcmp(job->name, "#STR") == 0;
	struct mp_value *value = NULL;

	pthread_mutex_lock(&referent->mutex);
	if (is_str) {
		char *text = mp__host_str(referent);
		value = text ? mp_text(text) : NULL;
		free(text);
	} else {
		value = mp__host_value(referent);
	}
	job->items = mp__host_items(referent);
	pthread_mutex_unlock(&referent->mutex);
	return reply_value(job, value);
}

static int call(struct job *job)
{
	struct mp__serving serving = { .guest = job->guest,
				       .referent = job->referent,
				       .bytes = job->request->size };

	if (!job->referent) {
		mp__fail(MP_EREMOTE, "the managed object %u is no more",
			 job->request->ident);
		return reply_failure(job);
	}
	return *job->name == '#' ? do_special(job, job->referent)
				 : do_call(job, &serving);
}

/* What people call it stands behind its type. */
static const char *label_of(const struct job *job)
{
	size_t type = strlen(job->name) + 1;

	return type < job->request->name_size ? job->name + type : NULL;
}

static int create(struct job *job)
{
	struct mp__serving serving = { .guest = job->guest,
				       .label = label_of(job) };

	if (mp__call_init(&serving.call, job->name, job->args, job->kwds) < 0)
		return reply_failure(job);
	struct mp__referent *made = mp__host_create(&serving, job->name,
						    strlen(job->name));
	int code = made ? reply_proxy(job, made) : reply_failure(job);
	if (made) {
		job->items = mp__host_items(made);
		mp__host_unpin(made);
	}
	mp__call_finish(&serving.call);
	return code;
}

/* ---- references ---- */

static int incref(struct job *job)
{
	if (mp__host_hold(job->guest->session, job->request->ident))
		return reply_value(job, mp_none());
	mp__fail(MP_EREMOTE, "the managed object %u is no more",
		 job->request->ident);
	return reply_failure(job);
}

static int heir(struct job *job, const char *bytes)
{
	struct mp__guest *guest = job->guest;
	struct mp__hello hello;

	memcpy(&hello, bytes, sizeof(hello));
	struct mp__session *session = mp__session_get(hello.session);
	if (!session)
		return reply_failure(job);
	unsigned count = mp__session_inherit(session, guest->session);
	mp__record(TRACE_CLIENT_HEIR, mp__host->manager->id,
		   guest->session->process, count);
	int fd = mp__fd_high(guest->passed);
	guest->passed = -1;
	if (mp__host_admit(fd, guest->pid, session,
			   guest->is_family
					   && mp__guest_is_channel(hello.channel)
				   ? hello.channel
				   : 0) < 0) {
		mp__session_leave(session);
		return reply_failure(job);
	}
	return reply_value(job, mp_none());
}

/* ---- taking apart ---- */

static int take_values(struct job *job, const char *bytes, size_t size)
{
	size_t used = 0;
	int err = 0;

	if (size > 0)
		err = mp__unpack_next(bytes, size, &used, &job->args);
	if (!err && used < size)
		err = mp_value_unpack(bytes + used, size - used, &job->kwds);
	if (!err && mp__is(job->args, MP_TYPE_NONE)) {
		mp_value_unref(job->args);
		job->args = NULL;
	}
	return err;
}

static int perform(struct job *job, const char *bytes, size_t size)
{
	switch (job->request->kind) {
	case MP__REQUEST_CALL:
	case MP__REQUEST_CALLMETHOD:
		return take_values(job, bytes, size) ? reply_failure(job)
						     : call(job);
	case MP__REQUEST_CREATE:
		return take_values(job, bytes, size) ? reply_failure(job)
						     : create(job);
	case MP__REQUEST_INCREF:
		return incref(job);
	case MP__REQUEST_HEIR:
		return heir(job, bytes);
	case MP__REQUEST_COUNT:
		pthread_mutex_lock(&mp__host_mutex);
		size = mp__host->count;
		pthread_mutex_unlock(&mp__host_mutex);
		return reply_value(job, mp_uint(size));
	default:
		return reply_value(job, mp_none());
	}
}

static bool makes_sense(const struct mp__guest *guest,
			const struct mp__request *request)
{
	size_t size = request->size - request->name_size;

	if (request->name_size > request->size
	    || request->name_size >= sizeof(((struct job *)0)->name))
		return false;
	switch (request->kind) {
	case MP__REQUEST_CREATE:
	case MP__REQUEST_CALL:
	case MP__REQUEST_CALLMETHOD:
		return request->name_size > 0;
	case MP__REQUEST_HEIR:
		return size == sizeof(struct mp__hello) && guest->passed >= 0;
	case MP__REQUEST_INCREF:
	case MP__REQUEST_DECREF:
	case MP__REQUEST_COUNT:
	case MP__REQUEST_SHUTDOWN:
		return size == 0;
	}
	return false;
}

int mp__dispatch(struct mp__guest *guest, const struct mp__request *request,
		 const char *bytes)
{
	struct job job = { .guest = guest, .request = request, .items = -1 };
	uint32_t object = mp__host->manager->id;

	if (!makes_sense(guest, request))
		return mp__fail(MP_EOS, "a request that makes no sense");
	if (request->kind == MP__REQUEST_DECREF) {
		mp__host_let_go(guest->session, request->ident);
		return 0;
	}
	memcpy(job.name, bytes, request->name_size);
	if (request->ident)
		job.referent = mp__host_pin(request->ident);
	if (job.referent)
		object = request->ident;
	mp__record(TRACE_SERVE_BEGIN, object, guest->agent, request->number);
	mp__report_forget();
	int code = perform(&job, bytes + request->name_size,
			   request->size - request->name_size);
	mp_value_unref(job.args);
	mp_value_unref(job.kwds);
	mp__record(TRACE_SERVE_END, object, code, job.items);
	if (job.referent)
		mp__host_unpin(job.referent);
	return 1;
}
