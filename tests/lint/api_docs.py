#!/usr/bin/env python3
"""api_docs.py - every public function has its contract written above it

The comment before a declaration in src/mp*.h must say what it returns, whether
it blocks, what a fork and a signal handler mean for it, what it records, and
which Python it mirrors. One comment may stand before several declarations."""
import os
import re
import sys
from pathlib import Path

LABELS = ["Python", "Returns", "Blocks", "Fork", "Signals", "Emits"]
root = Path(os.environ.get("srcdir") or ".") / "src"
complaints = []
for path in sorted(root.glob("mp*.h")):
    text = path.read_text(encoding="utf-8")
    comment = ""
    pattern = re.compile(
        r"(/\*.*?\*/)|^(?:_Noreturn )?(?:const )?"
        r"(?:struct \w+|enum \w+|int|bool|void|double|char|size_t|mp_deadline)"
        r"[ *]+(?:const )?(mp_\w+)\(", re.S | re.M)
    for match in pattern.finditer(text):
        if match[1]:
            # A remark inside or behind a declaration is no contract.
            line_start = text.rfind("\n", 0, match.start()) + 1
            if text[line_start:match.start()].strip() == "":
                comment = match[1]
            continue
        line = text.count("\n", 0, match.start()) + 1
        missing = [label for label in LABELS
                   if not re.search(rf"\b{label}\b", comment)]
        if missing:
            complaints.append(f"{path}:{line}: {match[2]}: the comment above "
                              f"says nothing of {', '.join(missing)}")
print("\n".join(complaints))
sys.exit(bool(complaints))
