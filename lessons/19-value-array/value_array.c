/* A global, a Value and an Array: which of them do processes share? */
#include <stdlib.h>

#include <forkscope/mp.h>

static int num = 100;				/* num = 100 */

static int work(struct mp_call *call)
{
	const char *name;
	int first;
	struct mp_shared *total, *squares;

	if (mp_bind(call,			/* def work(name, first, total, squares): */
		    "name first total squares", &name, &first, &total, &squares) < 0)
		return mp_raise();
	num += 50;				/* num += 50 */
	MP_WITH(total)				/* with total.get_lock(): */
		mp_set(total, mp_get(total) + 50); /* total.value += 50 */
	for (int i = first; i < first + 2; i++)	/* for i in range(first, first + 2): */
		mp_set_at(squares, i, i * i);	/* squares[i] = i * i */
	mp_print("%s: num is %d", name, num);	/* print(name + ': num is', num) */
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	char code = mp_knob("byte", true)	/* code = 'b' if knob("byte", True) else 'i' */
		    ? 'b' : 'i';
	int index = mp_knob("index", -1);	/* index = knob("index", -1) */
	struct mp_shared *total, *squares;
	struct mp_process *a, *b;
	struct mp_value *list;
	char *text;
	long item;

	/* Names for the picture; Python's objects have none. */
	total = mp_Value(code, 100, .name = "total"); /* total = Value(code, 100) */
	squares = mp_Array('i', 4, .name = "squares"); /* squares = Array('i', 4) */
	a = mp_Process(	/* a = Process(target=work, name='A', args=('A', 0, total, squares)) */
		.target = work, .name = "A",
		.args = mp_tuple("A", 0, total, squares));
	b = mp_Process(	/* b = Process(target=work, name='B', args=('B', 2, total, squares)) */
		.target = work, .name = "B",
		.args = mp_tuple("B", 2, total, squares));
	mp_process_start(a);			/* a.start() */
	mp_process_start(b);			/* b.start() */
	mp_process_join(a, MP_FOREVER);		/* a.join() */
	mp_process_join(b, MP_FOREVER);		/* b.join() */

	mp_print("main: num is %d", num);	/* print('main: num is', num) */
	mp_print("main: total is %d",		/* print('main: total is', total.value) */
		 (int)mp_get(total));
	list = mp_shared_slice(	/* print('main: squares is', squares[:]) */
		squares, PTRDIFF_MIN, PTRDIFF_MIN, 1);
	text = mp_value_repr(list);
	mp_print("main: squares is %s", text);
	free(text);
	mp_value_unref(list);
	item = mp_get_at(squares, index);	/* item = squares[index] */
	if (mp_error_code() == MP_EINDEX)	/* except IndexError: */
		mp_print(	/* print('main: squares[%d]: IndexError' % index) */
			"main: squares[%d]: IndexError", index);
	else					/* else: */
		mp_print(	/* print('main: squares[%d] is %d' % (index, item)) */
			"main: squares[%d] is %ld", index, item);
	return 0;
}
