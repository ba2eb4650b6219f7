#!/bin/sh
# Installs what was built and the documents that go with it, or removes it again.
# usage: install.sh install|uninstall BUILD DESTDIR PREFIX VERSION PACKAGES      PACKAGES: pkg-config names that the library needs
set -eu
verb=$1 build=$2 dest=$3 prefix=$4 version=$5 packages=$6

# mode, source, path below the prefix
files() {
    cat <<END
755 $build/venvfix bin/venvfix
644 $build/libvenvfix.a lib/libvenvfix.a
644 $build/venvfix.pc lib/pkgconfig/venvfix.pc
644 src/venvfix.h include/venvfix.h
644 docs/venvfix.1 share/man/man1/venvfix.1
644 docs/completions/venvfix.bash share/bash-completion/completions/venvfix
644 docs/completions/_venvfix share/zsh/site-functions/_venvfix
644 docs/completions/venvfix.fish share/fish/vendor_completions.d/venvfix.fish
END
}

# The library is static only: what it needs is needed by every program that is linked with it. On Linux it loads
# libarchive and libzstd itself, when they are needed.
test "$(uname -s)" != Linux || packages=$(echo " $packages " | sed 's/ libarchive / /; s/ libzstd / /; s/^ //; s/ $//')
if test "$verb" = install; then
    cat >"$build/venvfix.pc" <<END
prefix=$prefix
libdir=\${prefix}/lib
includedir=\${prefix}/include

Name: venvfix
Description: Finds and rewrites what binds a Python environment to its path
Version: $version
Requires: $packages
Libs: -L\${libdir} -lvenvfix -lstdc++ -pthread
Cflags: -I\${includedir}
END
fi
files | while read -r mode from to; do
    case $verb in
    install)
        echo "  INSTALL $dest$prefix/$to"
        mkdir -p "$dest$prefix/${to%/*}"
        install -m "$mode" "$from" "$dest$prefix/$to"
        ;;
    uninstall) rm -f "$dest$prefix/$to" ;;
    esac
done
