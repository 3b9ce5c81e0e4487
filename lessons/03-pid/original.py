import json
import multiprocessing
import os
import time


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def work():
    time.sleep(0.2)
    me = multiprocessing.current_process()
    print('child: me.pid =', me.pid)
    print('child: os.getpid() =', os.getpid())
    print('child: os.getppid() =', os.getppid())


if __name__ == "__main__":
    print('main: os.getpid() =', os.getpid())
    for i in range(knob("children", 1)):
        p = multiprocessing.Process(target=work)
        print('main: before start, p.pid =', p.pid)
        p.start()
        p.join()
        print('main: p.pid =', p.pid)
        print('main: p.ident =', p.ident)
