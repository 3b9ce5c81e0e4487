import json
import os
import time
from multiprocessing import Event, Lock, Process


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def cook(name, first, second, mine, other):
    with first:
        print(name, 'has one')
        mine.set()
        other.wait(0.5)
        with second:
            print(name, 'has both')


if __name__ == '__main__':
    pan = Lock()
    oil = Lock()
    a_has = Event()
    b_has = Event()
    a = Process(target=cook, name='A', args=('A', pan, oil, a_has, b_has))
    if knob("order", False):
        b = Process(target=cook, name='B', args=('B', pan, oil, b_has, a_has))
    else:
        b = Process(target=cook, name='B', args=('B', oil, pan, b_has, a_has))
    a.start()
    b.start()
    a.join(2)
    b.join(0.1)
    for p in (a, b):
        if p.is_alive():
            print('main:', p.name, 'is stuck')
            p.terminate()
    a.join()
    b.join()
    print('main: exit codes', a.exitcode, b.exitcode)
