import json
import multiprocessing
import os
import time


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def work1():
    for i in range(knob("count", 10)):
        time.sleep(0.05)
        me = multiprocessing.current_process()
        if knob("name_only", False):
            print("work：", i, me.name)
        else:
            print("work：", i, me)


if __name__ == '__main__':
    process_1 = multiprocessing.Process(group=None, target=work1)
    process_1.start()
