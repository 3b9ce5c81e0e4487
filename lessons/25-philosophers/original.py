import json
import os
from multiprocessing import Barrier, Lock, Process


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def dine(name, first, second, table):
    with first:
        print(name, 'has one fork')
        try:
            table.wait(0.5)
        except Exception:
            pass
        with second:
            print(name, 'eats')


if __name__ == '__main__':
    forks = [Lock(), Lock(), Lock()]
    table = Barrier(3)
    people = []
    for i in range(3):
        first, second = forks[i], forks[(i + 1) % 3]
        if i == 2 and knob("left_handed", False):
            first, second = second, first
        name = 'ABC'[i]
        p = Process(target=dine, name=name, args=(name, first, second, table))
        people.append(p)
        p.start()
    for p in people:
        p.join(1)
    for p in people:
        if p.is_alive():
            print('main:', p.name, 'starves')
            p.terminate()
    for p in people:
        p.join()
