import json
import os
import time
from multiprocessing import BoundedSemaphore, Process, Semaphore


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def work(number, seats):
    with seats:
        print('worker %d: in' % number)
        time.sleep(0.3)
        print('worker %d: out' % number)


if __name__ == '__main__':
    n = knob("seats", 2)
    if knob("bounded", False):
        seats = BoundedSemaphore(n)
    else:
        seats = Semaphore(n)
    workers = []
    for number in range(1, 6):
        worker = Process(target=work, args=(number, seats))
        workers.append(worker)

    begin = time.monotonic()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took = time.monotonic() - begin
    print('main: that took %.1f seconds' % took)

    print('main: seats left:', seats.get_value())
    # Main gives back a permit that it never took.
    try:
        seats.release()
        print('main: seats left:', seats.get_value())
    except ValueError as error:
        print('main: ValueError:', error)
