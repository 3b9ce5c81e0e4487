import json
import multiprocessing
import os
import time


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def work():
    time.sleep(0.3)
    me = multiprocessing.current_process()
    print('work: pid', os.getpid(), 'in', me.name)


if __name__ == '__main__':
    print('main: pid', os.getpid())
    p = multiprocessing.Process(target=work)
    if knob("start", False):
        p.start()
        print('main: start() is back')
        p.join()
    else:
        p.run()
        print('main: run() is back')
    print('main: p.pid', p.pid)
    print('main: p.exitcode', p.exitcode)
