/* Two processes pay money into one account. A lock lets them take turns. */
#include <forkscope/mp.h>

static int add(const char *name, long amount,	/* def add(name, amount, account): */
	       struct mp_shared *account)
{
	long balance = mp_get(account);		/* balance = account.value */

	mp_print("%s reads %ld", name, balance); /* print(name, 'reads', balance) */
	mp_sleep(0.5);				/* time.sleep(0.5) */
	if (*name == 'A' && mp_knob("fail", false)) /* if name == 'A' and knob("fail", False): */
		return mp_raise_error(	/* raise RuntimeError('A gives up') */
			MP_ERUNTIME, "A gives up");
	balance += amount;			/* balance += amount */
	mp_set(account, balance);		/* account.value = balance */
	mp_print("%s writes %ld", name, balance); /* print(name, 'writes', balance) */
	return 0;
}

static int deposit(struct mp_call *call)
{
	const char *name;
	long amount;
	struct mp_shared *account;
	struct mp_lock *lock;

	if (mp_bind(call,	/* def deposit(name, amount, account, lock): */
		    "name amount account lock", &name, &amount, &account, &lock) < 0)
		return mp_raise();
	if (!lock)				/* if lock is None: */
		return add(name, amount, account); /* add(name, amount, account) */
	if (mp_knob("with", true))		/* elif knob("with", True): */
		MP_WITH(lock)			/* with lock: */
			return add(name, amount, account); /* add(name, amount, account) */
	if (!mp_acquire(lock, mp_after(1))) {	/* elif not lock.acquire(timeout=1): */
		mp_print(	/* print(name, 'has waited for a second, in vain') */
			"%s has waited for a second, in vain", name);
		return 0;
	}					/* else: */
	if (add(name, amount, account) < 0)	/* add(name, amount, account) */
		return mp_raise();
	mp_release(lock);			/* lock.release() */
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	int kind = mp_knob("lock", 1);		/* kind = knob("lock", 1) */
	struct mp_shared *account;
	struct mp_lock *lock_a, *lock_b;
	struct mp_process *a, *b;
	long balance;

	/* Names for the picture; Python's objects have none. */
	account = mp_Value('i', 100, .name = "account"); /* account = Value('i', 100) */
	lock_b = lock_a = mp_Lock(.name = "door"); /* lock_b = lock_a = Lock() */
	if (kind == 2)				/* if kind == 2: */
		lock_b = mp_Lock(.name = "B's own");	/* lock_b = Lock() */
	if (kind == 0)				/* if kind == 0: */
		lock_b = NULL;			/* lock_b = None */
	a = mp_Process(	/* a = Process(target=deposit, name='A', args=('A', 10, account, lock_a)) */
		.target = deposit, .name = "A",
		.args = mp_tuple("A", 10, account, lock_a));
	b = mp_Process(	/* b = Process(target=deposit, name='B', args=('B', 20, account, lock_b)) */
		.target = deposit, .name = "B",
		.args = mp_tuple("B", 20, account, lock_b));
	mp_process_start(a);			/* a.start() */
	mp_sleep(0.2);				/* time.sleep(0.2) */
	mp_process_start(b);			/* b.start() */
	mp_process_join(a, MP_FOREVER);		/* a.join() */
	mp_process_join(b, MP_FOREVER);		/* b.join() */
	balance = mp_get(account);
	mp_print(	/* print('main: the balance is', account.value) */
		"main: the balance is %ld", balance);
	return 0;
}
