#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-replay.sh: what summary, spans, types and bucket print at random instants, against a replay of the events that is slow,
# simple, and in another language. Recordings of every version; two traces in one file; with Go here, made-up programs that are
# traced from the middle of a GC or of a sweep on.
. "${0%/*}/tap.sh"

command -v python3 >/dev/null 2>&1 || skip_all 'no python3'

# replays NAME TRACE: every instant of it
replays() {
    check "$1" python3 "$HEAPREEL_SRC/tests/replay.py" "$HEAPREEL_BIN" "$2"
}

for trace in "$HEAPREEL_DATA"/*-1.2[3-9].trace.zst; do
    name=${trace##*/}
    replays "${name%.trace.zst}" "$trace"
done

# Every change of place has a reason, and an event that proves it.
for name in mixed-1.26 mapchurn-1.23; do
    check "places of spans in $name" python3 "$HEAPREEL_SRC/tests/check-places" "$HEAPREEL_BIN" \
        "$HEAPREEL_DATA/$name.trace.zst"
done

# Of several traces in one file the first one is shown.
if command -v zstd >/dev/null 2>&1; then
    zstd -dqc "$HEAPREEL_DATA/stacks-1.26.trace.zst" >"$tmp/two"
    zstd -dqc "$HEAPREEL_DATA/annotate-1.26.trace.zst" >>"$tmp/two"
    replays 'two traces in one file' "$tmp/two"
else
    skip 'two traces in one file' 'no zstd'
fi

if command -v go >/dev/null 2>&1; then
    export GOTOOLCHAIN=local
    for version in 1.23 1.24 1.25 1.26; do
        tool=$("$HEAPREEL_SRC/examples/find-go" $version)
        if [ -z "$tool" ] || ! (cd "$HEAPREEL_SRC/tests/oracle" && GOROOT='' "$tool" build -o "$tmp/stats" ./stats) \
            >"$tmp/log" 2>&1; then
            skip "Go $version, from the middle of a GC on" 'no such Go here'
            continue
        fi
        for start in mark sweep; do
            GOMAXPROCS=2 "$tmp/stats" -rounds 2 -seed 3 -start $start -o "$tmp/trace"
            replays "Go $version, from the middle of a $start on" "$tmp/trace"
        done
    done
else
    skip 'from the middle of a GC on' 'no go command'
fi
done_testing
