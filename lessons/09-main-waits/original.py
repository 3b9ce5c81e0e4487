import json
import os
import sys
import time
from multiprocessing import Process


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def work(name, seconds):
    time.sleep(seconds)
    print(name, 'ends')


if __name__ == '__main__':
    leave = knob("leave", 0)
    p1 = Process(target=work, name='p1', args=('p1', 0.3))
    p2 = Process(target=work, name='p2', args=('p2', 0.7))
    p2.daemon = knob("daemon", False)
    p1.start()
    p2.start()
    print('main: my code ends here')
    sys.stdout.flush()
    if leave == 1:
        sys.exit(3)
    if leave == 2:
        os._exit(3)
