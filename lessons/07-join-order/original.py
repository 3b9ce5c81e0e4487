import json
import multiprocessing
import os
import time


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def work(i):
    print('worker', i, 'begins')
    time.sleep(0.3)
    print('worker', i, 'ends')


if __name__ == '__main__':
    multiprocessing.set_start_method("fork")  # the default before Python 3.14
    workers = []
    begin = time.monotonic()
    for i in range(3):
        p = multiprocessing.Process(target=work, args=(i,))
        workers.append(p)
        p.start()
        if not knob("together", False):
            p.join()
    for p in workers:
        p.join() # again: harmless
    took = time.monotonic() - begin
    print('one after another:', took > 0.8)
