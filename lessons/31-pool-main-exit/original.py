import json
import os
import time
from multiprocessing import Pool


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def cook(dish):
    print('cook: begins with', dish, flush=True)
    time.sleep(0.6)
    print('cook: serves', dish, flush=True)


if __name__ == '__main__':
    pool = Pool(2)
    for dish in ['soup', 'rice', 'fish']:
        pool.apply_async(cook, (dish,))
    time.sleep(0.3)
    if knob("wait", False):
        pool.close()
        pool.join()
    print('main: goes home')
