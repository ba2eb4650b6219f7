#!/bin/sh
# Fetches the static libraries that the static program is linked with, as Debian or Ubuntu built them: by the
# name of the package, through apt, which verifies signature and hash. Needs no root, installs nothing.
#
# usage: static-deps.sh ARCH DIR [PACKAGE...]
#   ARCH  as uname -m says: x86_64, aarch64, i686, armv7l, s390x, ppc64le, riscv64
#   DIR   gets root/ (the unpacked packages) and packages.tsv (name, version, source, source version)
#   PACKAGE  further packages
# CC is the compiler for ARCH. ANY_VERSION=1: also where a list of packages cannot be had, as that of the security
# updates may be for a while; for tests, not for a release. Needs dpkg-dev.
set -eu
test $# -ge 2 || { sed -n '2,11s/^# \{0,1\}//p' "$0" && exit 2; }
case $1 in
x86_64) deb=amd64 ;;
aarch64) deb=arm64 ;;
i686) deb=i386 ;;
armv7l) deb=armhf ;;
ppc64le) deb=ppc64el ;;
s390x | riscv64) deb=$1 ;;
*) echo "static-deps.sh: unknown architecture '$1'" >&2 && exit 2 ;;
esac
dir=$2
shift 2
packages="libpcre2-dev libarchive-dev libssl-dev libjansson-dev zlib1g-dev libdeflate-dev libzstd-dev libelf-dev
    liblzma-dev libtomlplusplus-dev $*"
command -v apt-get >/dev/null 2>&1 || {
    echo "static-deps.sh: the libraries come from Debian's packages, and there is no apt-get here:" \
        "use docs/packaging/Containerfile" >&2
    exit 1
}

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
test "$(cat "$dir/complete" 2>/dev/null)" != "$packages" || exit 0
echo "static-deps.sh: fetching the static libraries for $deb"
rm -rf "$dir/root" "$dir/debs" "$dir/complete"
mkdir -p "$dir/root" "$dir/debs" "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial"

# Lists of its own: the system is not to learn of another architecture.
: >"$dir/apt/status"
apt() {
    apt-get -q -o APT::Architecture="$deb" -o APT::Architectures="$deb" -o Dir::State="$dir/apt" \
        -o Dir::State::status="$dir/apt/status" -o Dir::Cache="$dir/apt/cache" -o Debug::NoLocking=1 \
        -o APT::Sandbox::User=root -o Acquire::Retries=3 -o Acquire::Languages=none "$@"
}
apt update >"$dir/apt/log" 2>&1 || test -n "${ANY_VERSION:-}" || { cat "$dir/apt/log" >&2 && exit 1; }
# shellcheck disable=SC2086 # a list of names
(cd "$dir/debs" && apt download $packages) >>"$dir/apt/log" 2>&1 || { cat "$dir/apt/log" >&2 && exit 1; }

for deb_file in "$dir"/debs/*.deb; do
    dpkg-deb -x "$deb_file" "$dir/root"
    # shellcheck disable=SC2016 # a format of dpkg-deb
    dpkg-deb -W --showformat='${Package}\t${Version}\t${source:Package}\t${source:Version}\n' "$deb_file"
done | LC_ALL=C sort >"$dir/packages.tsv"

# Debian's libzstd.a has no threads: packing would take twice as long, and give other bytes than the shared one.
# So this one is compiled from its source package, by the compiler $CC.
echo 'static-deps.sh: compiling libzstd with threads'
mkdir -p "$dir/source" "$dir/sources.d"
for list in /etc/apt/sources.list.d/*.sources; do
    test -f "$list" && sed 's/^Types:.*/Types: deb-src/' "$list" >"$dir/sources.d/${list##*/}"
done
cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | sed -n 's/^deb /deb-src /p' >"$dir/sources.d/all.list"
src() {
    program=$1
    shift
    "$program" -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$dir/sources.d" \
        -o Dir::State="$dir/apt" -o Dir::Cache="$dir/apt/cache" -o APT::Sandbox::User=root -o Acquire::Retries=3 "$@"
}
src apt-get update >>"$dir/apt/log" 2>&1 || test -n "${ANY_VERSION:-}" || { cat "$dir/apt/log" >&2 && exit 1; }
# The version of the package; a mirror may lack the newest source for a while.
for version in $(src apt-cache showsrc libzstd | sed -n 's/^Version: //p' | sort -rV); do
    rm -rf "$dir/source"/*
    (cd "$dir/source" && src apt-get source "libzstd=$version") >>"$dir/apt/log" 2>&1 && break
    version=
done
test -n "${version:-}" || { tail -5 "$dir/apt/log" >&2 && exit 1; }
(
    cd "$dir"/source/*/lib
    case $deb in amd64) assembler=decompress/huf_decompress_amd64.S ;; *) assembler= ;; esac
    for file in common/*.c compress/*.c decompress/*.c $assembler; do
        # shellcheck disable=SC2086 # a compiler may be several words
        ${CC:-cc} -O3 -fPIC -DZSTD_MULTITHREAD -DXXH_NAMESPACE=ZSTD_ -DZSTD_LEGACY_SUPPORT=0 -pthread -I. -Icommon \
            -c "$file" -o "${file##*/}.o"
    done
    rm -f "$dir"/root/usr/lib/*/libzstd.a
    ar rcs "$(echo "$dir"/root/usr/lib/*/libarchive.a | sed 's/libarchive/libzstd/')" ./*.o
)
{
    grep -v '^libzstd-dev' "$dir/packages.tsv"
    printf 'libzstd-dev\t%s\tlibzstd\t%s\n' "$version" "$version"
} | LC_ALL=C sort >"$dir/packages.tsv.new"
mv "$dir/packages.tsv.new" "$dir/packages.tsv"
rm -rf "$dir/debs" "$dir/apt" "$dir/source" "$dir/sources.d"
echo "$packages" >"$dir/complete"
