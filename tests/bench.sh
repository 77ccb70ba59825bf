#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# bench.sh: how long heapreel takes for a trace, and how long the reference reader (Go) takes for the same, where Go is here.
# "make bench TRACE=FILE" measures a trace of your own: those in tests/data are small, so that starting up weighs much.
# Each figure is the best of $RUNS runs (5), in seconds of wall time, of a whole process; the reference reader takes
# its own time, without its start.
. "${0%/*}/tap.sh"

runs=${RUNS:-5}
case $(date +%N) in *[!0-9]* | '') echo 'bench: this date(1) knows no nanoseconds' >&2 && exit 1 ;; esac

# best COMMAND...: seconds of the fastest run.
best() {
    i=0
    while [ "$i" -lt "$runs" ]; do
        from=$(date +%s%N)
        "$@" >/dev/null || return 1
        to=$(date +%s%N)
        echo $((to - from))
        i=$((i + 1))
    done | sort -n | awk 'NR == 1 { printf "%.3f\n", $1 / 1e9 }'
}

# best_reference TRACE: "EVENTS SECONDS" of the fastest run.
best_reference() {
    i=0
    while [ "$i" -lt "$runs" ]; do
        "$tmp/refdump" -count "$1" || return 1
        i=$((i + 1))
    done | sort -k 2 -n | head -n 1
}

reference=no
if command -v go >/dev/null 2>&1; then
    if (cd "$HEAPREEL_SRC/tests/reference" && go build -o "$tmp/refdump" ./refdump) 2>"$tmp/err"; then
        reference=yes
    else
        echo 'The reference reader can not be built:' && tail -n 3 "$tmp/err"
    fi
else
    echo 'Go is not here: no reference reader.'
fi

if [ -n "${TRACE-}" ]; then set -- "$TRACE"; else set -- "$HEAPREEL_DATA"/*-1.26.trace.zst; fi
printf '%-28s %10s %8s %8s %10s %8s\n' trace events info summary reference 'ref/info'
for trace in "$@"; do
    events=$("$HEAPREEL_BIN" "$trace" info --format jsonl | sed -n 's/.*"events":\([0-9]*\).*/\1/p')
    info=$(best "$HEAPREEL_BIN" "$trace" info)
    summary=$(best "$HEAPREEL_BIN" "$trace" summary)
    other=- ratio=-
    if [ $reference = yes ]; then
        other=$(best_reference "$trace" | cut -d' ' -f2)
        ratio=$(echo "$other $info" | awk '{ printf "%.1f\n", $1 / $2 }')
    fi
    printf '%-28s %10s %8s %8s %10s %8s\n' "$(basename "$trace")" "$events" "$info" "$summary" "$other" "$ratio"
done
