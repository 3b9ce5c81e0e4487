#!/usr/bin/env python3
"""tests/check_lessons.py - the lessons say what is true, in both languages

Every lesson of lessons/lessons.def is looked at in five ways:

  programs    the C program and its Python twin print the same and leave with
              the same exit status, with the knobs as they are and with every
              other value that the narrative offers
  narratives  English and Chinese have the same sections, selectors, answers,
              knobs and values, in the same order; every section is there
  places      the right answer is not always in the same place
  selectors   name events of traces/events.def
  quotations  a comment behind C code quotes a line of the twin, which is how
              the source pane finds the Python line of a C line

What two runs cannot agree on is made equal first: pids become P0, P1, ...,
addresses A0, A1, ..., fractional numbers T. The order of lines is nobody's
promise, so the lines are compared as a multiset; but lines that name one
process as their speaker are compared in their order, too.

Environment: srcdir (default ..), LESSON_BIN_DIR (where the built programs
are), PYTHON (the interpreter for the twins), CHECK_LESSONS_TIMEOUT (seconds).
Arguments: slugs or numbers of the lessons to look at; none means all.
Exit status: 0 all is well, 1 something differs, 77 no twin could be run.
"""
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SRCDIR = Path(os.environ.get("srcdir") or Path(__file__).parent.parent)
BIN_DIR = Path(os.environ.get("LESSON_BIN_DIR") or "lessons")
PYTHON = os.environ.get("PYTHON") or sys.executable
TIMEOUT = float(os.environ.get("CHECK_LESSONS_TIMEOUT") or 60)
JOBS = 4    # the programs mostly sleep

SECTIONS = ["claim", "prediction", "moments", "knobs", "break", "repair",
            "verdict", "presenter"]


class Lesson:
    def __init__(self, number, slug, folder):
        self.number, self.slug = int(number), slug
        self.folder = SRCDIR / "lessons" / folder
        self.name = folder

    @property
    def source(self):
        return self.folder / (self.slug + ".c")

    @property
    def twin(self):
        return self.folder / "original.py"

    def program(self):
        dashed = self.slug.replace("_", "-")
        for path in (BIN_DIR / self.slug, BIN_DIR / dashed,
                     BIN_DIR / self.name / self.slug,
                     BIN_DIR / self.name / dashed):
            if path.is_file() and os.access(path, os.X_OK):
                return path
        return None


# ---- the table ----

def read_table():
    text = (SRCDIR / "lessons/lessons.def").read_text()
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    rows = re.findall(r'^LESSON\((\d+), (\w+), "([^"]+)"\)$', text, re.M)
    return [Lesson(*row) for row in rows]


def check_table(lessons):
    folders = {p.name for p in (SRCDIR / "lessons").iterdir()
               if re.match(r"\d\d-", p.name)}
    rows = {lesson.name for lesson in lessons}
    for name in sorted(folders - rows):
        yield f"{name}: has no row in lessons.def"
    for at, lesson in enumerate(lessons, 1):
        want = f"{at:02}-{lesson.slug.replace('_', '-')}"
        if (lesson.number, lesson.name) != (at, want):
            yield f"{lesson.name}: row {at} of lessons.def should be {want}"
        for path in (lesson.source, lesson.twin,
                     lesson.folder / "lesson.en.md",
                     lesson.folder / "lesson.zh.md"):
            if not path.is_file():
                yield f"{lesson.name}: {path.name} is missing"


# ---- narratives ----

class Narrative:
    """What the two languages of a narrative must have in common."""

    def __init__(self, path):
        text = path.read_text(encoding="utf-8")
        heading = r"\{#(\w+)(?: \.events)?\}[ \t]*$"
        parts = re.split(r"^## .*" + heading, text, flags=re.M)
        self.title = re.match(r"# \S.*\n\n\S", parts[0]) is not None
        self.unnamed = [line for line in re.findall(r"^## .*", text, re.M)
                        if not re.search(heading, line)]
        self.by_events = "{#moments .events}" in text
        self.sections = parts[1::2]
        body = dict(zip(self.sections, parts[2::2]))
        self.empty = [name for name in self.sections
                      if not body[name].strip()]
        self.answers = re.findall(r"^- \[([ x])\] ",
                                  body.get("prediction", ""), re.M)
        self.replies = len(re.findall(r"^- \[[ x]\] (?:(?!\n- ).)*? -- \S",
                                      body.get("prediction", ""),
                                      re.M | re.S))
        self.selectors = re.findall(r"^- `([^`]+)`", body.get("moments", ""),
                                    re.M)
        self.knobs = [self.read_knob(item) for item in
                      re.findall(r"^- (`\w+` = (?:`[^`]+`(?: \| )?)+)",
                                 body.get("knobs", ""), re.M)]
        self.knob_items = len(re.findall(r"^- ", body.get("knobs", ""), re.M))
        self.quotes = [line for line in body.get("claim", "").splitlines()
                       if line.startswith(">")]

    @staticmethod
    def read_knob(item):
        name, *values = re.findall(r"`([^`]+)`", item)
        return name, values


def event_names():
    text = (SRCDIR / "traces/events.def").read_text()
    return set(re.findall(r'^TRACE_EVENT\(\d+, \w+, "([^"]+)"', text, re.M))


def check_alone(narrative, events):
    if not narrative.title:
        yield "begins without a title and one line that says what it is about"
    for heading in narrative.unnamed:
        yield f"the heading \"{heading}\" has no {{#id}}"
    if narrative.sections != SECTIONS:
        yield f"has the sections {narrative.sections}, not {SECTIONS}"
    for name in narrative.empty:
        yield f"the section {name} is empty"
    if not narrative.quotes:
        yield "does not quote the document"
    if narrative.answers.count("x") != 1:
        yield "the prediction needs one right answer"
    if not 3 <= len(narrative.answers) <= 4:
        yield f"has {len(narrative.answers)} answers, not 3 or 4"
    if narrative.replies != len(narrative.answers):
        yield "an answer has no reply behind its --"
    if not 4 <= len(narrative.selectors) <= 9:
        yield f"has {len(narrative.selectors)} moments, not 4 to 9"
    for selector in narrative.selectors:
        if selector.split()[0] not in events:
            yield f"`{selector}`: events.def has no such event"
    if len(narrative.knobs) != narrative.knob_items:
        yield "a knob is not written as `name` = `value` | `value`"


def check_narratives(lesson, events):
    texts = {}
    for language in ("en", "zh"):
        path = lesson.folder / f"lesson.{language}.md"
        if not path.is_file():
            return
        texts[language] = Narrative(path)
        for what in check_alone(texts[language], events):
            yield f"{path.name}: {what}"
    for part in ("sections", "answers", "selectors", "knobs", "by_events"):
        english = getattr(texts["en"], part)
        chinese = getattr(texts["zh"], part)
        if english != chinese:
            yield f"{part} differ: en {english}, zh {chinese}"


def check_places(lessons):
    """Who always takes the first answer must not be right."""
    places = []
    for lesson in lessons:
        path = lesson.folder / "lesson.en.md"
        if path.is_file() and "x" in Narrative(path).answers:
            places.append(Narrative(path).answers.index("x"))
    for place in sorted(set(places)):
        if len(places) > 3 and places.count(place) * 5 > len(places) * 2:
            yield (f"the right answer is number {place + 1} in "
                   f"{places.count(place)} of {len(places)} lessons")


# ---- quotations ----

def check_quotations(lesson):
    if not lesson.source.is_file() or not lesson.twin.is_file():
        return
    python = {re.sub(r"\s+#.*", "", line).strip()
              for line in lesson.twin.read_text().splitlines()}
    python |= {line.strip()
               for line in lesson.twin.read_text().splitlines()}
    lines = lesson.source.read_text().splitlines()
    for number, line in enumerate(lines, 1):
        found = re.match(r"(.*\S.*?)/\* (.*) \*/$", line)
        if found and found[2] not in python:
            yield (f"{lesson.source.name}:{number}: original.py has no line "
                   f"\"{found[2]}\"")
    if len(lines) > 90:
        yield f"{lesson.source.name}: {len(lines)} lines are too many"


# ---- what the programs print ----

PID = re.compile(r"((?:pid(?:\(\))?|ident|parent|进程号)\s*[=:：是]?\s*)(\d+)",
                 re.I)
ADDRESS = re.compile(r"0x[0-9a-f]+", re.I)
FRACTION = re.compile(r"(?<![\w.])\d+\.\d+(?![\w.])")


def number_off(lines, pattern, letter):
    """Names for what differs from run to run: X0, X1, ... by first appearance.

    The lines are first put into an order that does not depend on the names.
    """
    masked = sorted(range(len(lines)),
                    key=lambda i: pattern.sub(letter, lines[i]))
    names = {}
    for i in masked:
        for word in pattern.findall(lines[i]):
            names.setdefault(word, f"{letter}{len(names)}")
    return [pattern.sub(lambda m: names[m[0]], line) for line in lines]


def normalise(text):
    lines = [FRACTION.sub("T", line) for line in text.splitlines()]
    # Only where a line speaks of a pid: any other number is a result.
    lines = [PID.sub("\\1\0\\2", line) for line in lines]
    lines = number_off(lines, re.compile(r"\0\d+"), "P")
    return number_off(lines, ADDRESS, "A")


def speaker(line):
    """The process that says this line, if the line itself tells."""
    if re.match(r"(main|MainProcess|主)", line):
        return "main"
    names = set(re.findall(r"\bProcess-\d+(?::\d+)*", line))
    return names.pop() if len(names) == 1 else None


def by_speaker(lines):
    said = {}
    for line in lines:
        said.setdefault(speaker(line), []).append(line)
    said.pop(None, None)
    return said


def run(command, knobs):
    env = {name: value for name, value in os.environ.items()
           if not name.startswith("FORKSCOPE_")}
    env.update({"FORKSCOPE_KNOB_" + name: value
                for name, value in knobs.items()})
    # Unbuffered, print() writes word by word, and two processes mix theirs.
    env.pop("PYTHONUNBUFFERED", None)
    env.update(LC_ALL="C.UTF-8", PYTHONIOENCODING="utf-8",
               PYTHONDONTWRITEBYTECODE="1")
    with subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          start_new_session=True) as child:
        try:
            out, err = child.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            out, err = child.communicate()
            err += b"\n(killed: it took too long)\n"
        return (out.decode("utf-8", "replace"),
                err.decode("utf-8", "replace"), child.returncode)


def describe(title, text):
    return f"  {title}:\n" + "".join(f"    | {line}\n"
                                     for line in text.splitlines())


def compare(lesson, knobs):
    """What the C program and its twin do not have in common; None if equal."""
    program = lesson.program()
    if not program:
        return f"{lesson.name}: {lesson.slug} is not built in {BIN_DIR}"
    c_out, c_err, c_status = run([str(program)], knobs)
    p_out, p_err, p_status = run([PYTHON, str(lesson.twin)], knobs)
    c_lines, p_lines = normalise(c_out), normalise(p_out)
    wrong = []
    if Counter(c_lines) != Counter(p_lines):
        wrong.append("they print different lines")
    elif by_speaker(c_lines) != by_speaker(p_lines):
        wrong.append("a process prints its lines in another order")
    if c_status != p_status:
        wrong.append(f"exit status {c_status} in C, {p_status} in Python")
    if not wrong:
        return None
    setting = " ".join(f"{k}={v}" for k, v in knobs.items()) or "default"
    return (f"{lesson.name} ({setting}): {'; '.join(wrong)}\n"
            + describe("C", c_out) + describe("C stderr", c_err)
            + describe("Python", p_out) + describe("Python stderr", p_err))


def settings(lesson):
    """No knob at all, then each value of each knob that is not its default."""
    yield {}
    path = lesson.folder / "lesson.en.md"
    if path.is_file():
        for name, values in Narrative(path).knobs:
            for value in values[1:]:
                yield {name: value}


# ---- all ----

def chosen(lessons, words):
    if not words:
        return lessons
    return [lesson for lesson in lessons
            if {lesson.slug, lesson.slug.replace("_", "-"), lesson.name,
                str(lesson.number)} & set(words)]


def can_run_twins():
    try:
        done = subprocess.run([PYTHON, "-c", "import multiprocessing"],
                              stderr=subprocess.DEVNULL, check=False)
    except OSError:
        return False
    return done.returncode == 0


def main(words):
    table = read_table()
    lessons = chosen(table, words)
    events = event_names()
    wrong = [*check_table(table), *check_places(table)] if not words else []
    for lesson in lessons:
        for what in (*check_narratives(lesson, events),
                     *check_quotations(lesson)):
            wrong.append(f"{lesson.name}: {what}")
    runs = [(lesson, knobs) for lesson in lessons if lesson.twin.is_file()
            for knobs in settings(lesson)]
    twins = can_run_twins()
    if twins:
        with ThreadPoolExecutor(JOBS) as pool:
            results = pool.map(lambda pair: compare(*pair), runs)
            wrong += [result for result in results if result]
    for what in wrong:
        print(what)
    print(f"{len(lessons)} lessons, {len(runs) if twins else 0} pairs of "
          f"runs, {len(wrong)} complaints")
    if wrong or not lessons:
        return 1
    return 0 if twins else 77


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
