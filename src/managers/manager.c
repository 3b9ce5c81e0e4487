#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "managers/host.h"
#include "managers/managers.h"
#include "process/process.h"
#include "sharedctypes/tracker.h"

/* Manager objects, on the client's side: making, types, new objects. */

const void *mp__manager_key(const struct mp_manager *manager, size_t *size)
{
	if (!manager->key)
		return mp_process_authkey(mp__this.current, size);
	*size = manager->key_size;
	return manager->key;
}

const struct mp_manager_type *mp__manager_type(const struct mp_manager *manager,
					       const char *name, size_t size)
{
	for (size_t i = 0; i < manager->type_count; i++)
		if (strlen(manager->types[i]->name) == size
		    && memcmp(manager->types[i]->name, name, size) == 0)
			return manager->types[i];
	return NULL;
}

/* ---- making ---- */

static bool copy_options(struct mp_manager *manager,
			 const struct mp_manager_options *options)
{
	const char *given = options->spelling_
				    ? strstr(options->spelling_,
					     ".shutdown_timeout")
				    : NULL;

	manager->patience = options->shutdown_timeout > 0 || given
				    ? options->shutdown_timeout
				    : 1;
	manager->initializer = options->initializer;
	manager->initargs = options->initargs
				    ? mp_value_tuple_of(options->initargs)
				    : mp_tuple();
	if (!manager->initargs)
		return false;
	if (options->authkey) {
		manager->key = malloc(options->authkey_size + 1);
		if (!manager->key)
			return false;
		memcpy(manager->key, options->authkey, options->authkey_size);
		manager->key_size = options->authkey_size;
	}
	if (!options->address)
		return true;
	manager->is_given = true;
	manager->address = strdup(options->address);
	return manager->address;
}

static void free_manager(struct mp_manager *manager)
{
	if (manager->shm && manager->creator == mp__this.pid)
		mp__object_end(&manager->shm->head);
	mp_value_unref(manager->initargs);
	free(manager->types);
	free(manager->address);
	free(manager->folder);
	free(manager->key);
	free(manager);
}

static int check_address(const char *address)
{
	if (!address)
		return 0;
	if (!*address)
		return mp__fail(MP_EVALUE, "an address is needed");
	if (strlen(address) >= MP__ADDRESS_SIZE - 1)
		return mp__fail(MP_EVALUE, "AF_UNIX path too long: %s", address);
	return 0;
}

struct mp_manager *mp_manager_create(const struct mp_manager_options *options)
{
	MP__ENTER();
	struct mp_manager *manager = NULL;

	if (check_address(options->address) == 0) {
		manager = calloc(1, sizeof(*manager));
		if (!manager)
			mp__fail(MP_EMEMORY, "no memory for a manager");
	}
	if (manager) {
		manager->creator = mp__this.pid;
		if (copy_options(manager, options))
			manager->shm = mp__object_new(TRACE_OBJECT_MANAGER,
						      sizeof(*manager->shm),
						      options->name);
		else
			mp__fail(MP_EMEMORY, "no memory for a manager");
	}
	mp_value_unref(options->initargs);
	if (manager && !manager->shm) {
		free_manager(manager);
		return NULL;
	}
	if (manager)
		manager->id = manager->shm->head.id;
	return manager;
}

struct mp_manager *mp_manager_start_new(const struct mp_manager_options *options)
{
	MP__ENTER();
	struct mp_manager *manager = mp_manager_create(options);

	if (!manager || mp_manager_start(manager) == 0)
		return manager;
	int code = mp_error_code();
	char message[512];
	snprintf(message, sizeof(message), "%s", mp_error_message());
	mp_manager_destroy(manager);
	mp__fail(code, "%s", message);
	return NULL;
}

void mp_manager_destroy(struct mp_manager *manager)
{
	MP__ENTER();
	if (!manager)
		return;
	if (manager->creator == mp__this.pid) {
		mp__manager_end(manager);
		mp_process_destroy(manager->process);
	}
	free_manager(manager);
}

int mp_manager_register(struct mp_manager *manager,
			const struct mp_manager_type *type)
{
	const struct mp_manager_type **types;

	if (manager->is_started)
		return mp__fail(MP_EPROCESS, "register types before the server "
					     "is started");
	if (!type->name || !*type->name
	    || strlen(type->name) >= MP__TYPEID_SIZE)
		return mp__fail(MP_EVALUE, "a type needs a name of at most %d "
				"bytes", MP__TYPEID_SIZE - 1);
	if (!type->methods && type->create)
		return mp__fail(MP_EVALUE, "a type needs methods");
	for (size_t i = 0; i < manager->type_count; i++)
		if (strcmp(manager->types[i]->name, type->name) == 0) {
			manager->types[i] = type;
			return 0;
		}
	types = realloc(manager->types,
			(manager->type_count + 1) * sizeof(*types));
	if (!types)
		return mp__fail(MP_EMEMORY, "no memory for a type");
	types[manager->type_count++] = type;
	manager->types = types;
	return 0;
}

/* ---- connecting ---- */

static int find_place(struct mp_manager *manager, bool is_family)
{
	struct mp__token token = { .manager = manager->id };

	if (is_family) {
		token.shm = mp__object_ref(manager->shm);
		token.family = mp__arena->family;
	}
	strncpy(token.address, manager->address, sizeof(token.address) - 1);
	manager->place = mp__place_find(&token, manager->key, manager->key_size);
	if (!manager->place)
		return MP_EMEMORY;
	if (!manager->place->id)
		manager->place->id = manager->id;
	return 0;
}

int mp__manager_attach(struct mp_manager *manager)
{
	return find_place(manager, true);
}

static int greet(struct mp__place *place)
{
	return mp__ask(&(struct mp__ask){
		.place = place,
		.kind = MP__REQUEST_COUNT,
		.object = place->id,
		.name = "dummy",
	});
}

int mp_manager_connect(struct mp_manager *manager)
{
	MP__ENTER();
	if (manager->is_started || manager->is_over)
		return mp__fail(MP_EPROCESS, "the server was started by this "
					     "manager");
	if (!manager->address)
		return mp__fail(MP_EVALUE, "an address is needed");
	int err = find_place(manager, false);
	if (!err)
		err = greet(manager->place);
	if (err == MP_EEOF || err == MP_EPIPE)	/* an old connection */
		err = greet(manager->place);
	if (err) {
		manager->place = NULL;
		return err;
	}
	manager->is_connected = true;
	return 0;
}

/* ---- objects ---- */

static int check_usable(const struct mp_manager *manager)
{
	return manager->place && !manager->is_over
		       ? 0
		       : mp__fail(MP_ESTATE, "server not yet started");
}

static bool is_known(const struct mp_manager *manager, const char *type)
{
	return mp__manager_type(manager, type, strlen(type))
	       || mp__host_type(type, strlen(type));
}

static struct mp_proxy *make(struct mp_manager *manager,
			     const struct mp_create_options *options)
{
	struct mp_value *value = NULL;
	int err = check_usable(manager);

	if (!err && options->name && strlen(options->name) >= MP__LABEL_SIZE)
		err = mp__fail(MP_EVALUE, "a name has at most %d bytes",
			       MP__LABEL_SIZE - 1);
	if (!err && !is_known(manager, options->type))
		err = mp__fail(MP_EATTRIBUTE, "'SyncManager' object has no "
			       "attribute '%s'", options->type);
	if (!err)
		err = mp__ask(&(struct mp__ask){
			.place = manager->place,
			.kind = MP__REQUEST_CREATE,
			.object = manager->place->id,
			.name = options->type,
			.label = options->name && *options->name ? options->name
								 : NULL,
			.has_name = true,
			.args = options->args,
			.kwds = options->kwds,
			.result = &value,
		});
	return err ? NULL : mp_proxy_of(value);
}

struct mp_proxy *mp_manager_new_object(struct mp_manager *manager,
				       const struct mp_create_options *options)
{
	MP__ENTER();
	struct mp_proxy *proxy = make(manager, options);

	mp_value_unref(options->args);
	mp_value_unref(options->kwds);
	return proxy;
}

long mp_manager_count(struct mp_manager *manager)
{
	MP__ENTER();
	struct mp_value *value = NULL;
	long count = 0;
	int err = check_usable(manager);

	if (!err)
		err = mp__ask(&(struct mp__ask){
			.place = manager->place,
			.kind = MP__REQUEST_COUNT,
			.object = manager->place->id,
			.name = "_number_of_objects",
			.result = &value,
		});
	if (!err)
		err = mp_value_as_long(value, &count);
	mp_value_unref(value);
	return err ? err : count;
}

/* ---- looking ---- */

const char *mp_manager_address(const struct mp_manager *manager)
{
	return manager->address;
}

struct mp_process *mp_manager_process(const struct mp_manager *manager)
{
	return manager->process;
}
