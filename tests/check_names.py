#!/usr/bin/env python3
"""tests/check_names.py - the manual's table of names is whole, and true

mp(3) has a table for each module of multiprocessing that lists its public names, and
the C name of each, or why there is none. It is compared with the interpreter:

  whole     every name in a module's __all__, every public attribute of its classes
            and every type of SyncManager has a row
  true      a row that the interpreter does not know says since which version there is
            such a name, and that version is a later one
  there     every C name is one of the public headers, or an error of mp-errors.def
  reasoned  where there is no C name there is a reason

Environment: srcdir (default ..). Exit status: 0 all is well, 1 something differs.
"""
import importlib
import os
import re
import sys
from pathlib import Path

SRCDIR = Path(os.environ.get("srcdir") or Path(__file__).parent.parent)
PAGE = SRCDIR / "doc" / "mp.3"
HEADERS = ["mp.h", "mp-sync.h", "mp-queue.h", "mp-connection.h", "mp-shared.h",
           "mp-pool.h", "mp-manager.h", "mp-value.h"]

# Whose public attributes are to be there: module, its class, how the table calls it
CLASSES = [("process", "BaseProcess", "Process"),
           ("synchronize", "SemLock", "Lock"),
           ("synchronize", "Condition", "Condition"),
           ("synchronize", "Event", "Event"),
           ("synchronize", "Barrier", "Barrier"),
           ("shared_memory", "SharedMemory", "SharedMemory"),
           ("shared_memory", "ShareableList", "ShareableList"),
           ("connection", "Connection", "Connection"),
           ("connection", "Listener", "Listener"),
           ("queues", "JoinableQueue", "Queue"),
           ("pool", "Pool", "Pool"),
           ("pool", "AsyncResult", "AsyncResult"),
           ("pool", "IMapIterator", "IMapIterator"),
           ("managers", "BaseManager", "BaseManager")]
MADE_LATER = {"acquire", "release", "shutdown"}  # attributes of objects only

complaints = []


def complain(text):
    complaints.append(text)
    print("check_names.py: " + text)


def read_tables():
    """{module: {name: (C name or None, reason, version or None)}}"""
    tables, module, lines = {}, None, iter(PAGE.read_text().splitlines())
    for line in lines:
        if line == ".SH PYTHON'S NAMES":
            break
    for line in lines:
        if line.startswith(".SH"):
            break
        if line.startswith(".SS "):
            module = line[4:]
            tables[module] = {}
        row = re.fullmatch(r"([\w.]+)(?: \((\d+\.\d+)\))?\|(.*)", line)
        if not row:
            continue
        name, version, c_name = row.groups()
        reason = ""
        if c_name == "T{":
            c_name, reason = None, next(lines)
        tables[module][name] = (c_name, reason, version)
    return tables


def names_of(module):
    """What the interpreter has, as the table calls it"""
    full = "multiprocessing" + ("." + module if module else "")
    loaded = importlib.import_module(full)
    names = set(getattr(loaded, "__all__", []))
    for owner, name, label in CLASSES:
        if owner == module:
            names |= {label + "." + attribute for attribute
                      in dir(getattr(loaded, name))
                      if not attribute.startswith("_")}
    if module == "managers":
        names |= {"SyncManager." + name
                  for name in loaded.SyncManager._registry}
    return full, names


def is_later(version):
    return tuple(map(int, version.split("."))) > sys.version_info[:2]


def check_module(module, tables):
    full, names = names_of(module)
    rows = tables.get(full, {})
    for name in sorted(names - rows.keys()):
        complain(f"{full}.{name} has no row in {PAGE.name}")
    for name in sorted(rows.keys() - names):
        version = rows[name][2]
        if name.split(".")[-1] in MADE_LATER:
            continue
        if not (version and is_later(version)):
            complain(f"{full}.{name} is in {PAGE.name}, and not in Python "
                     f"{sys.version_info[0]}.{sys.version_info[1]}")


def c_names():
    text = "".join((SRCDIR / "src" / name).read_text() for name in HEADERS)
    errors = (SRCDIR / "src" / "mp-errors.def").read_text()
    return (set(re.findall(r"\bmp_\w+", text))
            | {"MP_E" + symbol for symbol
               in re.findall(r"^MP_ERROR\((\w+)", errors, re.M)})


def check_rows(tables):
    known = c_names()
    for module, rows in tables.items():
        for name, (c_name, reason, _) in rows.items():
            if c_name is not None and c_name not in known:
                complain(f"{module}.{name}: there is no {c_name}")
            if c_name is None and not re.fullmatch(r"no: .{10,}", reason):
                complain(f"{module}.{name} has neither a C name nor a reason")


def main():
    tables = read_tables()
    for module in ["", "process", "synchronize", "sharedctypes",
                   "shared_memory", "connection", "queues", "pool",
                   "managers"]:
        check_module(module, tables)
    check_rows(tables)
    absent = sum(row[0] is None for rows in tables.values()
                 for row in rows.values())
    print(f"{sum(map(len, tables.values()))} names, {absent} of them absent, "
          f"{len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
