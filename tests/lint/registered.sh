#!/bin/sh
# registered.sh - every source is in its folder's sources.am, every golden picture in
# that of the tests, every lesson has its files and its row
set -eu
root=${srcdir:-.}
status=0
for folder in src traces tui; do
	if ! sh "$root/tests/lint/sources.sh" "$folder" |
		cmp -s - "$root/$folder/sources.am"; then
		echo "$folder/sources.am is not up to date: sh" \
			"tests/lint/sources.sh $folder >$folder/sources.am"
		status=1
	fi
done
for file in "$root"/tests/golden/*; do
	name=tests/golden/${file##*/}
	grep -q "$name\( \|\$\)" "$root/tests/sources.am" ||
		{ echo "$name is not in tests/sources.am, and so in no archive"
		  status=1; }
done
for folder in "$root"/lessons/[0-9]*; do
	name=${folder##*/}
	grep -q "\"$name\"" "$root/lessons/lessons.def" ||
		{ echo "lessons/$name has no row in lessons.def"; status=1; }
	for file in original.py lesson.en.md lesson.zh.md; do
		[ -f "$folder/$file" ] ||
			{ echo "lessons/$name/$file is missing"; status=1; }
	done
done
exit $status
