import json
import multiprocessing
import os
import time
from multiprocessing import Process


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def task(name):
    print('%s is piaoing' % name)
    time.sleep(1)
    print('%s is piao end' % name)


if __name__ == '__main__':
    multiprocessing.set_start_method("fork")  # the default before Python 3.14
    p = Process(target=task, args=('egon',))
    p.daemon = knob("daemon", True)
    p.start()
    if knob("join", False):
        p.join()
    time.sleep(knob("work", 0))
    print('主......')
