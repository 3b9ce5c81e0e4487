import json
import os
import time
from multiprocessing import Event, Process


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def drive(name, green):
    print(name + ': arrives')
    green.wait()
    print(name + ': goes')


def come_late(green):
    if green.wait(0.3):
        print('late: goes at once')
    else:
        print('late: turns off the engine')


if __name__ == '__main__':
    green = Event()
    if knob("early", False):
        green.set()
    cars = []
    for name in ('car 1', 'car 2', 'car 3'):
        car = Process(target=drive, name=name, args=(name, green))
        car.start()
        cars.append(car)
    time.sleep(0.4)
    print('main: is it set?', green.is_set())
    green.set()
    if knob("clear", False):
        green.clear()
    for car in cars:
        car.join()
    print('main: is it set?', green.is_set())
    late = Process(target=come_late, name='late', args=(green,))
    late.start()
    late.join()
