#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-oracle.sh: the heap that heapreel rebuilds against the one that the runtime had. Workloads run under gdb, which reads
# all spans, mcaches and lists of mcentral at the very moment when tracing ends; see tests/oracle.
#
# At rest every span must be right in class, size, live objects, list and owner, and in what is said of its sweep; what is
# not the trace's to tell may be wrong only where it is marked as a guess. While a program runs an event may be a moment
# behind its cause: in each run at least 99 % of the spans are right, and of all runs of the full matrix 99.95 % of the spans,
# 99.9 % of the words about sweeping, and not more than one of 10 000 spans is wrong unmarked. In the middle of a trace, where
# the full matrix looks too, nothing is wrong unmarked where the program rests.
# Needs Go 1.23 or later with its sources, gdb with Python, and the right to trace a child. Uses the Go versions that
# are here, fetches none, and takes less than a minute; ORACLE=full runs the whole matrix, some minutes.
. "${0%/*}/tap.sh"

oracle=$HEAPREEL_SRC/tests/oracle
command -v go >/dev/null 2>&1 || skip_all 'no go command: the heap is not compared with the runtime'
command -v gdb >/dev/null 2>&1 || skip_all 'no gdb: the heap is not compared with the runtime'
gdb -nx -batch -ex 'python print("py" + "thon")' 2>/dev/null | grep -q python || skip_all 'this gdb has no Python'
gdb -nx -batch -iex 'set debuginfod enabled off' -iex 'set startup-with-shell off' -ex run "$(command -v true)" \
    </dev/null 2>&1 | grep -q 'exited normally' || skip_all 'gdb may not run a program here (ptrace)'
case $(go env GOARCH) in
    amd64 | arm64) ;;
    *) skip_all "the oracle reads 64-bit programs, not those of $(go env GOARCH)" ;;
esac

if [ "${ORACLE-}" = full ]; then
    set -- '*'
    packages='sort encoding/json go/printer text/template'
else
    packages='sort'
    LIMIT=40
    MARKS=0
    export LIMIT MARKS
    set -- '*-p2-*-map-rest' '*-p4-*-mixed-rest' '*-p1-*-mixed-running' '*-p2-*-stacks-running' '*-p4-*-large-sweep' \
        '*-p2-*-map-mark' '*-p4-*-random-rest' '*-p2-*-random-running'
fi
"$oracle/matrix" "$tmp/runs" "$@" >"$tmp/log" 2>&1 || { not_ok 'the workloads run' "$tmp/log"; done_testing; exit; }
# Real programs: the tests of Go's own packages, where this Go is one that an overlay may be laid over.
case $(go env GOVERSION) in
    go1.2[3-9]*)
        # shellcheck disable=SC2086 # one word each
        GOMAXPROCS=2 "$oracle/packages" "$tmp/runs" $packages >"$tmp/packages" 2>&1 ||
            skip 'the tests of Go packages' "$(tail -n 1 "$tmp/packages")"
        cat "$tmp/packages" >>"$tmp/log"
        ;;
esac
sed 's/^/# /' "$tmp/log"
grep -q '^recorded' "$tmp/log" || skip_all 'no workload could be recorded'
check 'the comparing program builds' \
    sh -c 'cd "$1" && GOTOOLCHAIN=local go build -o "$2" ./cmpspans' sh "$oracle" "$tmp/cmpspans"
[ -x "$tmp/cmpspans" ] || { done_testing; exit; }

# Threads that gdb holds back make the runtime write a trace that makes no sense, once in some hundred runs (seen with Go 1.24).
go_refuses() {
    ! GOTOOLCHAIN=local go tool trace -d=parsed "$1" >/dev/null 2>&1
}

kept=
for dir in "$tmp/runs"/*; do
    [ -s "$dir/truth.jsonl" ] && [ ! -e "$dir/gdb.log" ] || continue
    case $dir in
        *-rest) least='-min 100 -swept 100 -sure 0' ;;
        *-cold) least='-swept 100 -sure 0' ;; # before the first collection who holds what is a guess
        *-p[0-9]-g[0-9]*) least='-min 99' ;;
        *) least='-min 95 -sure 0' ;; # tests of a package: a small heap
    esac
    right=no
    # shellcheck disable=SC2086 # flags
    if "$tmp/cmpspans" -heapreel "$HEAPREEL_BIN" -v 5 $least "$dir" >"$tmp/cmp" 2>&1; then right=yes; fi
    text=$(grep "^${dir##*/}: " "$tmp/cmp" | sed 's/ \[.*//')
    if ! grep -q ': state' "$tmp/cmp" && grep -q 'damaged at byte' "$tmp/cmp" && go_refuses "$dir/trace"; then
        skip "${dir##*/}" 'the recording itself is damaged: go tool trace refuses it as well'
    elif ! grep -q ': state' "$tmp/cmp"; then
        not_ok "${dir##*/} can be compared" "$tmp/cmp"
    elif [ $right = yes ]; then
        ok "$text"
    else
        not_ok "$text: outside of $least" "$tmp/cmp"
    fi
    if grep -q ': state' "$tmp/cmp"; then kept="$kept $dir"; fi
done
if [ "${ORACLE-}" = full ]; then
    # shellcheck disable=SC2086 # one word each
    check 'all runs together: state 99.95 %, sweeping 99.9 %, one of 10 000 wrong and sure' "$tmp/cmpspans" \
        -heapreel "$HEAPREEL_BIN" -q -total -min 99.95 -swept 99.9 -sure 1 $kept
fi
done_testing
