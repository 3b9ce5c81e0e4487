import json
import multiprocessing
import os
import time
from multiprocessing import Process


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def attempt(what, action, *args):
    try:
        action(*args)
    except AssertionError as error:
        print(what, 'AssertionError:', error)
    else:
        print(what, 'allowed')


def work():
    time.sleep(1)
    print('worker: done')


def grandchild():
    print('grandchild: here I am')


def be_parent():
    time.sleep(0.1)
    child = Process(target=grandchild)
    attempt('parent: child.start():', child.start)


def meddle():
    time.sleep(0.1)
    attempt('sibling: unstarted.start():', unstarted.start)
    attempt('sibling: worker.join():', worker.join)
    attempt('sibling: worker.is_alive():', worker.is_alive)
    attempt('sibling: worker.terminate():', worker.terminate)


if __name__ == '__main__':
    # Since Python 3.14 another method is the default; it copies no variables.
    multiprocessing.set_start_method("fork")
    daemon = knob("daemon", True)
    worker = Process(target=work, name='worker')
    unstarted = Process(target=work)
    worker.start()
    attempt('main: worker.daemon = True:', setattr, worker, 'daemon', True)

    parent = Process(target=be_parent, name='parent', daemon=daemon)
    parent.start()
    parent.join()

    sibling = Process(target=meddle, name='sibling')
    sibling.start()
    sibling.join()
    worker.join()
    print('main: worker.exitcode is', worker.exitcode)
