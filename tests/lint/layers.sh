#!/bin/sh
# layers.sh - who may include whom; prints each include that breaks a rule
#   src/ folders       their own layer and lower ones (src/LAYERS)
#   src/               traces/event.h and its tables; only src/companion/ the rest of traces/
#   traces/            of the library only mp-errors.def, its public table of numbers
#   tui/ -> traces/    lessons/ -> installed headers    nothing -> tests/
#   sqlite3.h in traces/ only; curses in one file of tui/; fork in one of src/
set -eu
cd "${srcdir:-.}"
broken=$(mktemp)
trap 'rm -f "$broken"' EXIT

say() { printf '%s\n' "$*" >>"$broken"; }

includes() {
	grep -HoE '^#[[:space:]]*include [<"][^">]+' "$@" 2>/dev/null |
		sed -E 's/:#[[:space:]]*include [<"]/ /'
}

level() { grep -nxF "$1" src/LAYERS | cut -d: -f1; }

# shellcheck disable=SC2013 # one word a line
for layer in $(cat src/LAYERS); do
	own=$(level "$layer")
	includes src/"$layer"/*.[ch] | while read -r file header; do
		case $header in
		traces/event.h | traces/*.def) ;;
		traces/*)
			[ "$layer" = companion ] ||
				say "$file: $header is not for src/$layer"
			;;
		tui/* | lessons/* | tests/*)
			say "$file: $header is not for src/"
			;;
		*/*)
			other=$(level "${header%%/*}")
			[ -z "$other" ] || [ "$other" -le "$own" ] ||
				say "$file: $header is of a higher layer"
			;;
		esac
	done
done
includes traces/*.[ch] | while read -r file header; do
	case $header in
	src/* | tui/* | tests/* | mp.h) say "$file: $header is not for traces/" ;;
	esac
	# shellcheck disable=SC2013
	for layer in $(cat src/LAYERS); do
		case $header in
		"$layer"/*) say "$file: $header is not for traces/" ;;
		esac
	done
done
includes tui/*.[ch] | while read -r file header; do
	case $header in
	traces/* | tui/*) ;;
	config.h | md4c.h) ;;
	mp.h | src/* | tests/* | forkscope/*) say "$file: $header is not for tui/" ;;
	sqlite3.h) say "$file: sqlite3.h is for traces/ only" ;;
	esac
done
includes lessons/*/*.c | while read -r file header; do
	case $header in
	forkscope/*) ;;
	*/*.h) case $header in sys/*) ;; *) say "$file: $header is not for lessons" ;; esac ;;
	esac
done
includes src/*/*.[ch] | while read -r file header; do
	[ "$header" != sqlite3.h ] || say "$file: sqlite3.h is for traces/ only"
done
count=$(grep -lE '^#[[:space:]]*include <(ncurses|curses|ncursesw/)' tui/*.[ch] | wc -l)
[ "$count" -eq 1 ] || say "tui/: curses is included by $count files, not by one"
grep -nE '(^|[^_[:alnum:]])(v?fork|clone)\(' src/*/*.c | grep -vE '^src/base/fork\.c:|:[[:space:]]*(/?\*|//)|fork\([23]\)' |
	while read -r line; do say "$line: only src/base/fork.c makes processes"; done

cat "$broken"
[ ! -s "$broken" ]
