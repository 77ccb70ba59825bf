#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run-bootstrap.sh: bootstrap against made-up systems. Each has a folder of commands that is its whole PATH: real small
# tools, and stand-ins for compiler, package managers, sudo and make, which write down how they were called.
. "${0%/*}/tap.sh"

tree=$tmp/tree
mkdir "$tree"
cp "$HEAPREEL_SRC/bootstrap" "$tree"
chmod +x "$tree/bootstrap"
small='sh env cat cut grep sed tail head tr find cmp cp mkdir mktemp rm dirname getconf'

# new_system USER-ID: an empty one.
new_system() {
    rm -rf "${tmp:?}/bin" "$tmp/calls" "$tree/build"
    mkdir "$tmp/bin"
    : >"$tmp/calls"
    for tool in $small; do
        ln -s "$(command -v "$tool")" "$tmp/bin/$tool"
    done
    fake id "echo $1"
}

fake() { # fake NAME BODY
    printf '#!/bin/sh\n%s\n' "$2" >"$tmp/bin/$1"
    chmod +x "$tmp/bin/$1"
}
noting() { fake "$1" "echo \"$1 \$*\" >>'$tmp/calls'; ${2:-exit 0}"; }

# A system that has all that is needed; pkg-config knows every library but those named.
whole_system() {
    new_system 0
    for tool in cc automake autoconf autoreconf; do
        fake "$tool" 'echo 1'
    done
    fake pkg-config "for w; do case \" $* \" in *\" \$w \"*) exit 1 ;; esac; done; echo 1"
    fake tmux ''
    fake zstd ''
    fake make ''
    printf '#!/bin/sh\n: >Makefile\n' >"$tree/configure"
    chmod +x "$tree/configure"
}

run() { # run ARG...: leaves $tmp/out, $tmp/err and $status
    status=0
    (cd / && PATH=$tmp/bin CC='' "$tree/bootstrap" "$@" </dev/null >"$tmp/out" 2>"$tmp/err") || status=$?
    cat "$tmp/out" "$tmp/err" >"$tmp/both"
}
has() { check "$1" grep -qF -e "$2" "$tmp/both"; }
exits() { check "$1" test "$status" = "$2"; }

new_system 0
run nonsense
exits 'a word that it does not know: exit status 2' 2
has 'and how to use it' 'usage: ./bootstrap'
run --help
exits '--help: exit status 0' 0

new_system 0
run
exits 'an unknown system: exit status 1' 1
for what in 'a C compiler' make autoconf automake pkg-config ncurses readline 'libcbor 0.8 or newer'; do
    check "an unknown system: names $what" grep -qxF "  $what" "$tmp/both"
done
has 'an unknown system: gives the names in Debian' 'libcbor-dev'

# installs NAME COMMAND: the first call that installs.
installs() {
    grep -vE ' (update|--prefix)' "$tmp/calls" | head -n 1 | sed 's/ *$//' >"$tmp/got"
    echo "$2" >"$tmp/wanted"
    same "$1" "$tmp/wanted" "$tmp/got"
}
libs_apt='libncurses-dev libreadline-dev libcbor-dev libzstd-dev zlib1g-dev'
for line in \
    "apt-get install -y --no-install-recommends gcc libc6-dev make autoconf automake pkg-config $libs_apt libcmocka-dev tmux zstd" \
    'dnf install -y gcc glibc-devel make autoconf automake pkgconf-pkg-config ncurses-devel readline-devel libcbor-devel libzstd-devel zlib-devel libcmocka-devel tmux zstd' \
    'pacman -S --noconfirm --needed gcc make autoconf automake pkgconf ncurses readline libcbor zstd zlib cmocka tmux zstd' \
    'apk add gcc musl-dev make autoconf automake pkgconf ncurses-dev readline-dev libcbor-dev zstd-dev zlib-dev cmocka-dev tmux zstd' \
    'brew install make autoconf automake pkgconf ncurses readline libcbor zstd zlib cmocka tmux zstd'; do
    manager=${line%% *}
    new_system 0
    noting "$manager"
    run check
    installs "$manager: one call for all that is missing" "$line"
done

new_system 0
noting apt-get
run
installs 'without "check" no test tools are installed' \
    "apt-get install -y --no-install-recommends gcc libc6-dev make autoconf automake pkg-config $libs_apt"
check 'apt: lists are refreshed first' sh -c "head -n 1 '$tmp/calls' | grep -qx 'apt-get update -q'"

new_system 1000
noting apt-get
# shellcheck disable=SC2016  # $* and the like belong to the stand-in
fake sudo 'test "$1" = -n || exit 9; shift; exec "$@"'
run
installs 'not root, no terminal: through sudo -n' \
    "apt-get install -y --no-install-recommends gcc libc6-dev make autoconf automake pkg-config $libs_apt"

new_system 1000
noting apt-get
run
exits 'not root, no sudo: exit status 1' 1
check 'not root, no sudo: nothing is tried' test ! -s "$tmp/calls"
has 'not root, no sudo: says the command' 'apt-get install -y --no-install-recommends gcc'

whole_system cmocka libzstd
fake id 'echo 1000'
run
exits 'only options are missing: exit status 0' 0
has 'a missing option is named with what it would give' 'libzstd: traces packed with zstd'
has 'and what to do next is said' './bootstrap check'

whole_system libzstd
rm "$tmp/bin/tmux"
noting apt-get "case \"\$*\" in *tmux*) exit 1 ;; esac"
run check
check 'a package that the system does not know does not spoil the others' \
    grep -qx 'apt-get install -y --no-install-recommends libzstd-dev' "$tmp/calls"
has 'and is named with what it would give' 'tmux: the tests in a real terminal'

whole_system
noting apt-get
run
exits 'all is here: exit status 0' 0
check 'all is here: nothing is installed' test ! -s "$tmp/calls"
run demo
exits 'demo without its sample: exit status 1' 1
mkdir -p "$tree/tests/data"
: >"$tree/$(sed -n 's/^sample=//p' "$tree/bootstrap")"
run demo
exits 'demo without a terminal: exit status 1' 1
has 'demo without a terminal: says so' 'needs a terminal'

# results WORD...: make leaves one result file with these and ends as $make_status says.
results() {
    whole_system
    fake make "case \" \$* \" in *' check '*) ;; *) exit 0 ;; esac
for w in $*; do echo \":test-result: \$w name\" >>\"\$3/one.trs\"; done
exit $make_status"
}
last() { # last NAME LINE STATUS
    run check
    tail -n 1 "$tmp/out" >"$tmp/got"
    echo "$2" >"$tmp/wanted"
    same "$1" "$tmp/wanted" "$tmp/got"
    exits "$1: exit status $3" "$3"
}
make_status=0
results PASS PASS XFAIL
last 'all pass' '3 passed, 0 failed' 0
results PASS SKIP SKIP
last 'some are skipped' '1 passed, 0 failed, 2 skipped' 0
results SKIP
last 'all are skipped' '0 passed, 0 failed, 1 skipped' 1
results
last 'none ran' '0 passed, 0 failed' 1
results PASS FAIL
last 'a failure that make did not report' '1 passed, 1 failed' 1
make_status=2
results PASS FAIL XPASS ERROR SKIP
last 'all kinds of failure' '1 passed, 3 failed, 1 skipped' 1
results PASS
last 'the tests did not compile' '1 passed, 0 failed' 1
done_testing
