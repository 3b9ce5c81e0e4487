/* What may not be done with a Process object, and by whom. */
#include <forkscope/mp.h>

static struct mp_process *worker, *unstarted;

/* A refused call returns an error where Python raises one. */
static void attempt(const char *what, int result) /* def attempt(what, action, *args): */
{
	if (result < 0)				/* except AssertionError as error: */
		mp_print("%s AssertionError: %s", what,	/* print(what, 'AssertionError:', error) */
			 mp_error_message());
	else					/* else: */
		mp_print("%s allowed", what);	/* print(what, 'allowed') */
}

static int work(struct mp_call *call)		/* def work(): */
{
	(void)call;
	mp_sleep(1);				/* time.sleep(1) */
	mp_print("worker: done");		/* print('worker: done') */
	return 0;
}

static int grandchild(struct mp_call *call)	/* def grandchild(): */
{
	(void)call;
	mp_print("grandchild: here I am");	/* print('grandchild: here I am') */
	return 0;
}

static int be_parent(struct mp_call *call)	/* def be_parent(): */
{
	struct mp_process *child;

	(void)call;
	mp_sleep(0.1);				/* time.sleep(0.1) */
	child = mp_Process(.target = grandchild); /* child = Process(target=grandchild) */
	attempt("parent: child.start():",	/* attempt('parent: child.start():', child.start) */
		mp_process_start(child));
	return 0;
}

static int meddle(struct mp_call *call)		/* def meddle(): */
{
	(void)call;
	mp_sleep(0.1);				/* time.sleep(0.1) */
	attempt(	/* attempt('sibling: unstarted.start():', unstarted.start) */
		"sibling: unstarted.start():", mp_process_start(unstarted));
	attempt(	/* attempt('sibling: worker.join():', worker.join) */
		"sibling: worker.join():", mp_process_join(worker, MP_FOREVER));
	attempt(	/* attempt('sibling: worker.is_alive():', worker.is_alive) */
		"sibling: worker.is_alive():", mp_process_is_alive(worker));
	attempt(	/* attempt('sibling: worker.terminate():', worker.terminate) */
		"sibling: worker.terminate():", mp_process_terminate(worker));
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	bool daemon = mp_knob("daemon", true);	/* daemon = knob("daemon", True) */
	struct mp_process *parent, *sibling;
	int code;

	worker = mp_Process(	/* worker = Process(target=work, name='worker') */
		.target = work, .name = "worker");
	unstarted = mp_Process(.target = work);	/* unstarted = Process(target=work) */
	mp_process_start(worker);		/* worker.start() */
	attempt( /* attempt('main: worker.daemon = True:', setattr, worker, 'daemon', True) */
		"main: worker.daemon = True:", mp_process_set_daemon(worker, true));

	parent = mp_Process( /* parent = Process(target=be_parent, name='parent', daemon=daemon) */
		.target = be_parent, .name = "parent",
		.daemon = daemon ? MP_DAEMON_YES : MP_DAEMON_NO);
	mp_process_start(parent);		/* parent.start() */
	mp_process_join(parent, MP_FOREVER);	/* parent.join() */

	sibling = mp_Process(	/* sibling = Process(target=meddle, name='sibling') */
		.target = meddle, .name = "sibling");
	mp_process_start(sibling);		/* sibling.start() */
	mp_process_join(sibling, MP_FOREVER);	/* sibling.join() */
	mp_process_join(worker, MP_FOREVER);	/* worker.join() */
	code = mp_process_exitcode(worker);
	mp_print(	/* print('main: worker.exitcode is', worker.exitcode) */
		"main: worker.exitcode is %d", code);
	return 0;
}
