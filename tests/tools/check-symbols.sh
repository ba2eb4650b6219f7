#!/bin/sh
# No name is defined twice in the library: the linker would take either, without a word.
# usage: check-symbols.sh LIBRARY
twice=$(nm -g "$1" 2>/dev/null | awk 'NF == 3 && $2 ~ /^[TDBRC]$/ { print $3 }' | sort | uniq -d)
test -z "$twice" && exit 0
echo "$1: defined twice:" >&2
for name in $twice; do
    nm -A -g "$1" 2>/dev/null | awk -v name="$name" '$NF == name && $(NF - 1) ~ /^[TDBRC]$/ { print "    " $1, name }' >&2
done
exit 1
