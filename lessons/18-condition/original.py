import json
import os
import time
from multiprocessing import Condition, Process
from multiprocessing.sharedctypes import RawValue


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def eat(name, cond, meals):
    test = knob("test", 1)
    with cond:
        if test == 0:
            cond.wait(1)  # a second, so that the lesson ends
        if test == 1:
            if meals.value == 0:
                cond.wait()
        if test == 2:
            while meals.value == 0:
                cond.wait()
        if test == 3:
            cond.wait_for(lambda: meals.value > 0)
        meals.value -= 1
        print(name, 'eats')
        print('meals left:', meals.value)


def cook(cond, meals):
    with cond:
        meals.value += 1
        if knob("all", True):
            cond.notify_all()
        else:
            cond.notify()


if __name__ == '__main__':
    early = knob("early", False)
    cond = Condition()
    meals = RawValue('i', 0)
    if early:
        cook(cond, meals)
    a = Process(target=eat, name='A', args=('A', cond, meals))
    b = Process(target=eat, name='B', args=('B', cond, meals))
    a.start()
    b.start()
    time.sleep(0.3)
    if not early:
        cook(cond, meals)
    time.sleep(0.3)
    cook(cond, meals)
    a.join()
    b.join()
