#!/bin/sh
# Every Python file compiles, every shell script parses, and is executable where it is called by name.
# usage: lint-scripts.sh PYTHON
set -u
bad=0
for file in $(git ls-files -co --exclude-standard -- '*.py'); do
    test -e "$file" || continue
    "$1" -B -W error -c 'import pathlib, sys; compile(pathlib.Path(sys.argv[1]).read_bytes(), sys.argv[1], "exec")' "$file" || bad=1
done
for file in .ci/run $(git ls-files -co --exclude-standard -- 'tests/tools/*.sh' 'docs/packaging/*.sh'); do
    shell=sh
    case $(head -n 1 "$file") in *bash*) shell=bash ;; esac
    "$shell" -n "$file" || bad=1
    case $file in
    *.sh) test -x "$file" || { echo "$file: not executable"; bad=1; } ;;
    esac
done
exit "$bad"
