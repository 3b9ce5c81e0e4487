import json
import os
import time
from copy import deepcopy
from multiprocessing import Manager, Process, set_start_method


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def sign(my_names, my_ages, names, ages):
    my_names.append('Ann')
    my_ages['Ann'] = 30
    print('Ann: plain', my_names, my_ages)
    time.sleep(0.1)
    names.append('Ann')
    time.sleep(0.1)
    ages['Ann'] = 30


if __name__ == '__main__':
    # Since Python 3.14 another method is the default.
    set_start_method('fork')
    manager = Manager()
    my_names, my_ages = [], {}
    names = manager.list()
    ages = manager.dict()
    ann = Process(target=sign, name='Ann', args=(my_names, my_ages, names, ages))
    if knob("start", True):
        ann.start()
        ann.join()
    else:
        ann.run()
    print('main: plain', my_names, my_ages)
    if knob("shutdown", False):
        manager.shutdown()
    try:
        copies = deepcopy(names), deepcopy(ages)
    except (OSError, EOFError):
        print('main: managed: gone with the server')
    else:
        print('main: managed', *copies)
