import json
import os
import time
from multiprocessing import Pool


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def cook(dish, seconds):
    time.sleep(seconds)
    return 'hot ' + dish


if __name__ == '__main__':
    pool = Pool(2)
    soup = pool.apply_async(cook, ('soup', 0.4))
    try:
        pool.join()
    except ValueError as error:
        print('join:', error)
    if knob("terminate", False):
        pool.terminate()
    else:
        pool.close()
    pool.join()
    print('the soup is ready:', soup.ready())
    with Pool(2) as kitchen:
        rice = kitchen.apply_async(cook, ('rice', 0.4))
        time.sleep(0.2)
    print('the rice is ready:', rice.ready())
