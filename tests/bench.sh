#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# bench.sh: how fast heapreel reads traces and rebuilds heaps, beside the reference reader (golang.org/x/exp/trace) where Go
# is here. Both read the same file in the same run, by turns, $RUNS times (3); shown is the best of each, and the median.
#
#   make bench                          two traces of its own: alloc/free, and channel ping-pong of many goroutines
#   make bench TRACE=FILE               a trace of yours
#   make bench TRACE_EVENTS=80000000    traces of that many events (10 million; ping-pong half of it, at most 20 million);
#                                       with several numbers one of each, and what an event costs in the last one beside
#                                       the first
#
# Its own traces are recorded once with examples/ and kept in the build folder, under bench/. All figures go to
# bench-results there: the table, and key=value lines below it. Times are in seconds, sizes in bytes, keys begin with the
# trace's name. REEL=no leaves core/ out, REFERENCE=no the reference.
. "${0%/*}/tap.sh"
export LC_ALL=C

runs=${RUNS:-3}
out=$HEAPREEL_BUILD/bench-results
kept=$HEAPREEL_BUILD/bench
values=$tmp/values
: >"$values"
mkdir -p "$kept"

have_go=no
command -v go >/dev/null 2>&1 && have_go=yes
export GOTOOLCHAIN=local

# ---- traces

# keep FILE PROGRAM [FLAG...]: record FILE with an example program, unless it is there.
keep() {
    kept_file=$kept/$1 program=$2
    shift 2
    [ -s "$kept_file" ] && return 0
    (cd "$HEAPREEL_SRC/examples" && go build -o "$tmp/$program" "./$program") || return 1
    echo "recording $kept_file" >&2
    "$tmp/$program" -o "$kept_file.new" "$@" && mv "$kept_file.new" "$kept_file"
}

# own_traces EVENTS: operations of mixed, and turns of each of ping-pong's 200 pairs, that give as many.
own_traces() {
    events=$1
    busy=$((events / 2))
    [ "$busy" -le 20000000 ] || busy=20000000
    keep "alloc-$events.trace" mixed -goroutines 2 -maps 2 -live 20000 -gogc 100 -ops $((events * 108 / 1000)) || return 1
    keep "pingpong-$busy.trace" pingpong -pairs 200 -turns $((busy / 1300)) || return 1
    set -- "$kept/alloc-$events.trace" "$kept/pingpong-$busy.trace"
    printf '%s\n' "$@"
}

if [ -n "${TRACE-}" ]; then
    printf '%s\n' "$TRACE" >"$tmp/traces"
elif [ $have_go = yes ]; then
    for n in ${TRACE_EVENTS:-10000000}; do
        own_traces "$n" || exit 1
    done >"$tmp/traces"
else
    echo 'bench: no traces can be recorded without Go: those of tests/data are read, which are small' >&2
    ls "$HEAPREEL_DATA"/*-1.26.trace.zst >"$tmp/traces"
fi

# ---- measuring

reference=no
if [ "${REFERENCE-yes}" = no ]; then
    echo 'The reference reader is left out.' >&2
elif [ $have_go = no ]; then
    echo 'Go is not here: no reference reader, no ratios.' >&2
elif (cd "$HEAPREEL_SRC/tests/reference" && GOFLAGS=-mod=readonly go build -o "$tmp/refdump" ./refdump) 2>"$tmp/err"; then
    reference=yes
else
    echo 'The reference reader can not be built: no ratios.' >&2
    tail -n 3 "$tmp/err" >&2
fi

# figures FILE KEY NAME: the best (least) and the median of a key's values, as NAME and NAME_median.
figures() {
    sed -n "s/^$2=//p" "$1" | sort -g | awk -v key="$name.$3" '
        { v[NR] = $1 }
        END { if (NR) printf "%s=%s\n%s_median=%s\n", key, v[1], key, v[int((NR + 1) / 2)] }' >>"$values"
}
get() { sed -n "s/^$name\.$1=//p" "$values"; }
one() { sed -n "s/^$2=//p" "$1" | head -n 1; }
set_value() { echo "$name.$1=$2" >>"$values"; }
# quotient KEY FORMAT A B: A / B, or nothing where one isn't known.
quotient() {
    [ -n "$3" ] && [ -n "$4" ] || return 0
    set_value "$1" "$(awk -v a="$3" -v b="$4" "BEGIN { if (b > 0) printf \"$2\", a / b }")"
}

measure() {
    trace=$1
    name=$(basename "$trace" | sed 's/\.zst$//; s/\.gz$//; s/\.trace$//; s/[^A-Za-z0-9_-]/_/g')
    : >"$tmp/read" && : >"$tmp/decode" && : >"$tmp/ref" && : >"$tmp/reel"
    cat "$trace" >/dev/null
    turn=0
    while [ "$turn" -lt "$runs" ]; do
        turn=$((turn + 1))
        "$HEAPREEL_BUILD/tests/bench_reader" bulk "$trace" >>"$tmp/read" || return 1
        "$HEAPREEL_BUILD/tests/bench_reader" read "$trace" >>"$tmp/single" || return 1
        if [ $reference = yes ]; then
            "$tmp/refdump" -count "$trace" | awk '{ print "events=" $1; print "seconds=" $2; print "cpu=" $3 }' >>"$tmp/ref"
        fi
        "$HEAPREEL_BUILD/tests/bench_reader" decode "$trace" >>"$tmp/decode" 2>/dev/null
        [ "${REEL-yes}" = no ] || "$HEAPREEL_BUILD/tests/bench_reel" "$trace" >>"$tmp/reel" || return 1
    done
    set_value events "$(one "$tmp/read" events)"
    set_value bytes "$(one "$tmp/read" bytes)"
    set_value lost_bytes "$(one "$tmp/read" lost)"
    set_value reference_events "$(one "$tmp/ref" events)"
    figures "$tmp/read" seconds read_seconds
    figures "$tmp/read" cpu read_cpu_seconds
    figures "$tmp/single" seconds single_seconds
    figures "$tmp/decode" seconds decode_seconds
    figures "$tmp/ref" seconds reference_seconds
    figures "$tmp/ref" cpu reference_cpu_seconds
    figures "$tmp/reel" seconds heap_seconds
    figures "$tmp/reel" cpu heap_cpu_seconds
    quotient read_events_per_second %.0f "$(get events)" "$(get read_seconds)"
    quotient reference_events_per_second %.0f "$(get reference_events)" "$(get reference_seconds)"
    quotient ratio %.2f "$(get read_events_per_second)" "$(get reference_events_per_second)"
    quotient ratio_cpu %.2f "$(get reference_cpu_seconds)" "$(get read_cpu_seconds)"
    quotient ratio_median %.2f "$(get reference_seconds_median)" "$(get read_seconds_median)"
    quotient single_ns_per_event %.2f "$(get single_seconds | awk '{ print $1 * 1e9 }')" "$(get events)"
    quotient single_ratio %.2f "$(get reference_seconds)" "$(get single_seconds)"
    quotient ns_per_event %.2f "$(get read_seconds | awk '{ print $1 * 1e9 }')" "$(get events)"
    quotient read_gb_per_second %.3f "$(get bytes)" "$(get read_seconds | awk '{ print $1 * 1e9 }')"
    quotient decode_gb_per_second %.3f "$(one "$tmp/decode" event_bytes)" "$(get decode_seconds | awk '{ print $1 * 1e9 }')"
    quotient read_times_decode %.2f "$(get read_seconds)" "$(get decode_seconds)"
    quotient heap_share_of_reference %.3f "$(get heap_seconds)" "$(get reference_seconds)"
    quotient heap_ns_per_event %.2f "$(get heap_seconds | awk '{ print $1 * 1e9 }')" "$(get events)"
    for key in peak_rss rss_file peak_anon; do set_value "read_$key" "$(sed -n "s/^$key=//p" "$tmp/read" | sort -g | tail -n 1)"; done
    size=$(wc -c <"$trace")
    set_value file_bytes "$size"
    set_value read_peak_above_file "$(get read_peak_rss | awk -v size="$size" '{ printf "%d", $1 - size }')"
    quotient heap_cpu_ns_per_event %.2f "$(get heap_cpu_seconds | awk '{ print $1 * 1e9 }')" "$(get events)"
    for key in open_peak_rss wind_p50 wind_p99 wind_max step_p50 step_p99 bucket_p50 bucket_p99 bucket_max span_p50 \
        span_p99 span_max first_frame longest_slice save_seconds saved_bytes saved_open; do
        set_value "heap_$key" "$(sed -n "s/^$key=//p" "$tmp/reel" | sort -g | head -n 1)"
    done
    # From key to screen, in the real program: ms.
    "$HEAPREEL_BUILD/tests/bench_keys" "$HEAPREEL_BIN" "$trace" 10 >"$tmp/keys" 2>/dev/null
    for key in load_key_count load_key_p50 load_key_p99 load_key_max key_count key_p50 key_p99 key_max; do
        set_value "screen_$key" "$(one "$tmp/keys" "$key")"
    done
    time_reports "$trace"
    quotient heap_peak_by_file %.2f "$(get heap_open_peak_rss)" "$size"
    quotient heap_saved_by_file %.2f "$(get heap_saved_bytes)" "$size"
    quotient heap_peak_by_limit %.2f "$(get heap_open_peak_rss)" $((size * 12 / 10 + 67108864))
}

# Each report of a saved reel, by wall time; 2 s at most are wanted on 80 million events.
time_reports() {
    "$HEAPREEL_BIN" "$1" save "$tmp/bench.reel" >/dev/null 2>&1 || return 0
    for report in $("$HEAPREEL_BIN" "$1" reports --format csv | cut -d, -f2 | sed '1d; /^bucket$/d; /^compare$/d') \
        delays=type where=type returns=span refills=type grown=goroutine leaks=age; do
        by=${report#*=}
        [ "$by" = "$report" ] && by= || by="--by $by"
        from=$(date +%s.%N)
        # shellcheck disable=SC2086
        "$HEAPREEL_BIN" "$tmp/bench.reel" "${report%=*}" $by >/dev/null 2>&1
        to=$(date +%s.%N)
        quotient "report_$(echo "$report" | tr '=' _)_seconds" %.2f "$(echo "$from $to" | awk '{ print $2 - $1 }')" 1
    done
    rm -f "$tmp/bench.reel"
}
slowest_reports() {
    sed -n "s/^$name\.report_\(.*\)_seconds=/\1 /p" "$values" | sort -k 2 -gr | head -n 5 |
        awk '{ printf "%s%s %s s", (NR > 1 ? ", " : ""), $1, $2 }'
}

# ---- the table

row() { printf '  %-40s %s\n' "$1" "$2"; }
scaled() { get "$1" | awk -v by="$2" -v fmt="$3" '{ printf fmt, $1 * by }'; }
table() {
    echo "$name: $(get events) events, $(scaled bytes 1e-6 %.1f) MB; best of $runs (median)"
    row 'reading all events in order, in bulk' "$(scaled read_events_per_second 1e-6 %.2f) M events/s, $(get ns_per_event) ns an event, $(get read_gb_per_second) GB/s"
    if [ $reference = yes ]; then
        row 'golang.org/x/exp/trace' "$(scaled reference_events_per_second 1e-6 %.2f) M events/s in $(get reference_events) events"
        row 'ratio' "$(get ratio) ($(get ratio_median)); $(get ratio_cpu) by processor time"
    fi
    row 'the same by trace_read' "$(get single_ns_per_event) ns an event$([ $reference = no ] || echo ", ratio $(get single_ratio)")"
    [ -z "$(get decode_gb_per_second)" ] || row 'decoding alone' "$(get decode_gb_per_second) GB/s; reading takes $(get read_times_decode) times as long"
    row 'memory while reading, beyond the file' "$(scaled read_peak_above_file 1e-6 %.1f) MB (peak RSS less the file's size), $(scaled read_peak_anon 1e-6 %.1f) MB anonymous"
    [ -n "$(get heap_seconds)" ] || return 0
    row 'opening with the heap, to the last event' "$(scaled heap_seconds 1 %.2f) s, $(get heap_ns_per_event) ns an event ($(get heap_cpu_ns_per_event) of processor time)"
    [ $reference = no ] || row "  of the reference's reading alone" "$(get heap_share_of_reference) (0.2 is wanted)"
    row 'peak memory of that' "$(scaled heap_open_peak_rss 1e-6 %.1f) MB, $(get heap_peak_by_file) of the file, $(get heap_peak_by_limit) of 1.2 times the file and 64 MB"
    row 'first frame after the start' "$(scaled heap_first_frame 1e3 %.1f) ms; longest slice while loading $(scaled heap_longest_slice 1e3 %.1f) ms"
    [ -z "$(get screen_key_p50)" ] || row 'from key to screen, p50 / p99 / worst' "$(get screen_key_p50) / $(get screen_key_p99) / $(get screen_key_max) ms; while loading $(get screen_load_key_p50) / $(get screen_load_key_p99) / $(get screen_load_key_max) ms"
    row 'saving the reel' "$(scaled heap_save_seconds 1 %.2f) s; $(scaled heap_saved_bytes 1e-6 %.1f) MB, $(get heap_saved_by_file) of the file"
    row 'opening it, to the frame at its end' "$(scaled heap_saved_open 1e3 %.1f) ms"
    row 'reports of that, the slowest' "$(slowest_reports)"
    awk -v n="$(one "$tmp/reel" facts)" 'BEGIN { exit !(n > 0) }' || return 0
    row 'winding to a random instant, p50 / p99' "$(scaled heap_wind_p50 1e3 %.2f) / $(scaled heap_wind_p99 1e3 %.2f) ms"
    row 'stepping one fact, p50 / p99' "$(scaled heap_step_p50 1e6 %.2f) / $(scaled heap_step_p99 1e6 %.2f) us"
    row 'history of a bucket, p50 / p99 / most' "$(scaled heap_bucket_p50 1e3 %.2f) / $(scaled heap_bucket_p99 1e3 %.2f) / $(scaled heap_bucket_max 1e3 %.2f) ms"
    row 'history of a span, p50 / p99 / most' "$(scaled heap_span_p50 1e3 %.2f) / $(scaled heap_span_p99 1e3 %.2f) / $(scaled heap_span_max 1e3 %.2f) ms"
}

# What an event costs in a large trace beside a small one.
growth() {
    grep "^alloc-[0-9]*\.$1=" "$values" | awk -F '[-.=]' '{ print $2, substr($0, index($0, "=") + 1) }' | sort -n | awk -v key="growth.$1" '
        NR == 1 { first = $2 } { last = $2 }
        END { if (NR > 1 && first > 0) printf "%s=%.2f\n", key, last / first }'
}

: >"$tmp/table"
busy=$(cut -d' ' -f1 /proc/loadavg 2>/dev/null)
if awk -v busy="${busy:-0}" 'BEGIN { exit !(busy > 1) }'; then
    echo "This machine is busy (load $busy): only the ratios mean something." | tee -a "$tmp/table"
fi
while IFS= read -r trace; do
    measure "$trace" || { echo "bench: $trace could not be measured" >&2 && exit 1; }
    table | tee -a "$tmp/table"
done <"$tmp/traces"
for key in ns_per_event heap_ns_per_event; do
    growth $key >>"$values"
done
sed -n 's/^growth\.\(.*\)=\(.*\)/\1: \2 times that of the smallest trace in the largest one/p' "$values" | tee -a "$tmp/table"
{
    sed 's/^/# /' "$tmp/table"
    grep -v '=$' "$values"
} >"$out"
echo "written to $out"
