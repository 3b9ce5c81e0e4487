import os
import time
from multiprocessing import Process


def work(name, seconds):
    print(name, "begins")
    time.sleep(seconds)
    print(name, "ends")


if __name__ == "__main__":
    seconds = float(os.environ.get("FORKSCOPE_KNOB_seconds", "0.5"))
    p = Process(target=work, args=("worker", seconds))
    p.start()
    print("main waits")
    p.join()
    print("main goes on")
