#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-recount.sh: the figures of reports over recordings, and over parts of them, against a slow and simple count of the
# events by another program: tests/recount. Traces without a snapshot of the heap (flight recorder) have no such count.
. "${0%/*}/tap.sh"

command -v python3 >/dev/null 2>&1 || skip_all 'no python3 to count with'
export LC_ALL=C.UTF-8
for trace in "$HEAPREEL_DATA"/mapchurn-*.zst "$HEAPREEL_DATA"/mixed-*.zst "$HEAPREEL_DATA"/stacks-*.zst \
    "$HEAPREEL_DATA"/annotate-*.zst "$HEAPREEL_DATA"/known/work-1.23.trace.zst "$HEAPREEL_DATA"/known/maps-*.zst \
    "$HEAPREEL_DATA"/known/churn-*.zst; do
    name=${trace##*/}
    python3 "$HEAPREEL_SRC/tests/recount" "$HEAPREEL_BIN" "$trace" >"$tmp/counted" 2>"$tmp/said"
    if [ -s "$tmp/said" ] || ! [ -s "$tmp/counted" ]; then
        not_ok "${name%.trace.zst} can be counted" "$tmp/said"
    fi
    adopt "${name%.trace.zst}" "$tmp/counted"
done
done_testing
