/* A list inside a managed dict: taken out, it is a copy. */
#include <stdlib.h>

#include <forkscope/mp.h>

/* What was got is ours, and given back when it has been printed. */
static void print_list(const char *what, struct mp_value *list)
{
	char *text = mp_value_repr(list);

	mp_print("%s %s", what, text);
	free(text);
	mp_value_unref(list);
}

static int shop(struct mp_call *call)
{
	struct mp_proxy *house, *managed;
	struct mp_value *plain;

	if (mp_bind(call, "house", &house) < 0)	/* def shop(house): */
		return mp_raise();
	mp_sleep(0.1);				/* time.sleep(0.1) */
	plain = mp_proxy_item(house, "plain");	/* plain = house['plain'] */
	mp_value_append(plain, mp_value("milk"));	/* plain.append('milk') */
	print_list("Ann: plain",		/* print('Ann: plain', plain) */
		   mp_value_ref(plain));
	mp_sleep(0.1);				/* time.sleep(0.1) */
	if (mp_knob("back", false))		/* if knob("back", False): */
		mp_proxy_set_item(house, "plain", plain);	/* house['plain'] = plain */
	else
		mp_value_unref(plain);
	managed = mp_proxy_of(			/* managed = house['managed'] */
		mp_proxy_item(house, "managed"));
	mp_sleep(0.1);				/* time.sleep(0.1) */
	mp_proxy_append(managed, "milk");	/* managed.append('milk') */
	print_list("Ann: managed",		/* print('Ann: managed', deepcopy(managed)) */
		   mp_proxy_value(managed));
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	struct mp_manager *manager = mp_Manager();	/* manager = Manager() */
	struct mp_proxy *house = mp_manager_dict(manager);	/* house = manager.dict() */
	struct mp_proxy *managed;
	struct mp_process *ann;

	mp_proxy_set_item(			/* house['plain'] = ['bread'] */
		house, "plain", mp_list("bread"));
	managed = mp_manager_list(		/* managed = manager.list(['bread']) */
		manager, mp_list("bread"));
	mp_proxy_set_item(			/* house['managed'] = managed */
		house, "managed", managed);
	ann = mp_Process(	/* ann = Process(target=shop, name='Ann', args=(house,)) */
		.target = shop, .name = "Ann", .args = mp_tuple(house));
	mp_process_start(ann);			/* ann.start() */
	mp_process_join(ann, MP_FOREVER);	/* ann.join() */
	print_list("main: plain",		/* print('main: plain', house['plain']) */
		   mp_proxy_item(house, "plain"));
	print_list("main: managed",		/* print('main: managed', deepcopy(managed)) */
		   mp_proxy_value(managed));
	return 0;
}
