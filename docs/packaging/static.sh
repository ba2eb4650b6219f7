#!/bin/sh
# Builds the static program: glibc and all libraries within, nothing needed where it runs.
#
# usage: static.sh [ARCH]     ARCH: x86_64, aarch64 (that of this machine)
# Writes $BUILD/dist/venvfix-VERSION-linux-ARCH; beside it .tsv, the packages it is made of, and .licenses.txt.
# For another ARCH the compiler is Debian's cross compiler, g++-ARCH-linux-gnu.
set -eu
cd "$(dirname "$0")/../.."
machine=$(uname -m)
arch=${1:-$machine}
build=${BUILD:-build}
version=$(sed -n 's/^#define VENVFIX_VERSION  *"\(.*\)"$/\1/p' src/venvfix.h)
deps=$build/static-deps/$arch

cc=${CC:-cc} cxx=${CXX:-c++}
if test "$arch" != "$machine"; then
    cc=$arch-linux-gnu-gcc cxx=$arch-linux-gnu-g++
fi
CC=$cc docs/packaging/static-deps.sh "$arch" "$deps"
lib=$(cd "$deps/root/usr/lib/$("${cc##* }" -print-multiarch)" && pwd)
include=$(cd "$deps/root/usr/include" && pwd)
mkdir -p "$build/dist"
out=$build/dist/venvfix-$version-linux-$arch

# Position independent, for the addresses stay random. --no-warnings: libcrypto could ask for a host's address
# or load a module, which would need a shared glibc; nothing calls these functions. Debug information goes.
rm -f "$build/static/$arch/release/venvfix" # the flags of the link may be others
case " ${MAKEFLAGS:-}" in *jobserver*) jobs= ;; *) jobs=-j$(getconf _NPROCESSORS_ONLN) ;; esac
# shellcheck disable=SC2086 # one option or none
${MAKE:-make} --no-print-directory $jobs BUILD="$build/static/$arch" CC="$cc" CXX="$cxx" CFLAGS="${CFLAGS:--O2}" \
    CXXFLAGS="${CXXFLAGS:--O2}" PC_CFLAGS="-isystem $include -isystem $include/$(basename "$lib")" \
    PC_LIBS="-L$lib -lpcre2-8 -larchive -llzma -lcrypto -ljansson -lz -ldeflate -lzstd -lelf" \
    CPPFLAGS="-DVF_STATIC -DPCRE2_STATIC" PKG_CONFIG=: \
    LF_release="-static-pie -Wl,-z,relro -Wl,-z,now -Wl,--wrap=nl_langinfo -Wl,--gc-sections -Wl,--no-warnings -s" "$build/static/$arch/venvfix"
cp -f "$build/static/$arch/venvfix" "$out.new" && mv -f "$out.new" "$out"

# glibc and the runtime of the compiler come from the compiler's own packages.
{
    cat "$deps/packages.tsv"
    for file in libc.a libgcc.a libstdc++.a; do
        path=$(readlink -f "$("${cxx##* }" -print-file-name="$file")")
        # shellcheck disable=SC2016 # a format of dpkg-query
        dpkg-query -W -f '${Package}\t${Version}\t${source:Package}\t${source:Version}\n' \
            "$(dpkg-query -S "$path" | sed 's/: .*//')"
    done
} | LC_ALL=C sort -u >"$out.tsv"
{
    echo 'venvfix:'
    cat LICENSE
    cut -f 1 "$out.tsv" | while read -r package; do
        for root in "$deps/root" ''; do
            test -f "$root/usr/share/doc/$package/copyright" || continue
            printf '\n%s\n%s, from Debian package %s:\n\n' "$(printf '%072d' 0 | tr 0 -)" "$package" "$package"
            cat "$root/usr/share/doc/$package/copyright"
            break
        done
    done
} >"$out.licenses.txt"
ls -l "$out"
