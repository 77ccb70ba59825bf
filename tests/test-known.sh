#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-known.sh: programs whose reports' answers are known by construction log these into their traces; heapreel must find
# the same. Kept recordings of each Go version (tests/data/known), and new ones where Go is here. See examples/known and
# tests/check-known.
. "${0%/*}/tap.sh"

command -v python3 >/dev/null 2>&1 || skip_all 'no python3 to read the answers with'
export LC_ALL=C.UTF-8
unset GODEBUG
check_known=$HEAPREEL_SRC/tests/check-known
parts='leak slots maps refill pair work churn kinds tiny trends seldom fates halves people quiet atlas'

# look TRACE [LOG]: what a trace's answers come to.
look() { python3 "$check_known" "$HEAPREEL_BIN" "$@" >"$tmp/answers" 2>"$tmp/said"; }
# hold NAME: the cases of the last look.
hold() {
    if [ -s "$tmp/said" ] || ! [ -s "$tmp/answers" ]; then
        not_ok "$1: its answers can be read" "$tmp/said"
    fi
    adopt "$1" "$tmp/answers"
    sed -n 's/^ok \(Q[0-9]*\),.*/\1/p' "$tmp/answers" >>"$tmp/asked"
}

for trace in "$HEAPREEL_DATA"/known/*.trace.zst; do
    name=${trace##*/}
    name=${name%.trace.zst}
    log=${trace%.trace.zst}.gctrace
    if [ -f "$log" ]; then look "$trace" "$log"; else look "$trace"; fi
    hold "$name"
done
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    check "Q$n has answers" grep -qx "Q$n" "$tmp/asked"
done

# Side by side: each recording's own figures. Rows of `compare` are found by their measure.
columns='a b c d e f g'
here=$PWD
cd "$HEAPREEL_DATA/known" || exit 1
set -- churn-*.trace.zst
compare_all() {
    first=$1
    shift
    "$HEAPREEL_BIN" "$first" compare "$@" --by type --top 1000 --format jsonl
}
compare_all "$@" >"$tmp/compared"
for trace; do
    column=${columns%% *}
    columns=${columns#* }
    "$HEAPREEL_BIN" "$trace" events --format jsonl |
        sed -n 's/.*"key_string":"figure","value_string":"\(.*\)".*/\1/p' >"$tmp/figures"
    check "$trace has figures" test -s "$tmp/figures"
    while IFS='|' read -r by measure name value; do
        by=${by% } measure=${measure# } measure=${measure% } name=${name# } name=${name% } value=${value# }
        check "compare: $measure of $name in $trace" grep -E \
            "^.\"by\":\"$by\",\"measure\":\"$measure\",.*\"$column\":${value}[,}].*\"name\":\"$name\"" "$tmp/compared"
    done <"$tmp/figures"
done
cycles() { "$HEAPREEL_BIN" "$1" cycles --format jsonl | wc -l; }
check 'the greater GOGC, the fewer cycles' test "$(cycles churn-gogc50-1.26.trace.zst)" -gt "$(cycles churn-1.26.trace.zst)" -a \
    "$(cycles churn-1.26.trace.zst)" -gt "$(cycles churn-gogc200-1.26.trace.zst)"
# --from and --to cut out a part of each recording, by its own time; other reports count the same.
window='--from 20ms --to 60ms'
# shellcheck disable=SC2086 # words
"$HEAPREEL_BIN" churn-1.26.trace.zst compare churn-1.23.trace.zst $window --format jsonl >"$tmp/compared"
objects() { # objects TRACE: allocated in the window
    # shellcheck disable=SC2086
    "$HEAPREEL_BIN" "$1" allocators $window --format jsonl | sed 's/.*"objects":\([0-9]*\).*/\1/' | awk '{ n += $1 } END { print n }'
}
check 'compare --from and --to: so long' grep -q '"measure":"duration",.*"a":40000000,"b":40000000,' "$tmp/compared"
check 'compare --from and --to: so many objects' grep -q \
    "\"measure\":\"allocs\",.*\"a\":$(objects churn-1.26.trace.zst),\"b\":$(objects churn-1.23.trace.zst)," "$tmp/compared"
cd "$here" || exit 1

# Of two instants of one recording, what wasn't there yet is none, not unknown.
"$HEAPREEL_BIN" "$HEAPREEL_DATA/known/leak-1.26.trace.zst" compare --since start --at end --by type --top 1000 --format jsonl >"$tmp/compared"
check 'compare of two instants knows none' grep -q '"measure":"objects",.*"a":0,"b":700,.*"name":"main.leaked"' "$tmp/compared"

# For CI: the leak is found by its exit code, and only it.
leak=$HEAPREEL_DATA/known/leak-1.26.trace.zst
"$HEAPREEL_BIN" "$leak" grown --fail-if 'd_objects>=700 and name=main.leaked' >/dev/null 2>&1
check '--fail-if finds the leak' test $? -eq 3
"$HEAPREEL_BIN" "$leak" grown --fail-if 'd_objects>700 and name=main.leaked' >/dev/null 2>&1
check '--fail-if finds no more than there is' test $? -eq 0

"$HEAPREEL_BIN" "$HEAPREEL_DATA/known/seldom-1.26.trace.zst" leaks --fail-if suspect >/dev/null 2>"$tmp/said"
check '  ... and a suspect' grep -q 'main\.seldomly' "$tmp/said"

# The log of a whole `go test` has lines of other processes too, before and behind.
cd "$HEAPREEL_DATA/known" || exit 1
cross() { "$HEAPREEL_BIN" "leak-$1.trace.zst" crosscheck --log "$2" --format jsonl; }
{
    cat leak-1.23.gctrace
    echo 'ok  example 0.01s gc 3 @ home'
    sed 's/$/ /' leak-1.26.gctrace
    cat leak-1.24.gctrace leak-1.25.gctrace
} >"$tmp/several.log"
for v in 1.23 1.24 1.25 1.26; do
    check "leak-$v has its log" grep -q '^gc 1 @' "leak-$v.gctrace"
    cross $v "leak-$v.gctrace" >"$tmp/alone"
    cross $v "$tmp/several.log" >"$tmp/among"
    same "leak-$v finds its own lines among those of four processes" "$tmp/alone" "$tmp/among"
    # MemStats are compared with the instant at which they were read: then nothing differs, not by one object.
    grep '"source":"memstats","what":"\(HeapAlloc\|HeapObjects\|HeapInuse\)"' "$tmp/alone" >"$tmp/stats"
    check "leak-$v: MemStats agree in all" test "$(wc -l <"$tmp/stats")" -eq 21 -a "$(grep -c '"diff":0,' "$tmp/stats")" -eq 21
done
"$HEAPREEL_BIN" leak-1.26.trace.zst crosscheck --log "$tmp/several.log" >"$tmp/said"
check '  ... and says so' grep -q 'The log has lines of 4 processes' "$tmp/said"
# The runtime's own count of the heap, by spans that refills took: the rebuilt heap comes to the same byte in each cycle.
for trace in *.trace.zst; do
    "$HEAPREEL_BIN" "$trace" crosscheck --format jsonl | grep '"what":"heap live at begin"' >"$tmp/begins"
    check "${trace%.trace.zst}: heap live at each cycle's begin, to the byte" \
        test "$(grep -c '"diff":0,' "$tmp/begins")" -eq "$("$HEAPREEL_BIN" "$trace" cycles --format jsonl | wc -l)"
done
cd "$here" || exit 1

# New ones. A part ends at once where the heap isn't as it needs it, and a busy machine may come in between where it counts
# on its own clock: it is begun anew, a few times. With many variables the environment alone would fill slots of its classes.
if ! command -v go >/dev/null 2>&1; then
    skip 'new recordings' 'no go command'
    done_testing
    exit 0
fi
export GOTOOLCHAIN=local
enough=$(($(date +%s) + 60)) # a slow machine records fewer
for version in 1.26 1.23 1.24 1.25; do
    tool=$("$HEAPREEL_SRC/examples/find-go" $version 2>/dev/null)
    if [ -z "$tool" ]; then
        skip "Go $version" 'not here'
        continue
    fi
    if ! (cd "$HEAPREEL_SRC/examples" && GOROOT='' "$tool" build -o "$tmp/known" ./known) >"$tmp/log" 2>&1; then
        not_ok "Go $version builds the program" "$tmp/log"
        continue
    fi
    for part in $parts; do
        if [ "$(date +%s)" -gt $enough ]; then
            skip "$part, new, Go $version" 'a minute of new recordings is enough'
            continue
        fi
        : >"$tmp/answers" 2>"$tmp/said"
        for _ in 1 2 3 4 5 6; do
            timeout 20 env -i GODEBUG=gctrace=1,scavtrace=1 "$tmp/known" -part "$part" -o "$tmp/trace" 2>"$tmp/gc.log" ||
                continue
            look "$tmp/trace" "$tmp/gc.log"
            grep -q '^not ok' "$tmp/answers" || break
        done
        hold "$part, new, Go $version"
    done
done
done_testing
