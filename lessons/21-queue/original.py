import json
import os
import time
from multiprocessing import Process, Queue


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def baker(shelf):
    for i in range(1, 5):
        shelf.put(i)
        print('baker: put', i)
    shelf.put(None)
    print('baker: goes home')


if __name__ == '__main__':
    shelf = Queue(knob("room", 0))
    p = Process(target=baker, args=(shelf,))
    p.start()
    time.sleep(0.3)
    while True:
        i = shelf.get()
        if i is None:
            break
        print('main: got', i)
        time.sleep(0.1)
    p.join()
    print('main: empty', shelf.empty())
