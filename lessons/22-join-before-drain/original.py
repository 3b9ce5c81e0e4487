import json
import os
from multiprocessing import Process, Queue


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def work(results):
    for i in range(int(knob("items", 20))):
        results.put(b'x' * 10000)
    print('work: all is put, and I am done')


if __name__ == '__main__':
    results = Queue()
    p = Process(target=work, args=(results,))
    p.start()
    if not knob("drain", False):
        p.join(0.6)
        print('main: is it alive?', p.is_alive())
    size = 0
    for i in range(int(knob("items", 20))):
        size += len(results.get())
    p.join()
    print('main: got', size, 'bytes, exit code', p.exitcode)
