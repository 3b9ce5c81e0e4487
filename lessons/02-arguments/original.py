import json
import multiprocessing
import os
import time


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def test(a, b, c):
    time.sleep(knob("pause", 0.2))
    print(a, b, c)


if __name__ == "__main__":
    p1 = multiprocessing.Process(target=test, args=(1, 2, 3))
    p1.start()
    if knob("join", False):
        p1.join()

    args = (4,) if knob("comma", True) else (4)
    if knob("missing", False):
        kwargs = {'b': 5}
    else:
        kwargs = {'b': 5, 'c': 6}
    p2 = multiprocessing.Process(target=test, args=args, kwargs=kwargs)
    p2.start()
