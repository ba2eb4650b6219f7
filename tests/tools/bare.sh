#!/bin/sh
# Runs the README's two commands on a machine that has nothing: Debian 12 as debootstrap makes it, with git and make.
# As root; then as a user with sudo, twice; then once more without network. Needs root, debootstrap and unshare.
#
# usage: bare.sh [DIR]      DIR (made, and removed in the end) holds the new root; the log is beside it, DIR.log
#   BARE_STEPS   which of: root user again offline   (all; empty: only makes the root)
#   BARE_CHECK   the second command                 (check; e.g. "deps-test check-e2e T=pack" for a part)
#   BARE_SUITE   Debian's name of the release        (bookworm)
# The mirror, and a proxy, are those of this host's own apt.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
dir=${1:-${TMPDIR:-/tmp}/venvfix-bare.$$}
suite=${BARE_SUITE:-bookworm}
steps=${BARE_STEPS-root user again offline}
log=$dir.log

complain() {
    echo "bare.sh: $*" >&2
    exit 1
}

test "$(id -u)" -eq 0 || complain "needs root, for debootstrap and chroot"
for tool in debootstrap unshare chroot git; do
    command -v "$tool" >/dev/null 2>&1 || complain "$tool is missing: apt-get install debootstrap util-linux git"
done
test ! -e "$dir" || complain "$dir exists"

# Every `deb` of this host's apt, in both notations; the first that has the release wins.
mirrors() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -v -e security -e '^file:' | sort -u
}
mirror=
for candidate in $(mirrors); do
    if apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(CODENAME)' 'Created-By: Packages' | grep -qF "$candidate $suite $suite"; then
        mirror=$candidate
        break
    fi
    test -n "$mirror" || mirror=$candidate
done
test -n "$mirror" || complain "this host's apt names no mirror"

finish() {
    for mount in dev/pts dev/shm proc; do
        umount "$dir/$mount" 2>/dev/null || :
    done
    # Nothing is removed while something is still mounted below.
    grep -qF " $dir/" /proc/self/mounts || rm -rf --one-file-system "$dir"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

echo "bare.sh: $suite in $dir, log in $log"
: >"$log"
mkdir -p "$dir"
debootstrap --variant=minbase --include=git,make,ca-certificates,sudo "$suite" "$dir" "$mirror" >>"$log" 2>&1 ||
    complain "debootstrap failed: $(tail -n 3 "$log")"
mount -t proc proc "$dir/proc"
mkdir -p "$dir/dev/pts" "$dir/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$dir/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$dir/dev/shm"
ln -sf pts/ptmx "$dir/dev/ptmx"
cp -L /etc/resolv.conf "$dir/etc/resolv.conf"
cp -L /etc/hosts "$dir/etc/hosts"
# What the host says about proxies, certificates and the package index holds inside, too.
for file in /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
    test ! -f "$file" || { mkdir -p "$dir${file%/*}" && cp -L "$file" "$dir$file"; }
done
apt-config dump | grep -E '^Acquire::(http|https)::' | sed 's/ "/ "/' >"$dir/etc/apt/apt.conf.d/90host" || :
cp -L /etc/apt/trusted.gpg.d/* "$dir/etc/apt/trusted.gpg.d/" 2>/dev/null || :

chroot "$dir" useradd -m -s /bin/bash somebody
echo 'somebody ALL=(ALL) NOPASSWD: ALL' >"$dir/etc/sudoers.d/somebody"
chmod 0440 "$dir/etc/sudoers.d/somebody"

# $1: step, $2: user, then what runs before the shell (unshare).
commands() {
    step=$1 user=$2
    shift 2
    home=$(chroot "$dir" getent passwd "$user" | cut -d: -f6)
    if test ! -d "$dir$home/venvfix"; then
        git clone -q --no-local "$top" "$dir$home/venvfix"
        chroot "$dir" chown -R "$user" "$home/venvfix"
    fi
    for command in demo "${BARE_CHECK-check}"; do
        begin=$(date +%s) result=0
        # As after a login: nothing of this shell's environment but what a proxy needs.
        "$@" chroot --userspec="$user" "$dir" /usr/bin/env -i HOME="$home" USER="$user" LOGNAME="$user" SHELL=/bin/bash TERM=dumb LC_ALL=C.UTF-8 \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ${http_proxy:+http_proxy="$http_proxy"} \
            ${https_proxy:+https_proxy="$https_proxy"} ${no_proxy:+no_proxy="$no_proxy"} ${PIP_INDEX_URL:+PIP_INDEX_URL="$PIP_INDEX_URL"} \
            /bin/sh -c "cd ~/venvfix && make $command" >>"$log" 2>&1 || result=$?
        echo "bare.sh: $step: make $command as $user: exit $result, $(($(date +%s) - begin)) s: $(tail -n 1 "$log")"
        test "$result" -eq 0 || failed="$failed $step:$command"
    done
}

failed=
for step in $steps; do
    case $step in
    root) commands root root ;;
    user | again) commands "$step" somebody ;;
    offline) commands offline somebody unshare -n ;;
    *) complain "no such step: $step" ;;
    esac
done
grep -h '^not run: ' "$log" | sort -u || :
test -z "$failed" || complain "failed:$failed (see $log)"
