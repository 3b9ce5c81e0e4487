import json
import os
import time
from multiprocessing import Pool


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def cook(dish, seconds):
    time.sleep(seconds)
    return 'hot ' + dish


def served(dish):
    print('served:', dish)


if __name__ == '__main__':
    pool = Pool(knob("cooks", 2))
    print('apply:', pool.apply(cook, ('soup', 0.2)))
    print('apply:', pool.apply(cook, ('rice', 0.2)))
    a = pool.apply_async(cook, ('fish', 0.2), callback=served)
    b = pool.apply_async(cook, ('tofu', 0.4), callback=served)
    print('main: both are ordered')
    print('get:', a.get())
    print('get:', b.get())
    pool.close()
    pool.join()
