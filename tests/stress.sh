#!/bin/sh
# stress.sh - run the concurrent suites again and again, to find what happens
# only now and then
#
# stress.sh N [PROGRAM...]: each PROGRAM (its name without check_; all of the
# list below if none is named) is run N times. The first failure ends it: what
# that run printed is shown and kept, exit status 1. Repetitions are numbered
# from 1; a line per program tells how long they took. On a terminal the line
# counts while it runs.
#
# builddir     where the programs are (the folder `make` ran in; default: .)
# PATIENCE_S   longer than that a run may not take (default: 300)
#
# `make stress N=200 SUITES='process exit'` does the same.
set -eu

suites='arena intake order process join family guard exit finalize recording
	harmless companion companion_start recover
	lock semaphore condition condition_death barrier sync_death sync_guard
	objects shared memory memory_names
	connection connection_use wait listener listener_peer
	queue queue_feeder queue_death queue_guard whole deadlock stuck
	footprint pool pool_result pool_end pool_map pool_death'
builddir=${builddir:-.}
PATIENCE_S=${PATIENCE_S:-300}

fail() {
	printf 'stress.sh: %s\n' "$*" >&2
	exit 2
}

progress() {
	if [ -t 1 ]; then
		printf '\r%-12s %d of %d ' "$1" "$2" "$times"
	fi
}

run_once() {
	status=0
	timeout "$PATIENCE_S" "$builddir/check_$1" >"$log" 2>&1 || status=$?
	[ "$status" != 0 ] || return 0
	kept="$builddir/stress-$1-$2.log"
	cp "$log" "$kept"
	[ ! -t 1 ] || echo
	cat "$log"
	printf 'stress.sh: check_%s failed in repetition %d of %d (%s); see %s\n' \
		"$1" "$2" "$times" "status $status" "$kept" >&2
	exit 1
}

repeat() {
	start=$(date +%s)
	n=1
	while [ "$n" -le "$times" ]; do
		progress "$1" "$n"
		run_once "$1" "$n"
		n=$((n + 1))
	done
	[ ! -t 1 ] || printf '\r'
	printf '%-12s %d times, clean, %d s\n' "$1" "$times" \
		"$(($(date +%s) - start))"
}

times=${1-}
case $times in
'' | *[!0-9]* | 0*) fail 'usage: stress.sh N [PROGRAM...]' ;;
esac
shift
# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $suites
for suite; do
	[ -x "$builddir/check_${suite#check_}" ] ||
		fail "there is no $builddir/check_${suite#check_}; run make check first"
done
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM
for suite; do
	repeat "${suite#check_}"
done
