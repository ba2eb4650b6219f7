#!/bin/sh
# Builds the unit tests of the pure parts (no disk, no processes) for another architecture and runs them by qemu.
#
# usage: portable.sh ARCH...     s390x: big-endian; armv7l: 32 bits. Needs Debian's cross compiler and
# qemu-user-static.
set -eu
cd "$(dirname "$0")/../.."
test $# -gt 0 || { sed -n '2,5s/^# \{0,1\}//p' "$0" && exit 2; }
build=${BUILD:-build}
failed=0
for arch; do
    case $arch in
    armv7l) triple=arm-linux-gnueabihf qemu=qemu-arm-static ;;
    i686) triple=i686-linux-gnu qemu=qemu-i386-static ;;
    *) triple=$arch-linux-gnu qemu=qemu-$arch-static ;;
    esac
    deps=$build/static-deps/$arch-test
    CC=$triple-gcc ANY_VERSION=1 docs/packaging/static-deps.sh "$arch" "$deps" libcmocka-dev libcmocka0
    include=$(cd "$deps/root/usr/include" && pwd)
    lib=$(cd "$(dirname "$deps"/root/usr/lib/*/libarchive.a)" && pwd)
    libraries=$(printf -- '-l:lib%s.a ' pcre2-8 archive lzma crypto jansson z deflate zstd elf)
    out=$build/portable/$arch
    tests=$(for file in tests/unit/test_base_*.c tests/unit/test_syntax_*.c tests/unit/test_packaging_*.c; do
        case $file in *_run.c | *_parallel_walk.c) continue ;; esac
        echo "$out/release/${file%.c}"
    done)
    # shellcheck disable=SC2086 # a list of targets
    ${MAKE:-make} --no-print-directory BUILD="$out" CC="$triple-gcc" CXX="$triple-g++" CFLAGS="-O1 -g" CXXFLAGS=-O1 \
        PC_CFLAGS="-isystem $include -isystem $include/$(basename "$lib")" PC_CMOCKA="-L$lib -lcmocka" PKG_CONFIG=: \
        PC_LIBS="-L$lib $libraries" CPPFLAGS=-DVF_STATIC LF_release="-pie -Wl,--wrap=nl_langinfo -Wl,--no-warnings" $tests
    for test in $tests; do
        if LD_LIBRARY_PATH=$lib "$qemu" -L "/usr/$triple" "$test" >"$test.log" 2>&1; then
            echo "passed  $arch  $(basename "$test")"
        else
            echo "FAILED  $arch  $(basename "$test"): $test.log"
            failed=1
        fi
    done
done
exit "$failed"
