import json
import os
import time
from multiprocessing import Event, Lock, Process


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def holder(door, inside, stop):
    with door:
        inside.set()
        if stop.wait(1):
            print('holder: was asked to stop')
    print('holder: outside')


def waiter(door):
    with door:
        print('waiter: inside')


if __name__ == '__main__':
    door = Lock()
    inside = Event()
    stop = Event()
    a = Process(target=holder, name='holder', args=(door, inside, stop))
    b = Process(target=waiter, name='waiter', args=(door,))
    a.start()
    inside.wait()
    b.start()
    time.sleep(0.3)
    if knob("ask", False):
        stop.set()
    else:
        a.terminate()
    a.join()
    print('main: holder ended with', a.exitcode)
    b.join(1)
    if b.is_alive() and knob("force", False):
        door.release()
        b.join()
    if b.is_alive():
        print('main: the waiter still waits')
        b.terminate()
    b.join()
    print('main: waiter ended with', b.exitcode)
