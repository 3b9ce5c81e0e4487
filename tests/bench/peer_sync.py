#!/usr/bin/env python3
"""peer_sync.py - what bench_sync measures, as CPython does it

Prints one line a figure: its name and the nanoseconds of one operation, the median
of some turns, for with two processes no turn is like the next."""
import multiprocessing as mp
import statistics
import sys
import time

TURNS = 7

mp.set_start_method("fork")


def timed(name, count, body):
    if len(sys.argv) > 1 and name not in sys.argv:
        return
    times = []
    for _ in range(TURNS):
        start = time.perf_counter_ns()
        body(count)
        times.append((time.perf_counter_ns() - start) / count)
    print(name, statistics.median(times), flush=True)


def beside(target, *args):
    """Run it in another process, too, while the body runs."""
    process = mp.Process(target=target, args=args)
    process.start()
    return process


def lock_alone(count):
    lock = mp.Lock()
    for _ in range(count):
        lock.acquire()
        lock.release()


def take_and_give(lock, count):
    for _ in range(count):
        lock.acquire()
        lock.release()


def lock_contended(count):
    lock = mp.Lock()
    other = beside(take_and_give, lock, count // 2)
    take_and_give(lock, count // 2)
    other.join()


def increment(value, count):
    for _ in range(count):
        with value.get_lock():
            value.value += 1


def value_locked(count):
    value = mp.Value("i", 0)
    other = beside(increment, value, count // 2)
    increment(value, count // 2)
    other.join()
    assert value.value == count // 2 * 2


def echo(connection, count):
    for _ in range(count):
        connection.send(connection.recv())


def pipe(count):
    ours, theirs = mp.Pipe()
    other = beside(echo, theirs, count)
    for i in range(count):
        ours.send(i % 100)
        ours.recv()
    other.join()


def produce(queue, count):
    for i in range(count):
        queue.put(i)


def queue(count):
    items = mp.Queue()
    other = beside(produce, items, count)
    for _ in range(count):
        items.get()
    other.join()


def pong(condition, turn, count):
    for _ in range(count):
        with condition:
            while turn.value != 1:
                condition.wait()
            turn.value = 0
            condition.notify()


def condition(count):
    with_lock = mp.Condition(mp.Lock())
    turn = mp.RawValue("i", 0)
    other = beside(pong, with_lock, turn, count)
    for _ in range(count):
        with with_lock:
            while turn.value != 0:
                with_lock.wait()
            turn.value = 1
            with_lock.notify()
    other.join()


if __name__ == "__main__":
    timed("lock", 200000, lock_alone)
    timed("contended", 200000, lock_contended)
    timed("pipe", 3000, pipe)
    timed("queue", 30000, queue)
    timed("condition", 2000, condition)
    timed("value", 100000, value_locked)
