import json
import multiprocessing
import os
import time

num = 100


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def address():
    return hex(id(globals()))  # the dictionary in which num lives


def test_1():
    global num
    time.sleep(0.1)
    num += 1
    print('now num: ', num)
    print('test_1: address', address())


def test_2():
    time.sleep(0.3)
    print('now num', num)
    print('test_2: address', address())


if __name__ == "__main__":
    # Since Python 3.14 another method is the default; it copies no variables.
    multiprocessing.set_start_method("fork")
    if knob("before", False):
        num = 200
    print('main: address', address())
    p1 = multiprocessing.Process(target=test_1)
    p1.start()

    p2 = multiprocessing.Process(target=test_2)
    p2.start()
    if knob("after", False):
        num = 500
    p1.join()
    p2.join()
    print('main: now num', num)
