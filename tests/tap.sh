# shellcheck shell=sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# tap.sh: what test scripts share; read in with ". tap.sh". A script calls ok, not_ok, skip or check for each case and
# ends with done_testing; skip_all ends it at once. $tmp is a folder of its own, removed at the end.
#
# From the test driver: HEAPREEL_SRC, HEAPREEL_DATA, HEAPREEL_BUILD, HEAPREEL_BIN (absolute paths).

: "${HEAPREEL_SRC:?run the tests with: make check}"

case " ${HEAPREEL_SKIP-} " in
*" tests/${0##*/} "*)
    echo '1..0 # SKIP built without zstd: the recordings can not be read'
    exit 0
    ;;
esac

tap_count=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

ok() {
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1"
}

# not_ok NAME [FILE]: the lines of FILE say why.
not_ok() {
    tap_count=$((tap_count + 1))
    echo "not ok $tap_count - $1"
    if [ $# -gt 1 ]; then sed 's/^/# /' "$2"; fi
}

skip() { # skip NAME REASON
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1 # SKIP $2"
}

# check NAME COMMAND...: the case passes where the command does; its output is shown where it fails.
check() {
    check_name=$1
    shift
    if "$@" >"$tmp/check.out" 2>&1; then ok "$check_name"; else not_ok "$check_name" "$tmp/check.out"; fi
}

# same NAME WANTED GOT: two files are the same, or their difference is shown.
same() {
    if diff -u "$2" "$3" >"$tmp/same.out" 2>&1; then ok "$1"; else not_ok "$1" "$tmp/same.out"; fi
}

# adopt NAME FILE: the cases that another program held, a line "ok WHAT" or "not ok WHAT" each, with "#" lines behind it.
adopt() {
    awk -v n="$tap_count" -v name="$1" '/^(not )?ok / { sub(/ok /, "ok " ++n " - " name ": ") } { print }' "$2"
    tap_count=$((tap_count + $(grep -c -v '^#' "$2")))
}

skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

done_testing() { echo "1..$tap_count"; }
