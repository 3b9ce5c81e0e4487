import json
import os
import time
from multiprocessing import Barrier, Process, Value
from threading import BrokenBarrierError


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


# What counter.value += 1 really is: a locked read, then a locked write. The gate
# between them opens when both have come, or after a second.
def add_one(name, counter, gate):
    value = counter.value
    print(name, 'reads', value)
    if knob("gate", True):
        try:
            gate.wait(1)
        except BrokenBarrierError:
            print(name, 'is alone at the gate')
    counter.value = value + 1
    print(name, 'writes', value + 1)


def work(name, counter, gate):
    if knob("lock", False):
        with counter.get_lock():
            add_one(name, counter, gate)
    else:
        add_one(name, counter, gate)


if __name__ == '__main__':
    counter = Value('i', 0)
    gate = Barrier(2)
    a = Process(target=work, name='A', args=('A', counter, gate))
    b = Process(target=work, name='B', args=('B', counter, gate))
    a.start()
    time.sleep(0.2)
    b.start()
    a.join()
    b.join()
    print('main: counter is', counter.value)
