#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-experiments.sh: the write-ups' experiments, small and quick: they run, and their tables hold what must be so whatever
# the machine does. Without Go they say that nothing can be recorded.
. "${0%/*}/tap.sh"

export HEAPREEL="$HEAPREEL_BIN" LC_ALL=C.UTF-8 GOTOOLCHAIN=local
run=$HEAPREEL_SRC/examples/run-experiments
GO="$tmp/none" "$run" -q >"$tmp/out" 2>&1
check 'without Go it ends with an error' test $? -eq 1
check 'and says so in one line' sh -c 'test "$(wc -l <"$1")" -eq 1 && grep -q "no go command" "$1"' sh "$tmp/out"
if ! [ "$(cd "$HEAPREEL_SRC/examples" && go list ./experiments 2>/dev/null)" ]; then
    skip 'the experiments' 'no Go here that can build them'
    done_testing
    exit 0
fi
"$run" nothing >"$tmp/out" 2>&1
check 'an experiment that it does not know is wrong use' test $? -eq 2
check 'all five run' "$run" -q -k "$tmp/kept"
cp "$tmp/check.out" "$tmp/out"
# (the compiler may have something to say, too, behind "# package")
check 'each has its title' test "$(grep -c '^# [A-Z]' "$tmp/out")" -eq 5
# 5000 values of 32 bytes: there until the cycle after the deletes has swept them
check 'empty: deleting frees nothing' grep -qE '^gc:2 +156\.2 KB .* main\.small$' "$tmp/out"
check '  and the next cycle all of it' grep -qE '^gc:2:end +0 B .* main\.small$' "$tmp/out"
check '  but not the map itself' grep -qE '^gc:4:end +[1-9][0-9.]* KB .*map\.(group|bucket)\[int\]\*main\.small$' "$tmp/out"
check '  that goes when it is dropped' grep -qE '^gc:5:end +0 B .*map\.(group|bucket)\[int\]\*main\.small$' "$tmp/out"
check 'types: five types of maps' test "$(grep -cE ' map\[(int32|int64|string|main\.id|interface \{\})\]int64$' "$tmp/out")" -ge 5
for trace in empty gogc50 gogc100 gogc200 small large types goroutines1 goroutines4; do
    check "$trace.trace is kept" test -s "$tmp/kept/$trace.trace"
done
cycles() { "$HEAPREEL_BIN" "$tmp/kept/$1.trace" cycles --format jsonl | wc -l; }
check 'GOGC=200 has no more cycles than GOGC=50' test "$(cycles gogc200)" -le "$(cycles gogc50)"
done_testing
