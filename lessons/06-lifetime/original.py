import json
import multiprocessing
import os
import sys
import time


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def work():
    time.sleep(0.6)
    if knob("code", 0):
        sys.exit(knob("code", 0))


def show(moment, p):
    alive = p.is_alive()
    code = p.exitcode
    print(moment, 'is_alive', alive, 'exitcode', code)
    print(moment, p)


if __name__ == '__main__':
    p = multiprocessing.Process(target=work)
    show('made:', p)
    p.start()
    show('started:', p)
    result = p.join(knob("timeout", 0.2))
    print('join(timeout) returned', result)
    show('after join(timeout):', p)
    result = p.join()
    print('join() returned', result)
    show('after join():', p)
