import json
import os
import time
from multiprocessing import Pool


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def begin(first):
    global done
    done = first


def task(n):
    global done
    done += 1
    time.sleep(0.1)
    return os.getpid(), done


if __name__ == '__main__':
    pool = Pool(2, begin, (0,), maxtasksperchild=knob("limit", 2))
    pairs = pool.map(task, [1, 2, 3, 4, 5, 6, 7, 8], chunksize=1)
    pool.close()
    pool.join()
    print('workers:', len(set(pid for pid, done in pairs)))
    print('most tasks of one:', max(done for pid, done in pairs))
