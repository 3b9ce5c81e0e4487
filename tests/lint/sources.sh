#!/bin/sh
# sources.sh - print the sources.am of a folder: every source that is in it.
# tests/lint/registered.sh compares; `sh tests/lint/sources.sh src >src/sources.am`
# brings the list up to date.
set -eu
folder=$1
cd "${srcdir:-.}"
name=$(printf %s "$folder" | tr / _)
printf '# %s/sources.am - printed by tests/lint/sources.sh %s\n' "$folder" "$folder"
printf '%s_files =' "$name"
find "$folder" -maxdepth 2 -type f \
	! -path tui/main.c \( -name '*.c' -o -name '*.h' -o -name '*.def' -o -name '*.sql' \) |
	LC_ALL=C sort | awk '{ printf " \\\n\t%s", $0 } END { print "" }'
