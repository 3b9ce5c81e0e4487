#!/usr/bin/env python3
"""peer_pool.py - what bench_pool measures, as CPython does it

Prints one line a figure: its name and the nanoseconds of one operation."""
import multiprocessing as mp
import sys
import time

mp.set_start_method("fork")


def same(x):
    return x


def timed(name, count, body, pool):
    if len(sys.argv) > 1 and name not in sys.argv:
        return
    start = time.perf_counter_ns()
    body(pool, count)
    print(name, (time.perf_counter_ns() - start) / count, flush=True)


def apply(pool, count):
    for i in range(count):
        pool.apply(same, (i,))


def apply_async(pool, count):
    results = [pool.apply_async(same, (i,)) for i in range(count)]
    for result in results:
        result.get()


def map_one(pool, count):
    pool.map(same, range(count), chunksize=1)


def map_chunks(pool, count):
    pool.map(same, range(count))


def whole_life(_, count):
    for i in range(count):
        pool = mp.Pool(4)
        pool.apply(same, (i,))
        pool.close()
        pool.join()


if __name__ == "__main__":
    timed("life", 10, whole_life, None)
    with mp.Pool(4) as workers:
        timed("apply", 2000, apply, workers)
        timed("apply_async", 20000, apply_async, workers)
        timed("map_one", 20000, map_one, workers)
        timed("map_chunks", 1000000, map_chunks, workers)
