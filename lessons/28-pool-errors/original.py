import json
import os
import time
from multiprocessing import Pool


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def cook(dish):
    time.sleep(0.1 if dish == 'soup' else 0.2)
    if dish == 'stone':
        raise ValueError('a stone is no food')
    return 'hot ' + dish


def burnt(error):
    print('burnt:', error)


if __name__ == '__main__':
    pool = Pool(2)
    soup = pool.apply_async(cook, ('soup',))
    stone = pool.apply_async(cook, ('stone',), error_callback=burnt)
    lost = pool.apply_async(cook, ('stone',))
    stone.wait()
    print('soup:', soup.get())
    try:
        stone.get()
    except ValueError as error:
        print('stone:', error)
    if knob("ask", False):
        lost.wait()
        print('lost: fine' if lost.successful() else 'lost: it failed')
    pool.close()
    pool.join()
    print('main: nobody complained')
