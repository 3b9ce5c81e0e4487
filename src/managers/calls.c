#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "managers/host.h"
#include "managers/managers.h"
#include "probe/probe.h"
#include "value/value.h"

/* Calls of proxies: any by its name, and the commonest. */

/* Takes args and kwds over. */
static int call(struct mp_proxy *proxy, enum mp__request_kind kind,
		const char *method, struct mp_value *args, struct mp_value *kwds,
		struct mp_value **result)
{
	int err = 0;

	if (!method || strlen(method) >= 256)
		err = mp__fail(MP_EVALUE, "a method needs a name");
	if (!err)
		err = mp__ask(&(struct mp__ask){
			.place = proxy->place,
			.kind = kind,
			.object = proxy->id,
			.ident = proxy->ident,
			.name = method,
			.has_name = true,
			.args = args,
			.kwds = kwds,
			.result = result,
		});
	mp_value_unref(args);
	mp_value_unref(kwds);
	return err;
}

/* One with positional arguments, which could not be made if it is NULL. */
static int call_with(struct mp_proxy *proxy, const char *method,
		     struct mp_value *args, struct mp_value **result)
{
	if (!args)
		return mp__missing();
	return call(proxy, MP__REQUEST_CALL, method, args, NULL, result);
}

static struct mp_value *value_of(struct mp_proxy *proxy, const char *method,
				 struct mp_value *args)
{
	struct mp_value *result = NULL;

	return call_with(proxy, method, args, &result) < 0 ? NULL : result;
}

static int number_of(struct mp_proxy *proxy, const char *method,
		     struct mp_value *args, long *number)
{
	struct mp_value *result = NULL;
	int err = call_with(proxy, method, args, &result);

	if (!err)
		err = mp_value_as_long(result, number);
	mp_value_unref(result);
	return err;
}

/* ---- any ---- */

struct mp_value *mp_proxy_call_method(struct mp_proxy *proxy,
				      const struct mp_proxy_options *options)
{
	MP__ENTER();
	struct mp_value *result = NULL;
	int err = call(proxy, MP__REQUEST_CALL, options->method, options->args,
		       options->kwds, &result);

	return err ? NULL : result;
}

int mp_proxy_do_method(struct mp_proxy *proxy,
		       const struct mp_proxy_options *options)
{
	MP__ENTER();
	return call(proxy, MP__REQUEST_CALL, options->method, options->args,
		    options->kwds, NULL);
}

struct mp_value *mp_proxy_callmethod(struct mp_proxy *proxy, const char *method,
				     struct mp_value *args,
				     struct mp_value *kwds)
{
	MP__ENTER();
	struct mp_value *result = NULL;
	int err = call(proxy, MP__REQUEST_CALLMETHOD, method, args, kwds,
		       &result);

	return err ? NULL : result;
}

struct mp_value *mp_proxy_value(struct mp_proxy *proxy)
{
	MP__ENTER();
	return value_of(proxy, "#GETVALUE", mp_tuple());
}

char *mp_proxy_str(struct mp_proxy *proxy)
{
	MP__ENTER();
	struct mp_value *value = value_of(proxy, "#STR", mp_tuple());
	const char *text;
	char *copy = NULL;

	if (value && mp_value_as_str(value, &text, NULL) == 0) {
		copy = strdup(text);
		if (!copy)
			mp__fail(MP_EMEMORY, "no memory for a text");
	}
	mp_value_unref(value);
	return copy;
}

/* ---- items ---- */

struct mp_value *mp_proxy_get_item(struct mp_proxy *proxy, struct mp_value *key)
{
	MP__ENTER();
	return value_of(proxy, "__getitem__", mp_tuple(key));
}

int mp_proxy_put_item(struct mp_proxy *proxy, struct mp_value *key,
		      struct mp_value *value)
{
	MP__ENTER();
	return call_with(proxy, "__setitem__", mp_tuple(key, value), NULL);
}

int mp_proxy_drop_item(struct mp_proxy *proxy, struct mp_value *key)
{
	MP__ENTER();
	return call_with(proxy, "__delitem__", mp_tuple(key), NULL);
}

int mp_proxy_has_item(struct mp_proxy *proxy, struct mp_value *item)
{
	MP__ENTER();
	long is_there = 0;
	int err = number_of(proxy, "__contains__", mp_tuple(item), &is_there);

	return err ? err : (int)is_there;
}

int mp_proxy_append_item(struct mp_proxy *proxy, struct mp_value *item)
{
	MP__ENTER();
	return call_with(proxy, "append", mp_tuple(item), NULL);
}

struct mp_value *mp_proxy_pop(struct mp_proxy *proxy)
{
	MP__ENTER();
	return value_of(proxy, "pop", mp_tuple());
}

ssize_t mp_proxy_length(struct mp_proxy *proxy)
{
	MP__ENTER();
	long length = 0;
	int err = number_of(proxy, "__len__", mp_tuple(), &length);

	return err ? err : length;
}

int mp_proxy_item_long(struct mp_proxy *proxy, struct mp_value *key, long *out)
{
	MP__ENTER();
	return number_of(proxy, "__getitem__", mp_tuple(key), out);
}

/* ---- attributes ---- */

/* Names that begin with '_' are the proxy's own in Python, and stay there. Here it has
 * none. */
static bool is_of_object(const struct mp_proxy *proxy, const char *name)
{
	if (!name || *name != '_')
		return true;
	mp__fail(MP_EATTRIBUTE, "'%s' object has no attribute '%s'",
		 mp__host_proxy_name(proxy->type), name);
	return false;
}

struct mp_value *mp_proxy_attr(struct mp_proxy *proxy, const char *name)
{
	MP__ENTER();
	return is_of_object(proxy, name)
		       ? value_of(proxy, "__getattribute__", mp_tuple(name))
		       : NULL;
}

int mp_proxy_put_attr(struct mp_proxy *proxy, const char *name,
		      struct mp_value *value)
{
	MP__ENTER();
	if (is_of_object(proxy, name))
		return call_with(proxy, "__setattr__", mp_tuple(name, value),
				 NULL);
	mp_value_unref(value);
	return mp__fail(MP_EATTRIBUTE, "'%s' would be an attribute of the proxy, "
			"not of the object", name);
}

int mp_proxy_delete_attr(struct mp_proxy *proxy, const char *name)
{
	MP__ENTER();
	return is_of_object(proxy, name)
		       ? call_with(proxy, "__delattr__", mp_tuple(name), NULL)
		       : MP_EATTRIBUTE;
}

int mp_proxy_attr_long(struct mp_proxy *proxy, const char *name, long *out)
{
	MP__ENTER();
	return is_of_object(proxy, name)
		       ? number_of(proxy, "__getattribute__", mp_tuple(name),
				   out)
		       : MP_EATTRIBUTE;
}

/* ---- locks, Condition, Event, Barrier, queues ---- */

static double seconds_until(mp_deadline until)
{
	mp_deadline now = mp__now();

	return until > now ? (double)(until - now) / 1e9 : 0;
}

static struct mp_value *timeout(mp_deadline until)
{
	return until == MP_FOREVER ? mp_none() : mp_float(seconds_until(until));
}

/* True, None or seconds; False if it is not to wait. */
static struct mp_value *blocking(mp_deadline until)
{
	return until == MP_NOW ? mp_tuple(mp_bool(false))
			       : mp_tuple(mp_bool(true), timeout(until));
}

static int acquire(struct mp_proxy *proxy, mp_deadline until)
{
	long is_taken = 0;
	int err = number_of(proxy, "acquire",
			    until == MP_FOREVER ? mp_tuple() : blocking(until),
			    &is_taken);

	return err ? err : (int)is_taken;
}

int mp_proxy_acquire(struct mp_proxy *proxy, int64_t until)
{
	MP__ENTER();
	return acquire(proxy, until);
}

int mp_proxy_release(struct mp_proxy *proxy)
{
	MP__ENTER();
	return call_with(proxy, "release", mp_tuple(), NULL);
}

/* wait() of an AsyncResult returns None. */
static int wait_for(struct mp_proxy *proxy, mp_deadline until)
{
	struct mp_value *result = NULL;
	long number = 0;
	int err = call_with(proxy, "wait",
			    until == MP_FOREVER ? mp_tuple()
						: mp_tuple(timeout(until)),
			    &result);

	if (!err && !mp__is(result, MP_TYPE_NONE))
		err = mp_value_as_long(result, &number);
	mp_value_unref(result);
	return err ? err : (int)number;
}

int mp_proxy_wait(struct mp_proxy *proxy, int64_t until)
{
	MP__ENTER();
	return wait_for(proxy, until);
}

int mp_proxy_wait_for(struct mp_proxy *proxy, int (*predicate)(void *user),
		      void *user, int64_t until)
{
	MP__ENTER();
	int result = predicate(user);

	while (!result && (until == MP_FOREVER || mp__now() < until)) {
		int err = wait_for(proxy, until);
		if (err < 0)
			return err;
		result = predicate(user);
	}
	return result;
}

int mp_proxy_put_value(struct mp_proxy *proxy, struct mp_value *value,
		       int64_t until)
{
	MP__ENTER();
	if (until == MP_FOREVER)
		return call_with(proxy, "put", mp_tuple(value), NULL);
	return call_with(proxy, "put",
			 until == MP_NOW
				 ? mp_tuple(value, mp_bool(false))
				 : mp_tuple(value, mp_bool(true),
					    timeout(until)),
			 NULL);
}

struct mp_value *mp_proxy_get(struct mp_proxy *proxy, int64_t until)
{
	MP__ENTER();
	return value_of(proxy, "get",
			until == MP_FOREVER ? mp_tuple() : blocking(until));
}

/* ---- MP_WITH_PROXY ---- */

struct mp_with_proxy mp_with_proxy_enter(struct mp_proxy *proxy)
{
	MP__ENTER();
	struct mp_with_proxy with = { proxy, mp__self.site };

	if (proxy && acquire(proxy, MP_FOREVER) != 1)
		with.proxy = NULL;
	return with;
}

void mp_with_proxy_leave(struct mp_with_proxy *with)
{
	struct mp_proxy *proxy = with->proxy;
	uint32_t site = mp__self.site;

	with->proxy = NULL;
	if (!proxy)
		return;
	mp__self.site = with->site;
	call_with(proxy, "release", mp_tuple(), NULL);
	mp__self.site = site;
}
