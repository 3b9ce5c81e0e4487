import json
import os
from multiprocessing import Pipe, Process


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def clerk(ours, theirs):
    if not knob("forget", False):
        theirs.close()
    while ours.poll(1):
        try:
            number = ours.recv()
        except EOFError:
            print('clerk: that was all')
            return
        ours.send(number * number)
    print('clerk: nobody says anything')


if __name__ == '__main__':
    a, b = Pipe()
    p = Process(target=clerk, args=(b, a))
    p.start()
    b.close()
    for i in (3, 4):
        a.send(i)
        print('main:', i, 'times', i, 'is', a.recv())
    a.close()
    p.join()
    print('main: exit code', p.exitcode)
