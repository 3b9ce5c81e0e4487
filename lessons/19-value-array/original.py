import json
import os
from multiprocessing import Array, Process, Value

num = 100


def knob(name, default):
    return json.loads(os.environ.get("FORKSCOPE_KNOB_" + name, json.dumps(default)))


def work(name, first, total, squares):
    global num
    num += 50
    with total.get_lock():
        total.value += 50
    for i in range(first, first + 2):
        squares[i] = i * i
    print(name + ': num is', num)


if __name__ == '__main__':
    code = 'b' if knob("byte", True) else 'i'
    index = knob("index", -1)
    total = Value(code, 100)
    squares = Array('i', 4)
    a = Process(target=work, name='A', args=('A', 0, total, squares))
    b = Process(target=work, name='B', args=('B', 2, total, squares))
    a.start()
    b.start()
    a.join()
    b.join()

    print('main: num is', num)
    print('main: total is', total.value)
    print('main: squares is', squares[:])
    try:
        item = squares[index]
    except IndexError:
        print('main: squares[%d]: IndexError' % index)
    else:
        print('main: squares[%d] is %d' % (index, item))
