#!/bin/sh
# Makes what is given to others, in $BUILD/dist. The same commit gives the same bytes.
#
# usage: package.sh wheel|deb|rpm|dist [ARCH]
#   deb    venvfix_VERSION_ARCH.deb and libvenvfix-dev_…, for the distribution that it is made on
#   rpm    venvfix-VERSION-1.ARCH.rpm, with the static program
#   wheel  venvfix_cli-VERSION-py3-none-….whl, with the static program
#   dist   venvfix-VERSION.tar.gz, the static program, wheel and SBOM, and SHA256SUMS of all that is there
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
python=${PYTHON:-/usr/bin/python3}
arch=${2:-$(uname -m)}
version=$(sed -n 's/^#define VENVFIX_VERSION  *"\(.*\)"$/\1/p' src/venvfix.h)
out=$build/dist
program=$out/venvfix-$version-linux-$arch
mkdir -p "$out"
if command -v flock >/dev/null 2>&1; then # make -j wheel deb: one at a time
    exec 9>"$build/dist.lock"
    flock 9
fi

# Files made get the time of the last commit, unless the caller says another.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 315532800)}
export SOURCE_DATE_EPOCH
umask 022
maintainer="${DEBFULLNAME:-$(git log -1 --format=%an)} <${DEBEMAIL:-$(git log -1 --format=%ae)}>"

make_static() {
    docs/packaging/static.sh "$arch"
    "$python" -B docs/packaging/sbom.py "$program" "$arch" >"$program.spdx.json"
}

make_wheel() {
    make_static
    "$python" -B docs/packaging/wheel.py "$program" "$arch" "$out"
}

# What `make install` installs, into $stage; times are those of the commit.
install_to() {
    rm -rf "$stage"
    ${MAKE:-make} --no-print-directory install DESTDIR="$stage" PREFIX=/usr >/dev/null
    strip --remove-section=.comment --remove-section=.note "$stage/usr/bin/venvfix"
    strip --strip-debug --enable-deterministic-archives "$stage/usr/lib/libvenvfix.a"
    gzip -9n "$stage/usr/share/man/man1/venvfix.1"
}
set_times() {
    find "$@" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

deb_control() { # PACKAGE SECTION DEPENDS DESCRIPTION-FILE
    {
        echo "Package: $1"
        echo "Source: venvfix"
        echo "Version: $version"
        echo "Architecture: $(dpkg --print-architecture)"
        echo "Maintainer: $maintainer"
        echo "Installed-Size: $(du -sk --apparent-size "$build/deb/$1" | cut -f 1)"
        echo "Depends: $3"
        echo "Section: $2"
        echo "Priority: optional"
        cat
    } >"$build/deb/control.new"
    mkdir -p "$build/deb/$1/DEBIAN"
    mv "$build/deb/control.new" "$build/deb/$1/DEBIAN/control"
}

deb_build() { # PACKAGE
    root=$build/deb/$1
    mkdir -p "$root/usr/share/doc/$1"
    {
        echo 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/'
        printf 'Upstream-Name: venvfix\n\nFiles: *\n'
        sed -n 's/^Copyright (c) /Copyright: /p' LICENSE
        echo 'License: Expat'
        sed '1,/^Copyright/d; /./!d; s/^/ /' LICENSE
    } >"$root/usr/share/doc/$1/copyright"
    {
        printf 'venvfix (%s) unstable; urgency=medium\n\n  * Version %s.\n\n' "$version" "$version"
        echo " -- $maintainer  $(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
    } | gzip -9n >"$root/usr/share/doc/$1/changelog.gz"
    (cd "$root" && find usr -type f -exec md5sum {} + | LC_ALL=C sort -k 2 >DEBIAN/md5sums)
    set_times "$root"
    dpkg-deb -Zxz --root-owner-group --build "$root" "$out/$1_${version}_$(dpkg --print-architecture).deb"
}

make_deb() {
    rm -rf "$build/deb"
    stage=$build/deb/venvfix
    install_to
    dev=$build/deb/libvenvfix-dev/usr
    multiarch=lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
    mkdir -p "$dev/$multiarch" "$stage/usr/share/zsh/vendor-completions" "$build/deb/debian"
    mv "$stage/usr/lib/libvenvfix.a" "$stage/usr/lib/pkgconfig" "$dev/$multiarch/"
    sed -i "s|^libdir=.*|libdir=\${prefix}/$multiarch|" "$dev/$multiarch/pkgconfig/venvfix.pc"
    mv "$stage/usr/include" "$dev/"
    mv "$stage/usr/share/zsh/site-functions/_venvfix" "$stage/usr/share/zsh/vendor-completions/"
    rmdir "$stage/usr/lib" "$stage/usr/share/zsh/site-functions"

    # The libraries that it is linked with, and the two that it loads when it needs them.
    printf 'Source: venvfix\n\nPackage: venvfix\nArchitecture: any\n' >"$build/deb/debian/control"
    linked=$(cd "$build/deb" && dpkg-shlibdeps -O venvfix/usr/bin/venvfix | sed 's/^shlibs:Depends=//')
    loaded=$(for library in libarchive.so.13 libzstd.so.1; do
        dpkg-query -S "*/$library" | sed 's/:.*//' | sort -u
    done | paste -sd , | sed 's/,/, /g')
    deb_control venvfix utils "$linked, $loaded" <<'END'
Description: Find and repair the non-portable parts of Python environments
 A virtual environment is full of its own path. venvfix finds every such
 reference, and moves, recreates, repairs and packs environments. It needs no
 Python to look, and never runs anything inside the environment.
END
    deb_build venvfix
    deb_control libvenvfix-dev libdevel "$(dev_packages)" <<'END'
Description: Library to find and repair non-portable Python environments
 A virtual environment is full of its own path. venvfix finds every such
 reference, and moves, recreates, repairs and packs environments.
 .
 This package has the static library, its header and its pkg-config file.
END
    deb_build libvenvfix-dev
}

dev_packages() { # the packages of what venvfix.pc requires
    for name in $(sed -n 's/^Requires: //p' "$build/venvfix.pc"); do
        dpkg-query -S "*/$name.pc" | sed 's/:.*//' | sort -u | head -n 1
    done | paste -sd , | sed 's/,/, /g'
}

make_rpm() {
    make_static
    stage=$PWD/$build/rpm/stage
    case $build in /*) stage=$build/rpm/stage ;; esac
    install_to
    install -m 755 "$program" "$stage/usr/bin/venvfix"
    rm -r "$stage/usr/lib" "$stage/usr/include"
    install -D -m 644 LICENSE "$stage/usr/share/licenses/venvfix/LICENSE"
    install -m 644 "$program.licenses.txt" "$stage/usr/share/licenses/venvfix/LICENSES-THIRD-PARTY.txt"
    install -D -m 644 README.md "$stage/usr/share/doc/venvfix/README.md"
    set_times "$stage"
    rpmbuild -bb --quiet --target "$arch" --with prebuilt --define "_topdir ${stage%/stage}" --define "stage $stage" \
        --define "version_of_source $version" --define "_buildhost localhost" --define "packager_of_build $maintainer" \
        --define "date_of_build $(LC_ALL=C date -u -d "@$SOURCE_DATE_EPOCH" '+%a %b %d %Y')" docs/packaging/venvfix.spec
    cp "${stage%/stage}/RPMS/$arch"/*.rpm "$out/"
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
deb) make_deb ;;
rpm) make_rpm ;;
dist) make_dist ;;
*) sed -n '2,9s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac
