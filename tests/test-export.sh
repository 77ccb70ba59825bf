#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-export.sh: files for other programs, read by readers that aren't ours (Python's json; go tool pprof) and held
# against the events of the trace.
. "${0%/*}/tap.sh"
command -v python3 >/dev/null 2>&1 || skip_all 'no python3 to read the files with'

for name in annotate-1.26 mixed-1.26 mapchurn-1.24 basics-1.11; do
    trace=$HEAPREEL_DATA/$name.trace.zst
    "$HEAPREEL_BIN" "$trace" events --format jsonl >"$tmp/events"
    "$HEAPREEL_BIN" "$trace" cycles --format jsonl >"$tmp/cycles"
    check "perfetto writes $name" "$HEAPREEL_BIN" "$trace" perfetto "$tmp/$name.json"
    check "and it is what the trace says" python3 "$HEAPREEL_SRC/tests/check-perfetto" "$tmp/$name.json" \
        "$tmp/events" "$tmp/cycles"
done
"$HEAPREEL_BIN" "$trace" perfetto "$tmp/none/such.json" 2>"$tmp/said" && wrong=yes || wrong=
check 'a file that can not be written is an error in one line' test -z "$wrong" -a "$(wc -l <"$tmp/said")" -eq 1

done_testing
