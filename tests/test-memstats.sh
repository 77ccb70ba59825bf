#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-memstats.sh: a program logs its own runtime.MemStats and addresses of objects that it can still reach, at rest and in the
# middle of sweeps; heapreel's frames at these instants must agree: objects, bytes, objects of each size class, and that those
# are live. See tests/oracle/stats and cmpstats.
#
# Needs Go 1.23 or later; uses the versions that are here and fetches none.
. "${0%/*}/tap.sh"

oracle=$HEAPREEL_SRC/tests/oracle
command -v go >/dev/null 2>&1 || skip_all 'no go command: nothing can be recorded'
export GOTOOLCHAIN=local
unset GODEBUG
(cd "$oracle" && go build -o "$tmp/cmpstats" ./cmpstats) >"$tmp/log" 2>&1 ||
    skip_all 'the comparing program needs Go 1.23 or later'

# record PROCS FLAG...: a recording in $tmp/trace. The tracer of Go 1.24 now and then writes over its own memory while it traces
# objects: the program dies, or its trace is one that this Go's own reader refuses. Such a run is no fault of heapreel's and
# is done again, twice at most; one that Go reads stands, whatever heapreel says of it.
record() {
    ps=$1
    shift
    for again in 1 2 3; do
        GOMAXPROCS=$ps "$tmp/stats" "$@" -o "$tmp/trace" 2>"$tmp/died" && "$HEAPREEL_BIN" "$tmp/trace" info >"$tmp/log" 2>&1 && return
        "$tool" tool trace -d=parsed "$tmp/trace" >/dev/null 2>"$tmp/refused" && return
        echo "# run $again is done again: $(head -n 1 "$tmp/died") Go's reader: $(tail -n 1 "$tmp/refused")"
    done
}

seed=1
for version in 1.23 1.24 1.25 1.26; do
    tool=$("$HEAPREEL_SRC/examples/find-go" $version)
    if [ -z "$tool" ]; then
        skip "Go $version" 'not here'
        continue
    fi
    if ! (cd "$oracle" && GOROOT='' "$tool" build -o "$tmp/stats" ./stats) >"$tmp/log" 2>&1; then
        not_ok "Go $version builds the program" "$tmp/log"
        continue
    fi
    for run in '1 objects' '3 turns' '2 maps' '4 stacks'; do
        procs=${run% *} shape=${run#* }
        record "$procs" -rounds 2 -seed $seed -shape "$shape"
        seed=$((seed + 1))
        check "Go $version, $procs Ps, $shape: the frames agree with MemStats" \
            "$tmp/cmpstats" -heapreel "$HEAPREEL_BIN" "$tmp/trace"
    done
done
done_testing
