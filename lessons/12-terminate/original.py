import json
import os
import signal
import sys
import time
from multiprocessing import Process

asked = False


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def on_term(signum, frame):
    global asked
    asked = True


def work():
    if knob("handler", False):
        signal.signal(signal.SIGTERM, on_term)
    print('work: begins')
    sys.stdout.flush()
    time.sleep(1)
    if asked:
        print('work: somebody asked me to stop')
    print('work: ends')


if __name__ == '__main__':
    p = Process(target=work)
    p.start()
    time.sleep(0.4)
    if knob("kill", False):
        p.kill()
    else:
        p.terminate()
    if knob("ask", False):
        while p.is_alive():
            time.sleep(0.05)
        print('main: it is not alive any more')
    time.sleep(0.3)  # busy with something else
    p.join()
    print('main: exit code', p.exitcode)
