#!/bin/sh
# python.sh - run a test that is written in Python; without Python, skip it
[ -n "${PYTHON-}" ] || { echo "python3 is missing"; exit 77; }
exec "$PYTHON" "$@"
