#!/bin/bash
# Shows venvfix at work. Called by `make demo`.
#
# usage: demo.sh        on an environment made for it, below BUILD/demo, with the packages flask and rich
#        demo.sh ENV    only checks ENV, and changes nothing there
# BUILD is the build directory, PYTHON the distribution's Python. The packages are fetched once, later runs are offline.
set -u
: "${BUILD:=$PWD/build}" "${PYTHON:=/usr/bin/python3}"
venvfix=$BUILD/venvfix
tools=$(cd "$(dirname "$0")" && pwd)
unset VIRTUAL_ENV PYTHONPATH PYTHONHOME CDPATH

bold=$(tput bold 2>/dev/null) && plain=$(tput sgr0 2>/dev/null) && test -t 1 || bold='' plain=''
wrong=0

say() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; shift; for line in "$@"; do printf '%s\n' "$line"; done; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }
ok() { printf '    ok      %s\n' "$*"; }
bad() { printf '    WRONG   %s\n' "$*"; wrong=$((wrong + 1)); }

# Runs venvfix as the reader would; $1 are the exit codes that belong to the story.
run() {
    local expected=$1 code
    shift
    printf '\n    $ venvfix %s\n\n' "$*"
    "$venvfix" "$@"
    code=$?
    printf '\n    (exit code %d)\n' "$code"
    case " $expected " in
    *" $code "*) ;;
    *) bad "expected exit code ${expected// / or }" ;;
    esac
}

if test $# -gt 0; then
    test -e "$1" || die "there is nothing at $1"
    say "Could $1 be moved or shipped as it is? And does it work where it stands?" \
        "Nothing in it is changed or started; this only reads."
    printf '\n    $ venvfix check %s\n\n' "$1"
    "$venvfix" check "$1"
    code=$?
    test "$code" -lt 2 || exit "$code"
    test "$code" -eq 0 ||
        say "Exit code 1: the lines above keep it from being moved as it is. That is so for every ordinary environment." \
            "'venvfix explain RULE' says why a line is there; 'venvfix' is $venvfix."
    exit 0
fi

demo=$BUILD/demo
export GIT_CEILING_DIRECTORIES=$demo # the project in src is no part of the checkout around it
here=$demo/old-name
old=$here/.venv
new=$demo/new-name/.venv
third=$demo/third-name/.venv

# ---- the environment, as it looks after some use

make_project() { # the sources of a small package, installed from where they are
    mkdir -p "$old/src/hello/hello"
    cat >"$old/src/hello/pyproject.toml" <<'END'
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "hello"
version = "1.0"
[project.scripts]
hello = "hello:main"
END
    printf 'import sys\n\n\ndef main():\n    print("hello from", sys.prefix)\n' >"$old/src/hello/hello/__init__.py"
}

make_extras() { # what people and tools leave behind
    mkdir -p "$old/share/jupyter/kernels/hello" "$old/lib/pkgconfig"
    printf '{"argv": ["%s/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "hello", "language": "python"}\n' \
        "$old" >"$old/share/jupyter/kernels/hello/kernel.json"
    printf 'prefix=%s\nlibdir=${prefix}/lib\n\nName: hello\nDescription: a library built for this environment\nVersion: 1.0\nLibs: -L${libdir} -lhello\n' \
        "$old" >"$old/lib/pkgconfig/hello.pc"
    printf '#!/bin/sh\n# written by hand: the nightly job\nexec %s/bin/python -c "import flask, sys; print(sys.prefix)"\n' \
        "$old" >"$old/bin/nightly"
    chmod +x "$old/bin/nightly"
}

make_environment() {
    local log=$demo/make.log wheels=$demo/wheels
    mkdir -p "$demo"
    rm -rf "$here" "$demo/new-name" "$demo/third-name"
    {
        "$PYTHON" -B "$tools/pytools.py" --wheels "$wheels" flask rich setuptools wheel &&
            "$PYTHON" -m venv "$old" && make_project &&
            "$old/bin/pip" --isolated install -q --disable-pip-version-check --no-index --find-links "$wheels" \
                flask rich -e "$old/src/hello" && make_extras
    } >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "the environment could not be made; all of it is in $log"; }
}

# ---- does it work at $1, and reach nothing of $2?

probe() { # WHAT EXPECTED COMMAND...
    local what=$1 expected=$2 answer
    shift 2
    answer=$("$@" 2>&1)
    if test "$answer" = "$expected"; then ok "$what"; else bad "$what: ${answer:0:200}"; fi
}

try() {
    local env=$1
    probe "bin/python is this environment's" "$env" "$env/bin/python" -c 'import sys; print(sys.prefix)'
    probe "bin/flask runs" 0 sh -c '"$1" --version >/dev/null 2>&1; echo $?' - "$env/bin/flask"
    probe "bin/pip works on this environment" "$env" \
        sh -c '"$1" --disable-pip-version-check --version | sed "s, *pip [^ ]* from ,,; s,/lib/python.*,,"' - "$env/bin/pip"
    probe "the project in src is imported from here" "$env/src/hello/hello/__init__.py" \
        "$env/bin/python" -c 'import hello; print(hello.__file__)'
    probe "its command bin/hello runs" "hello from $env" "$env/bin/hello"
    probe "the hand-written bin/nightly runs" "$env" "$env/bin/nightly"
    probe "the notebook kernel starts this Python" "$env/bin/python" \
        "$PYTHON" -c 'import json, sys; print(json.load(open(sys.argv[1]))["argv"][0])' "$env/share/jupyter/kernels/hello/kernel.json"
    probe "lib/pkgconfig/hello.pc names this place" "prefix=$env" head -n 1 "$env/lib/pkgconfig/hello.pc"
    probe "'source bin/activate' activates it" "$env" bash -c '. "$1/bin/activate" && echo "$VIRTUAL_ENV"' - "$env"
}

say "A Python environment, as it looks after some use" \
    "$old" \
    "made with python -m venv; flask and rich installed with pip; a project in src/ installed with 'pip install -e';" \
    "a notebook kernel; a .pc file; a script written by hand. (The first time its packages are fetched; please wait.)"
make_environment
try "$old"
"$old/bin/pip" --isolated freeze --disable-pip-version-check 2>/dev/null | sed "s,$old,ENV,g" >"$demo/freeze-before"

say "1. check: could it be moved as it is?" \
    "Its own path is written into scripts, activate files, metadata and more. check finds each place, without running Python." \
    "For an ordinary environment the answer is no, and the exit code 1."
run 1 check "$old"

say "2. move: the project directory gets a new name" \
    "A plain mv would leave every one of these places naming the old directory. venvfix moves, mends all of them, and proves it."
mkdir -p "$demo/new-name"
run 0 move "$old" "$new"
test ! -e "$old" && ok "nothing is left at the old place" || bad "$old is still there"
try "$new"

say "3. check: does it work where it stands now?" \
    "This is the line for a build pipeline: exit code 0 means that it works at the place after --at."
run 0 check --at "$new" "$new"

say "4. recreate: a second environment from the first, at another place" \
    "The first one stays as it is. Both are the same: the same list of packages, each working at its own place."
mkdir -p "$demo/third-name"
run 0 recreate "$new" "$third"
try "$third"
for env in "$new" "$third"; do
    "$env/bin/pip" --isolated freeze --disable-pip-version-check 2>/dev/null | sed "s,$env,ENV,g" | cmp -s - "$demo/freeze-before" &&
        ok "pip freeze is what it was: ${env#"$demo"/}" || bad "pip freeze differs: $env"
done

say "5. pack: everything in one file, and an environment from it, offline" \
    "The list with hashes and all wheels. pip or uv install it without venvfix; the project in src/ is left out, for it is no wheel."
rm -rf "$demo/app.tar.gz" "$demo/app" "$demo/from-bundle"
mkdir -p "$demo/app"
run 0 pack -q "$new" -o "$demo/app.tar.gz" --exclude hello
run 0 check "$demo/app.tar.gz"
run 0 recreate "$demo/app.tar.gz" "$demo/from-bundle" --python "$new/bin/python" --offline
say "What people wrote by hand went along, too, and names the new place:"
run 0 check --at "$demo/from-bundle" "$demo/from-bundle"
probe "flask runs there" 0 sh -c '"$1" --version >/dev/null 2>&1; echo $?' - "$demo/from-bundle/bin/flask"
tar -C "$demo/app" -xzf "$demo/app.tar.gz" && "$PYTHON" -m venv "$demo/app/env"
probe "pip installs the same from the unpacked file, without an index" 0 \
    sh -c 'cd "$1" && env/bin/pip --isolated install -q --no-index --find-links wheels --require-hashes -r requirements.txt >&2; echo $?' - "$demo/app"

if test "$wrong" -gt 0; then
    say "$wrong of these steps went wrong; what was made is in $demo"
    exit 1
fi
say "All of it worked. What was made is in $demo; 'make clean' removes it." \
    "Your own environment:  make demo ENV=path/to/.venv   (only checks it, changes nothing)"
