import json
import os
import time
from multiprocessing import Pool


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def task(n):
    time.sleep(0.8 if n == 0 else 0.1)
    return os.getpid()


if __name__ == '__main__':
    pool = Pool(2)
    pids = pool.map(task, [0, 1, 2, 3, 4, 5], chunksize=knob("chunksize", 1))
    slow = pids.count(pids[0])
    print('the worker of task 0 did', slow)
    print('the other one did', 6 - slow)
    pool.close()
    pool.join()
