#!/usr/bin/env python3
"""check_ctypes.py - the shared library as a binding from another language sees it

Python, through ctypes: a process whose target is a Python function, a lock that
both take, a queue of bytes, a condition's sleepers, hooks around the fork, pools
whose workers run a Python function on bytes. What works from here works from any
language that can call C."""
import ctypes as c
import os
import signal
import sys
from pathlib import Path

BUILD = Path(os.environ.get("builddir") or ".")
LIBRARY = BUILD / ".libs" / "libforkscope.so"
if "fsanitize" in os.environ.get("CC", ""):
    print("a sanitizer must be there before Python starts")
    sys.exit(77)
if not LIBRARY.exists():
    print("no shared library was built")
    sys.exit(77)

mp = c.CDLL(str(LIBRARY))
CALLBACK = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_void_p)
HOOK = c.CFUNCTYPE(None, c.c_void_p)
FOREVER, NOW, NONE = c.c_int64(2**63 - 1), c.c_int64(0), -2**31


class ProcessOptions(c.Structure):
    _fields_ = [("spelling", c.c_char_p), ("group", c.c_void_p),
                ("target", c.c_void_p), ("name", c.c_char_p),
                ("args", c.c_void_p), ("kwargs", c.c_void_p),
                ("daemon", c.c_int), ("callback", CALLBACK),
                ("user", c.c_void_p)]


class LockOptions(c.Structure):
    _fields_ = [("kind", c.c_int), ("value", c.c_long), ("name", c.c_char_p)]


class QueueOptions(c.Structure):
    _fields_ = [("kind", c.c_int), ("maxsize", c.c_long), ("name", c.c_char_p)]


WORKER = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_void_p, c.c_size_t,
                     c.POINTER(c.c_void_p), c.POINTER(c.c_size_t))
RESULT = c.CFUNCTYPE(None, c.c_void_p, c.c_void_p)
FAILED = c.CFUNCTYPE(None, c.c_void_p, c.c_int, c.c_char_p)


class PoolOptions(c.Structure):
    _fields_ = [("spelling", c.c_char_p), ("processes", c.c_long),
                ("initializer", c.c_void_p), ("initargs", c.c_void_p),
                ("maxtasksperchild", c.c_long), ("name", c.c_char_p),
                ("worker", WORKER), ("user", c.c_void_p)]


class TaskOptions(c.Structure):
    _fields_ = [("spelling", c.c_char_p), ("function", c.c_void_p),
                ("args", c.c_void_p), ("kwds", c.c_void_p),
                ("callback", RESULT), ("error_callback", FAILED),
                ("user", c.c_void_p)]


class ConditionOptions(c.Structure):
    _fields_ = [("lock", c.c_void_p), ("name", c.c_char_p),
                ("reserved", c.c_int)]


for name in ("process_create", "lock_create", "queue_create",
             "condition_create", "pool_create", "pool_apply_bytes_async",
             "async_result_get"):
    getattr(mp, "mp_" + name).restype = c.c_void_p
mp.mp_error_message.restype = c.c_char_p
mp.mp_error_python.restype = c.c_char_p


def interpreters(name):
    """A function of the interpreter's own as a hook: no Python runs in it"""
    return c.cast(getattr(c.pythonapi, name), HOOK)


def pointer(value):
    assert value, mp.mp_error_message().decode()
    return c.c_void_p(value)


def put(queue, data):
    result = mp.mp_queue_put_bytes(queue, data, c.c_size_t(len(data)), FOREVER)
    assert result == 0, mp.mp_error_message().decode()


def get(queue):
    data, size = c.c_void_p(), c.c_size_t()
    result = mp.mp_queue_get_bytes(queue, c.byref(data), c.byref(size),
                                   FOREVER)
    assert result == 0, mp.mp_error_message().decode()
    taken = c.string_at(data, size.value)
    c.CDLL(None).free(data)
    return taken


lock = pointer(mp.mp_lock_create(c.byref(LockOptions(0, 0, b"door"))))
there = pointer(mp.mp_queue_create(c.byref(QueueOptions(0, 0, None))))
back = pointer(mp.mp_queue_create(c.byref(QueueOptions(0, 0, None))))
condition = pointer(mp.mp_condition_create(
    c.byref(ConditionOptions(None, None, 0))))
seen = []


@CALLBACK
def target(user, call):
    """Runs in the child."""
    assert user == 4711
    if mp.mp_lock_acquire(lock, NOW) != 0:
        return mp.mp_raise()            # its parent holds it
    put(back, b"waiting")
    mp.mp_lock_acquire(lock, FOREVER)
    put(back, get(there).upper())
    mp.mp_lock_release(lock)
    return 0


@HOOK
def before(user):
    seen.append("before")


@HOOK
def in_parent(user):
    seen.append("parent")


@HOOK
def in_child(user):
    os.environ["HOOKED"] = "yes"


# Whoever forks has the interpreter's lock: else a child that a thread of the library forks
# would be born without it, and wait for it for ever. Before a fork the last of these is
# called first; after it, the first.
assert mp.mp_fork_hooks(interpreters("PyOS_BeforeFork"),
                        interpreters("PyOS_AfterFork_Parent"),
                        interpreters("PyOS_AfterFork_Child"), None) == 0
assert mp.mp_fork_hooks(before, in_parent, in_child, None) == 0
assert mp.mp_fork_hooks(interpreters("PyGILState_Ensure"),
                        interpreters("PyGILState_Release"),
                        interpreters("PyEval_SaveThread"),
                        c.c_void_p(1)) == 0         # PyGILState_UNLOCKED
assert mp.mp_lock_acquire(lock, FOREVER) == 1
process = pointer(mp.mp_process_create(c.byref(ProcessOptions(
    name=b"from Python", callback=target, user=4711))))
assert mp.mp_process_start(process) == 0
assert seen == ["before", "parent"]
assert get(back) == b"waiting"
put(there, b"bytes of its own \0 and more")
assert mp.mp_lock_release(lock) == 0
assert get(back) == b"BYTES OF ITS OWN \0 AND MORE"
assert mp.mp_process_join(process, FOREVER) == 0
assert mp.mp_process_exitcode(process) == 0
assert mp.mp_condition_sleepers(condition) == 0
code = mp.mp_lock_release(lock)
assert mp.mp_error_python(code) == b"ValueError"
assert mp.mp_process_pid(process) > 0

libc = c.CDLL(None)
libc.malloc.restype = c.c_void_p


@WORKER
def backwards(user, data, size, result, result_size):
    """Runs in a worker, with the user pointer of the pool."""
    if user != 4712 or size == 0:
        return mp.mp_raise_error(-1004, b"nothing to turn round")
    turned = c.string_at(data, size)[::-1]
    result[0] = libc.malloc(size)
    c.memmove(result[0], turned, size)
    result_size[0] = size
    return 0


@RESULT
def arrived(user, value):
    data, size = c.c_void_p(), c.c_size_t()
    assert mp.mp_value_as_bytes(c.c_void_p(value), c.byref(data),
                                c.byref(size)) == 0
    seen.append((user, c.string_at(data, size.value)))


@FAILED
def failed(user, code, message):
    seen.append((user, code, message))


def ask(pool, data, user):
    return pointer(mp.mp_pool_apply_bytes_async(
        pool, data, c.c_size_t(len(data)), c.byref(TaskOptions(
            callback=arrived, error_callback=failed, user=user))))


pool = pointer(mp.mp_pool_create(c.byref(PoolOptions(
    processes=2, name=b"from Python", worker=backwards, user=4712))))
data, size = c.c_void_p(), c.c_size_t()
large = bytes(range(256)) * 1000
assert mp.mp_pool_apply_bytes(pool, large, c.c_size_t(len(large)),
                              c.byref(data), c.byref(size)) == 0
assert c.string_at(data, size.value) == large[::-1]
libc.free(data)
del seen[:]
assert mp.mp_async_result_get(ask(pool, b"desserts", 1), FOREVER)
assert seen == [(1, b"stressed")]
assert not mp.mp_async_result_get(ask(pool, b"", 2), FOREVER)
assert mp.mp_error_python(mp.mp_error_code()) == b"ValueError"
assert seen[1:] == [(2, -1004, b"nothing to turn round")]
assert mp.mp_pool_close(pool) == 0
assert mp.mp_pool_join(pool) == 0

# A worker that takes another one's place is forked by a thread of the pool, at any moment
# of this one.
pool = pointer(mp.mp_pool_create(c.byref(PoolOptions(
    processes=2, maxtasksperchild=1, worker=backwards, user=4712))))
results = [ask(pool, b"ab" * 10, 3) for i in range(60)]
signal.alarm(60)
while not all(mp.mp_async_result_ready(result) for result in results):
    sum(range(10000))       # with the interpreter's lock
for result in results:
    assert mp.mp_async_result_get(result, FOREVER), mp.mp_error_message()
assert mp.mp_pool_close(pool) == 0
assert mp.mp_pool_join(pool) == 0
signal.alarm(0)
print("a process, a lock, two queues and two pools, from Python")
