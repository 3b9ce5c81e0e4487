import json
import os
import time
from multiprocessing import Lock, Process, Value


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def add(name, amount, account):
    balance = account.value
    print(name, 'reads', balance)
    time.sleep(0.5)
    if name == 'A' and knob("fail", False):
        raise RuntimeError('A gives up')
    balance += amount
    account.value = balance
    print(name, 'writes', balance)


def deposit(name, amount, account, lock):
    if lock is None:
        add(name, amount, account)
    elif knob("with", True):
        with lock:
            add(name, amount, account)
    elif not lock.acquire(timeout=1):
        print(name, 'has waited for a second, in vain')
    else:
        add(name, amount, account)
        lock.release()


if __name__ == '__main__':
    kind = knob("lock", 1)
    account = Value('i', 100)
    lock_b = lock_a = Lock()
    if kind == 2:
        lock_b = Lock()
    if kind == 0:
        lock_b = None
    a = Process(target=deposit, name='A', args=('A', 10, account, lock_a))
    b = Process(target=deposit, name='B', args=('B', 20, account, lock_b))
    a.start()
    time.sleep(0.2)
    b.start()
    a.join()
    b.join()
    print('main: the balance is', account.value)
