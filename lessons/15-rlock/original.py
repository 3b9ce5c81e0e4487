import json
import os
import time
from multiprocessing import Lock, Process, RLock


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def inner(lock):
    # With a Lock this would wait for ever: hence the timeout.
    if not lock.acquire(timeout=0.5):
        print('A: waits for itself, and gives up')
        return
    print('A: inside once more')
    time.sleep(0.1)
    lock.release()


def outer(lock):
    lock.acquire()
    print('A: inside')
    time.sleep(0.4)
    inner(lock)
    time.sleep(0.1)
    lock.release()
    print('A: outside')


def other(lock):
    if knob("steal", False):
        try:
            lock.release()
            print('B: releases what A holds')
        except AssertionError as error:
            print('B: AssertionError:', error)
    with lock:
        print('B: inside')
        time.sleep(0.3)


if __name__ == '__main__':
    if knob("rlock", False):
        lock = RLock()
    else:
        lock = Lock()
    a = Process(target=outer, name='A', args=(lock,))
    b = Process(target=other, name='B', args=(lock,))
    a.start()
    time.sleep(0.2)
    b.start()
    a.join()
    b.join()
