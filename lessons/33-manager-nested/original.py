import json
import os
import time
from copy import deepcopy
from multiprocessing import Manager, Process, set_start_method


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def shop(house):
    time.sleep(0.1)
    plain = house['plain']
    plain.append('milk')
    print('Ann: plain', plain)
    time.sleep(0.1)
    if knob("back", False):
        house['plain'] = plain
    managed = house['managed']
    time.sleep(0.1)
    managed.append('milk')
    print('Ann: managed', deepcopy(managed))


if __name__ == '__main__':
    # Since Python 3.14 another method is the default.
    set_start_method('fork')
    manager = Manager()
    house = manager.dict()
    house['plain'] = ['bread']
    managed = manager.list(['bread'])
    house['managed'] = managed
    ann = Process(target=shop, name='Ann', args=(house,))
    ann.start()
    ann.join()
    print('main: plain', house['plain'])
    print('main: managed', deepcopy(managed))
