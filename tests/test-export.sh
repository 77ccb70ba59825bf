#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-export.sh: files for other programs, read by readers that aren't ours (Python's json; go tool pprof) and held
# against the events of the trace.
. "${0%/*}/tap.sh"
command -v python3 >/dev/null 2>&1 || skip_all 'no python3 to read the files with'

for name in annotate-1.26 mixed-1.26 mixed-1.23 mapchurn-1.24 basics-1.11 basics-1.5; do
    trace=$HEAPREEL_DATA/$name.trace.zst
    "$HEAPREEL_BIN" "$trace" events --format jsonl >"$tmp/events"
    "$HEAPREEL_BIN" "$trace" cycles --format jsonl >"$tmp/cycles"
    check "perfetto writes $name" "$HEAPREEL_BIN" "$trace" perfetto "$tmp/$name.json"
    check "and it is what the trace says" python3 "$HEAPREEL_SRC/tests/check-perfetto" "$tmp/$name.json" \
        "$tmp/events" "$tmp/cycles"
done
for name in mixed-1.26 mapchurn-1.24; do
    check "points of curves of $name are what summary says at their instants" python3 \
        "$HEAPREEL_SRC/tests/check-points" "$tmp/$name.json" "$HEAPREEL_BIN" "$HEAPREEL_DATA/$name.trace.zst"
done
"$HEAPREEL_BIN" "$HEAPREEL_DATA/mixed-1.26.trace.zst" save --from 20% --to 70% "$tmp/part.reel" >"$tmp/said"
"$HEAPREEL_BIN" "$tmp/part.reel" perfetto "$tmp/part.json" >"$tmp/said"
check 'and those of a saved part as well' python3 "$HEAPREEL_SRC/tests/check-points" "$tmp/part.json" \
    "$HEAPREEL_BIN" "$tmp/part.reel"
# pprof_types FILE INDEX: "NUMBER NAME" for each type, as go tool pprof sums them.
pprof_types() {
    go tool pprof -top -nodecount=0 -nodefraction=0 -edgefraction=0 -unit=b -sample_index="$2" "$1" 2>/dev/null |
        awk 'seen && $1 != "0" { n = $1; sub(/[Bb]$/, "", n); $1 = $2 = $3 = $4 = $5 = ""; sub(/^ +/, ""); print n, $0 }
            /^ *flat +flat%/ { seen = 1 }' | sort
}
# types_sum FIELD: the same from the rows of `types` on standard input, names of several types added up.
types_sum() {
    python3 -c 'import collections, json, sys
sums = collections.Counter()
for line in sys.stdin:
    row = json.loads(line)
    sums[row["type"] or "(no type)"] += row[sys.argv[1]]
print("".join("%d %s\n" % (n, name) for name, n in sums.items() if n), end="")' "$1" | sort
}
for name in mixed-1.26 mapchurn-1.23; do
    trace=$HEAPREEL_DATA/$name.trace.zst
    for at in 40% end; do
        check "pprof writes $name at $at" "$HEAPREEL_BIN" "$trace" pprof --at "$at" "$tmp/heap.pb.gz"
        if ! go version >/dev/null 2>&1; then
            skip "go tool pprof sums $name at $at as types does" 'no Go here'
            continue
        fi
        for pair in inuse_objects:live inuse_space:bytes alloc_objects:allocs; do
            "$HEAPREEL_BIN" "$trace" types --at "$at" --format jsonl | types_sum "${pair#*:}" >"$tmp/wanted"
            pprof_types "$tmp/heap.pb.gz" "${pair%:*}" >"$tmp/got"
            check "some ${pair#*:} in $name at $at" test -s "$tmp/wanted"
            same "go tool pprof sums ${pair#*:} of $name at $at as types does" "$tmp/wanted" "$tmp/got"
        done
    done
done

"$HEAPREEL_BIN" "$HEAPREEL_DATA/plain-1.26.trace.zst" pprof "$tmp/heap.pb.gz" >"$tmp/said"
check 'an empty profile of a trace without objects comes with the reason' grep -q traceallocfree "$tmp/said"

"$HEAPREEL_BIN" "$trace" perfetto --from 20% --to 10% "$tmp/turned.json" 2>"$tmp/said" && wrong=yes || wrong=
check 'a window whose end lies before its begin is an error, and writes nothing' \
    test -z "$wrong" -a ! -e "$tmp/turned.json" -a "$(wc -l <"$tmp/said")" -eq 1

"$HEAPREEL_BIN" "$trace" perfetto "$tmp/none/such.json" 2>"$tmp/said" && wrong=yes || wrong=
check 'a file that can not be written is an error in one line' test -z "$wrong" -a "$(wc -l <"$tmp/said")" -eq 1

done_testing
