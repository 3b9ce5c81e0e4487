#!/bin/sh
# symbols.sh - the shared library exports what its list says, and all of that is
# declared in the public headers
#
# Started by hand it looks for the build where it is started, then beside the sources.
set -eu
root=${srcdir:-$(dirname "$0")/../..}
library=${builddir:-.}/.libs/libforkscope.so
if [ ! -f "$library" ] && [ -z "${builddir-}" ]; then
	for library in "$root"/.libs/libforkscope.so "$root"/*/.libs/libforkscope.so; do
		[ ! -f "$library" ] || break
	done
fi
[ -f "$library" ] || {
	echo "$0: no shared library; build it, or say where: builddir=b sh $0" >&2
	exit 77
}
command -v nm >/dev/null || exit 77
exported=$(mktemp)
trap 'rm -f "$exported"' EXIT
nm -D --defined-only "$library" | awk '{ print $3 }' |
	grep -vE '^(_init|_fini|__bss_start|_edata|_end)$' |
	LC_ALL=C sort >"$exported"
status=0
LC_ALL=C sort "$root/src/libforkscope.sym" | diff - "$exported" ||
	{ echo "exports differ from src/libforkscope.sym"; status=1; }
while read -r name; do
	grep -qw "$name" "$root"/src/mp*.h ||
		{ echo "$name is exported and declared nowhere"; status=1; }
done <"$root/src/libforkscope.sym"
exit $status
