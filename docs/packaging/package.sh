#!/bin/sh
# Makes what is given to others, in $BUILD/dist. The same commit gives the same bytes.
#
# usage: package.sh wheel|deb|rpm|dist [ARCH]
#   wheel  venvfix_cli-VERSION-py3-none-….whl, with the static program
#   dist   venvfix-VERSION.tar.gz, the static program, wheel and SBOM, and SHA256SUMS of all that is there
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
python=${PYTHON:-/usr/bin/python3}
arch=${2:-$(uname -m)}
version=$(sed -n 's/^#define VENVFIX_VERSION "\(.*\)"$/\1/p' src/venvfix.h)
out=$build/dist
program=$out/venvfix-$version-linux-$arch
mkdir -p "$out"

# Files made get the time of the last commit, unless the caller says another.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 315532800)}
export SOURCE_DATE_EPOCH
umask 022

make_static() {
    docs/packaging/static.sh "$arch"
    "$python" -B docs/packaging/sbom.py "$program" "$arch" >"$program.spdx.json"
}

make_wheel() {
    make_static
    "$python" -B docs/packaging/wheel.py "$program" "$arch" "$out"
}

make_dist() {
    make_wheel
    prefix=venvfix-$version
    git archive --format=tar --prefix="$prefix/" HEAD | gzip -9n >"$out/$prefix.tar.gz"
    (cd "$out" && rm -f SHA256SUMS && sha256sum -- *"$version"* >SHA256SUMS.new && mv SHA256SUMS.new SHA256SUMS)
    ls -l "$out"
}

case ${1:-} in
static) make_static ;;
wheel) make_wheel ;;
dist) make_dist ;;
*) sed -n '2,7s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac
