/* A plain list and dict, and managed ones beside them: which does a child share? */
#include <stdlib.h>

#include <forkscope/mp.h>

static void print_values(const char *what, struct mp_value *names,
			 struct mp_value *ages)
{
	char *list = mp_value_repr(names), *dict = mp_value_repr(ages);

	mp_print("%s %s %s", what, list, dict);
	free(list);
	free(dict);
}

static int sign(struct mp_call *call)
{
	struct mp_value *my_names, *my_ages;
	struct mp_proxy *names, *ages;

	if (mp_bind(call,			/* def sign(my_names, my_ages, names, ages): */
		    "my_names my_ages names ages",
		    &my_names, &my_ages, &names, &ages) < 0)
		return mp_raise();
	mp_value_append(my_names, mp_value("Ann"));	/* my_names.append('Ann') */
	mp_value_put(my_ages,			/* my_ages['Ann'] = 30 */
		     mp_value("Ann"), mp_value(30));
	print_values("Ann: plain",		/* print('Ann: plain', my_names, my_ages) */
		     my_names, my_ages);
	mp_sleep(0.1);				/* time.sleep(0.1) */
	mp_proxy_append(names, "Ann");		/* names.append('Ann') */
	mp_sleep(0.1);				/* time.sleep(0.1) */
	mp_proxy_set_item(ages, "Ann", 30);	/* ages['Ann'] = 30 */
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	struct mp_manager *manager = mp_Manager();	/* manager = Manager() */
	struct mp_value *my_names = mp_list();	/* my_names, my_ages = [], {} */
	struct mp_value *my_ages = mp_dict();
	struct mp_proxy *names = mp_manager_list(manager);	/* names = manager.list() */
	struct mp_proxy *ages = mp_manager_dict(manager);	/* ages = manager.dict() */
	struct mp_process *ann;

	ann = mp_Process(	/* ann = Process(target=sign, name='Ann', args=(my_names, my_ages, names, ages)) */
		.target = sign, .name = "Ann",
		.args = mp_tuple(mp_value_ref(my_names), mp_value_ref(my_ages),
				 names, ages));
	if (mp_knob("start", true)) {		/* if knob("start", True): */
		mp_process_start(ann);		/* ann.start() */
		mp_process_join(ann, MP_FOREVER);	/* ann.join() */
	} else {				/* else: */
		mp_process_run(ann);		/* ann.run() */
	}
	print_values("main: plain",		/* print('main: plain', my_names, my_ages) */
		     my_names, my_ages);
	if (mp_knob("shutdown", false))		/* if knob("shutdown", False): */
		mp_manager_shutdown(manager);	/* manager.shutdown() */
	struct mp_value *list = mp_proxy_value(names);	/* copies = deepcopy(names), deepcopy(ages) */
	struct mp_value *dict = list ? mp_proxy_value(ages) : NULL;
	if (dict)				/* else: */
		print_values("main: managed", list, dict);	/* print('main: managed', *copies) */
	else					/* except (OSError, EOFError): */
		mp_print("main: managed: gone with the server");	/* print('main: managed: gone with the server') */
	mp_value_unref(list);
	mp_value_unref(dict);
	mp_value_unref(my_names);
	mp_value_unref(my_ages);
	return 0;
}
