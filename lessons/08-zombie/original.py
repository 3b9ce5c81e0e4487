import json
import multiprocessing
import os
import time
from multiprocessing import Process


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def work():
    time.sleep(0.2)
    print('work: done')


def state(pid):
    try:
        with open('/proc/%d/stat' % pid) as stat:
            return stat.read().split()[2]
    except FileNotFoundError:
        return 'gone'


if __name__ == '__main__':
    # Since Python 3.14 another method is the default; it needs a helper process.
    multiprocessing.set_start_method("fork")
    reaper = knob("reaper", 1)
    p = Process(target=work)
    p.start()
    pid = p.pid
    time.sleep(0.8)  # busy with something else
    print('main: the child is', state(pid))
    if reaper == 1:
        p.join()
    elif reaper == 2:
        p.is_alive()
    elif reaper == 3:
        p.exitcode
    elif reaper == 4:
        multiprocessing.active_children()
    elif reaper == 5:
        q = Process(target=work)
        q.start()
    print('main: the child is', state(pid))
    time.sleep(0.2)
