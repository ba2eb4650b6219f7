#!/bin/sh
# Installs what is missing, and nothing else: asks no network when everything is there.
#
# usage: deps.sh [--list | --print] GROUP... [PKG-CONFIG-NAME...]
#   GROUP    build, demo, test, lint, package or bench
#   --list   only prints the missing packages
#   --print  only prints the commands that would install them
# The commands that install something are printed before they run.
# PYTHON and PKG_CONFIG name the programs the Makefile uses.
set -eu
PYTHON=${PYTHON:-/usr/bin/python3}
PKG_CONFIG=${PKG_CONFIG:-pkg-config}

# What is needed: group, probe, then the package in apt, dnf, apk and brew ('-': nothing to install, ',': and).
# Probes: cc (a C program compiles and links), c++, cmd:PROGRAM, pc:PKG-CONFIG-NAME, py:MODULES.
table() {
    cat <<'END'
build cc                gcc,libc6-dev           gcc                      build-base        -
build cmd:make          make                    make                     make              make
build cmd:pkg-config    pkg-config              pkgconf-pkg-config       pkgconf           pkgconf
lib   pc:libpcre2-8     libpcre2-dev            pcre2-devel              pcre2-dev         pcre2
lib   pc:libarchive     libarchive-dev          libarchive-devel         libarchive-dev    libarchive
lib   pc:libcrypto      libssl-dev              openssl-devel            openssl-dev       openssl@3
lib   pc:jansson        libjansson-dev          jansson-devel            jansson-dev       jansson
lib   pc:libelf         libelf-dev              elfutils-libelf-devel    elfutils-dev      libelf
lib   pc:zlib           zlib1g-dev              zlib-devel               zlib-dev          zlib
lib   pc:libdeflate     libdeflate-dev          libdeflate-devel         libdeflate-dev    libdeflate
lib   pc:libzstd        libzstd-dev             libzstd-devel            zstd-dev          zstd
lib   pc:tomlplusplus   libtomlplusplus-dev     tomlplusplus-devel       tomlplusplus-dev  tomlplusplus
lib   c++:tomlplusplus  g++                     gcc-c++                  build-base        -
demo  py:venv,ensurepip python3,python3-venv    python3                  python3           python@3
test  py:venv,ensurepip python3,python3-venv    python3                  python3           python@3
test  py:pytest         python3-pytest          python3-pytest           py3-pytest        -
test  pc:cmocka         libcmocka-dev           libcmocka-devel          cmocka-dev        cmocka
test  asan              gcc                     libasan,libubsan         build-base        -
test  cmd:git           git                     git                      git               git
test  cmd:bash          bash                    bash                     bash              bash
test  cmd:zsh           zsh                     zsh                      zsh               zsh
test  cmd:fish          fish                    fish                     fish              fish
test  cmd:tcsh          tcsh                    tcsh                     tcsh              tcsh-shell
test  cmd:dash          dash                    dash                     dash              dash
test  cmd:busybox       busybox                 busybox                  busybox           -
test  cmd:xmllint       libxml2-utils           libxml2                  libxml2-utils     libxml2
test  cmd:strace        strace                  strace                   strace            -
lint  cmd:clang         clang                   clang                    clang             llvm
lint  fuzzer            libclang-rt-dev         compiler-rt              compiler-rt       -
lint  cmd:clang-format  clang-format            clang-tools-extra        clang-extra-tools clang-format
lint  cmd:clang-tidy    clang-tidy              clang-tools-extra        clang-extra-tools llvm
lint  cmd:cppcheck      cppcheck                cppcheck                 cppcheck          cppcheck
lint  cmd:bash          bash                    bash                     bash              bash
package cmd:dpkg-source       dpkg-dev        dpkg-dev                 dpkg              -
package cmd:dpkg-deb          dpkg            dpkg                     dpkg              -
package cmd:debootstrap       debootstrap     debootstrap              debootstrap       -
package cmd:pipx              pipx            pipx                     pipx              pipx
package cmd:lintian           lintian         -                        -                 -
package cmd:rpmbuild          rpm             rpm-build                rpm               rpm
package cmd:rpmlint           rpmlint         rpmlint                  rpmlint           -
package cmd:qemu-s390x-static qemu-user-static qemu-user-static         qemu-s390x        -
package cmd:aarch64-linux-gnu-g++ g++-aarch64-linux-gnu - - -
package cmd:s390x-linux-gnu-g++ g++-s390x-linux-gnu - - -
package cmd:arm-linux-gnueabihf-g++ g++-arm-linux-gnueabihf - - -
package cmd:strace            strace          strace                   strace            -
bench cmd:rg            ripgrep                 ripgrep                  ripgrep           ripgrep
bench cmd:zstd          zstd                    zstd                     zstd              zstd
END
}

compiles() { # COMPILER LANGUAGE FLAGS...; COMPILER may be several words: `ccache gcc`
    compiler=$1 language=$2
    shift 2
    command -v "${compiler%% *}" >/dev/null 2>&1 || return 1
    printf '#include <stdlib.h>\nint main(void) { return abs(0); }\n' |
        $compiler "$@" -x "$language" -o "$scratch/probe" - >/dev/null 2>&1
}

there() { # PROBE
    case $1 in
    cc) compiles "${CC:-cc}" c ;;
    c++:*) compiles "${CXX:-c++}" c++ ;;
    asan) compiles "${CC:-cc}" c -fsanitize=address,undefined ;;
    fuzzer) printf '#include <stddef.h>\nint LLVMFuzzerTestOneInput(const char *p, size_t n);\n%s\n' \
        'int LLVMFuzzerTestOneInput(const char *p, size_t n) { (void)p; return n == 77; }' |
        clang -fsanitize=fuzzer,address,undefined -x c -o "$scratch/probe" - >/dev/null 2>&1 ;;
    cmd:*) command -v "${1#*:}" >/dev/null 2>&1 ;;
    pc:*) command -v "$PKG_CONFIG" >/dev/null 2>&1 && "$PKG_CONFIG" --exists "${1#*:}" >/dev/null 2>&1 ;;
    py:*) test -x "$PYTHON" && "$PYTHON" -c "import ${1#*:}" >/dev/null 2>&1 ;;
    *) echo "deps.sh: no such probe: $1" >&2 && exit 2 ;;
    esac
}

missing() { # the packages of the rows whose probe fails, in the package manager's names
    table | while read -r group probe apt dnf apk brew; do
        case $group in
        lib) case " $wanted " in *" ${probe#*:} "*) ;; *) continue ;; esac ;;
        *) case " $wanted " in *" $group "*) ;; *) continue ;; esac ;;
        esac
        there "$probe" && continue
        case $manager in
        apt) name=$apt ;;
        dnf) name=$dnf ;;
        apk) name=$apk ;;
        brew) name=$brew ;;
        *) name=$apt ;;
        esac
        test "$name" = - && name="($probe)"
        echo "$name" | tr , '\n'
    done | sort -u | tr '\n' ' '
}

as_root() {
    if test "$(id -u)" -ne 0; then
        if ! command -v sudo >/dev/null 2>&1; then
            echo "deps.sh: neither root nor sudo; run this as root: $*" >&2
            return 1
        fi
        set -- sudo "$@"
    fi
    as_user "$@"
}

as_user() {
    echo "run: $*"
    test -n "$print_only" || "$@"
}

apt_install() {
    set -- env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 install -y \
        --no-install-recommends "$@"
    # Lists may never have been fetched, or be too old to be true.
    if ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 && as_root "$@"; then
        return
    fi
    as_root apt-get -q update
    as_root "$@"
}

list_only='' print_only=''
case ${1:-} in
--list) list_only=1 && shift ;;
--print) print_only=1 && shift ;;
esac
test $# -gt 0 || { sed -n '2,10s/^# \{0,1\}//p' "$0" && exit 2; }
wanted="$*"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

manager=
for manager in apt dnf apk brew none; do
    case $manager in
    apt) command -v apt-get >/dev/null 2>&1 && break ;;
    *) command -v "$manager" >/dev/null 2>&1 && break ;;
    esac
done

needed=$(missing)
if test -n "$list_only"; then
    echo "$needed"
    exit 0
fi
test -n "$needed" || exit 0
echo "missing: $needed"
case $needed in *'('*) echo 'deps.sh: what stands in parentheses has no package here: install it by hand' >&2 && exit 1 ;; esac

# shellcheck disable=SC2086 # a list of names
case $manager in
apt) apt_install $needed ;;
dnf) as_root dnf install -y $needed ;;
apk) as_root apk add --no-cache $needed ;;
brew) as_user brew install $needed ;;
*) echo "deps.sh: no apt, dnf, apk or brew here; install by hand (Debian's names): $needed" >&2 && exit 1 ;;
esac

test -z "$print_only" || exit 0
needed=$(missing)
test -z "$needed" || { echo "deps.sh: still missing after the installation: $needed" >&2 && exit 1; }
