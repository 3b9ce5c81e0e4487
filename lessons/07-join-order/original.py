import json
import os
import time
from multiprocessing import Process


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def work(name, seconds):
    print(name, 'begins')
    time.sleep(seconds)
    print(name, 'ends')


if __name__ == '__main__':
    together = knob("together", False)
    processes = [
        Process(target=work, name='p1', args=('p1', 0.2)),
        Process(target=work, name='p2', args=('p2', 0.5)),
        Process(target=work, name='p3', args=('p3', 0.3)),
    ]

    begin = time.monotonic()
    for p in processes:
        p.start()
        if not together:
            p.join()
    if together:
        for p in processes:
            p.join()
    took = time.monotonic() - begin
    print('main: that took %.1f seconds' % took)
