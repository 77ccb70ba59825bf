#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-cli.sh: the built program without a terminal: exit statuses, formats, pipes, files, damaged and foreign input.
. "${0%/*}/tap.sh"

# Anything a user's environment might change.
unset NO_COLOR TMPDIR COLUMNS
export LC_ALL=C.UTF-8
churn=$HEAPREEL_DATA/mapchurn-1.26.trace.zst
plain=$HEAPREEL_DATA/plain-1.22.trace.zst
older=$HEAPREEL_DATA/mapchurn-1.23.trace.zst

# run STATUS NAME ARG...: passes where the program ends with STATUS and says something on stderr only if that isn't 0.
run() {
    run_status=$1
    run_name=$2
    shift 2
    "$HEAPREEL_BIN" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    run_got=$?
    if [ "$run_got" -ne "$run_status" ]; then
        echo "exit status $run_got, not $run_status" >>"$tmp/err"
        not_ok "$run_name" "$tmp/err"
    elif [ "$run_status" -eq 0 ] && [ -s "$tmp/err" ]; then
        not_ok "$run_name (said something)" "$tmp/err"
    elif [ "$run_status" -ne 0 ] && [ "$(wc -l <"$tmp/err")" -ne 1 ]; then
        not_ok "$run_name (not one line on stderr)" "$tmp/err"
    else
        ok "$run_name"
    fi
}
says() { check "  ... and says: $1" grep -qF -- "$1" "$tmp/err"; }
shows() { check "  ... and shows: $1" grep -qF -- "$1" "$tmp/out"; }
silent() { if [ -s "$tmp/out" ]; then not_ok '  ... and prints nothing' "$tmp/out"; else ok '  ... and prints nothing'; fi; }

# ---------------------------------------------------------------- use
run 0 'help' --help
shows 'heapreel [OPTION]... TRACE COMMAND [ARG]...'
run 0 'version' --version
run 0 'help lists commands' help
shows 'bucket'
run 0 'the glossary without a trace' glossary nonempty
shows 'runtime/mcentral.go: partial'
run 0 'the name of a column leads to its entry, and to what it counts where' glossary free_slots
shows 'in the output of central: free slots'
run 0 'a word that is no entry finds what mentions it' glossary GOMAXPROCS --format jsonl
shows '"word":"P"'
run 2 'a word that nobody knows' glossary nonemtpy
says 'did you mean nonempty?'
run 0 'help on one' help bucket
shows 'held_ns'
run 2 'no trace'
run 2 'a terminal is needed where no command is named' "$churn"
says 'name a command'
run 2 'two recordings and no command' "$churn" "$churn"
says 'the screen shows one recording'
run 2 'an unknown command' "$churn" spnas
says 'did you mean spans?'
run 2 'an unknown option' "$churn" spans --frmat csv
says 'did you mean --format?'
run 2 'an unknown format' "$churn" info --format xml
run 2 'an option without its value' "$churn" info --format
run 2 'no size' --max-mem much "$churn" summary
run 2 '--log names a file that is not there' --log "$tmp/gc.log" "$churn" where
run 2 '--log without a line of gctrace' --log "$HEAPREEL_SRC/README.md" "$churn" where
says 'no gctrace or scavtrace lines'
run 2 '--log names a device that never ends' --log /dev/zero "$churn" where
says 'no gctrace or scavtrace lines'
run 2 '--by what a report has no rows for' "$churn" where --by colour
says '--by is all, class or type here'
run 2 '--top of nothing' "$churn" leaks --top 0
"$HEAPREEL_BIN" "$churn" types --since start --fail-if 'd_bytes>1KB and type!="main.rec"' >/dev/null 2>&1
check '--fail-if with a row that is so exits with 3' test $? -eq 3
run 0 '--fail-if without such a row' "$churn" types --since start --fail-if 'd_bytes>100GB or type="main.nothing"'
run 2 '--fail-if with a column that is not there' "$churn" cycles --fail-if 'd_bytes>1'
says 'no field d_bytes'
run 2 '--fail-if that is no expression' "$churn" cycles --fail-if 'gc or'
# what --fail-if took before it took filters: other joints, blanks, plain ns, null, shares
for expr in 'd_live > 10 && d_bytes>1KB' 'd_bytes>9GB||type=null' 'type == "uint8"' 'size=1 and d_live>=100'; do
    run 3 "--fail-if $expr" "$churn" types --since start --at gc:3 --fail-if "$expr"
    says 'row'
done
run 3 '--fail-if says which row' "$churn" types --since start --at gc:3 --fail-if 'type~main. live>2k'
says '--fail-if type~main. live>2k: 1 row; row 4, type main.rec, live 3 000'
for expr in 'd_bytes>2e3' 'd_bytes>=1.4E2KB' 'd_bytes>2000000e-3'; do
    run 3 "--fail-if $expr" "$HEAPREEL_DATA/known/leak-1.26.trace.zst" grown --fail-if "$expr"
done
run 0 '--fail-if with an exponent too large' "$churn" types --fail-if 'live>1e30'
for expr in 'd_bytes>1f' 'd_bytes>0x10' 'd_bytes>1e' 'd_bytes<e3'; do
    run 2 "--fail-if $expr" "$HEAPREEL_DATA/known/leak-1.26.trace.zst" grown --fail-if "$expr"
done
run 3 '--fail-if with ns and with a share' "$churn" delays --by type --fail-if 'p99>140000000 and share>40% and min<5ms'
run 0 '--where on columns that text output hides, and on shares' "$churn" delays --by type --where 'min>1ms share>20% share<0.6'
shows 'main.extra'
run 3 'the output of --fail-if is kept' "$churn" types --fail-if 'live>0' -o "$tmp/kept.csv" --format csv
check '  ... in its file' grep -q uint8 "$tmp/kept.csv"

# ---------------------------------------------------------------- --top: behind the filter, and in every command
# first_rows LINES FILTER COMMAND...: with --top the first of the rows that the filter lets through, and a whole output.
first_rows() {
    cut_lines=$1 cut_where=$2
    shift 2
    "$HEAPREEL_BIN" "$churn" "$@" --where "$cut_where" --format csv | head -n $((cut_lines + 1)) >"$tmp/want"
    "$HEAPREEL_BIN" "$churn" "$@" --where "$cut_where" --top "$cut_lines" --format csv >"$tmp/got"
    check "$1 has so many rows" test "$(wc -l <"$tmp/want")" -eq $((cut_lines + 1))
    same "$* --where '$cut_where' --top $cut_lines" "$tmp/want" "$tmp/got"
}
first_rows 2 'live<100' types
first_rows 3 'pages>1' spans
first_rows 2 'ev~Alloc' events
first_rows 2 'objects<10 age=12' leaks
first_rows 3 'age=12 objects<10' leaks --by age
first_rows 2 'd_objects<0' grown
first_rows 2 'each<1k' pins
first_rows 2 'mcache_ns>1ms' returns --by span
first_rows 2 'new<5' growths
first_rows 2 'objects<1000' allocators
first_rows 2 'swept>0' charged --by event
first_rows 1 'fell<0.5m' turns
first_rows 2 't>0 gc_begin<43ms' aftermath
# where a type or class has several rows, or sums stand above them, so many of these
top_names() { "$HEAPREEL_BIN" "$churn" "$@" --format jsonl | sed 's/.*"name":"\([^"]*\)".*/\1/' | grep -vx all | uniq | head -n 2 >"$tmp/names"; }
cut_names() {
    top_names "$@"
    mv "$tmp/names" "$tmp/want"
    top_names "$@" --top 2
    check "$1 has two such rows" test "$(wc -l <"$tmp/want")" -eq 2
    same "$* --top 2" "$tmp/want" "$tmp/names"
}
cut_names delays --by type --where 'n<100'
cut_names delays --by class --where 'what=reuse n<100'
cut_names returns --where 'place=emptied n<5'
cut_names failures --where 'grown<5'
cut_names refills --at gc:3 --where 'part=after allocs<100'
cut_names traffic --where 'refills<5'
cut_names charged --by region --where 'assists>0'
cut_names where --by type --at start,end --where 'at=end live<10k'
cut_names chains --by type --where 'groups<1000'
cut_names maps --where 'live<10k'
"$HEAPREEL_BIN" "$churn" compare "$older" --by type --top 1 --where 'by=type name~main.rec' --format jsonl >"$tmp/out"
check 'compare --top 1 of the types that the filter lets through' grep -q '"measure":"allocs".*main.rec' "$tmp/out"
"$HEAPREEL_BIN" "$churn" aftermath --format jsonl | grep -v '"what":"[lrt]' >"$tmp/want"
"$HEAPREEL_BIN" "$churn" aftermath --top 1 --format jsonl | grep -v '"what":"[lrt]' >"$tmp/got"
same 'what all annotations come to, however many are shown' "$tmp/want" "$tmp/got"
run 0 'output that --top cuts is whole' "$churn" types --top 1 --format jsonl
check '  ... one row' test "$(wc -l <"$tmp/out")" -eq 1
# text is held back until its columns are settled: it has to be out before the command's columns are gone, which the
# program with sanitizers sees
checked=$HEAPREEL_BUILD/tests/heapreel_checked
[ -x "$checked" ] || checked=$HEAPREEL_BIN
for cmd in $("$HEAPREEL_BIN" help --format csv | sed -n 's/^\([a-z]*\),.*/\1/p'); do
    case $cmd in command | bucket | span | help | compare | perfetto | pprof | save) continue ;; esac
    "$HEAPREEL_BIN" "$churn" "$cmd" --format csv | sed -n 2p >"$tmp/want"
    ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=1 "$checked" "$churn" "$cmd" --top 1 >"$tmp/out" 2>"$tmp/err"
    check "$cmd --top 1, as text" test $? -eq 0
    check '  ... with rows where there are any' test -s "$tmp/out" -o ! -s "$tmp/want"
done
run 2 '--top of nothing, elsewhere' "$churn" types --top nothing
says '--top needs a number of rows'

# ---------------------------------------------------------------- how wide text is
for report in $("$HEAPREEL_BIN" "$churn" reports --format csv | cut -d, -f2 | sed '1d; /^bucket$/d'); do
    set -- "$report"
    [ "$report" != compare ] || set -- compare "$older"
    COLUMNS=80 "$HEAPREEL_BIN" "$churn" "$@" >"$tmp/out" 2>/dev/null
    check "$report fits 80 columns" test -s "$tmp/out" -a "$(wc -L <"$tmp/out")" -le 80
done
COLUMNS=80 "$HEAPREEL_BIN" "$churn" returns --by span --top 3 >"$tmp/out"
shows 'no room here for'
check '  ... but the address stays' grep -q '^0x' "$tmp/out"
"$HEAPREEL_BIN" "$churn" leaks >"$tmp/out"
check 'elsewhere than on a terminal nothing is cut' grep -q 'struct { F uintptr; X0 \*recording.Options; X1' "$tmp/out"
COLUMNS=80 "$HEAPREEL_BIN" "$churn" leaks >"$tmp/out"
check 'what is cut has a mark' grep -q 'struct { F .*…$' "$tmp/out"
COLUMNS=80 LC_ALL=C "$HEAPREEL_BIN" "$churn" leaks >"$tmp/out"
check '  ... in ASCII too' grep -q 'struct { F .*\.\.\.$' "$tmp/out"

# ---------------------------------------------------------------- several traces
run 0 'one command over several traces' "$churn" "$older" "$plain" cycles --format csv
for one in "$churn" "$older" "$plain"; do
    "$HEAPREEL_BIN" "$one" cycles --format csv >"$tmp/one"
    grep -F "$one," "$tmp/out" | sed "s|^$one,||" >"$tmp/got"
    sed 1d "$tmp/one" >"$tmp/want"
    same "  ... the rows of ${one##*/} under its name" "$tmp/want" "$tmp/got"
done
check '  ... under one heading' test "$(grep -c '^file,gc,' "$tmp/out")" -eq 1
run 2 'one of several that is not there' "$churn" "$tmp/none" "$older" leaks --format jsonl
says "$tmp/none: No such file"
check '  ... costs that one only' test "$(grep -c "$older" "$tmp/out")" -gt 5
run 3 '--fail-if over several' "$plain" "$churn" cycles --fail-if 'objects_freed>3k'
says "$churn: --fail-if objects_freed>3k:"
run 0 'several traces, several commands' "$churn" "$older" -e 'delays --top 1' -e 'types --top 1'
run 2 'several traces into one saved reel' "$churn" "$older" save "$tmp/both.reel"
run 0 'several traces on the command line before compare' "$churn" "$older" compare "$churn" --format jsonl
run 2 'a mistyped command behind a trace is no trace' "$churn" leeks
says 'did you mean leaks?'
run 0 'two recordings side by side' compare "$churn" "$HEAPREEL_DATA/mapchurn-1.23.trace.zst" --format jsonl
shows '"measure":"reuse_p99"'
zstd -dqc "$churn" 2>/dev/null | head -c 60000 >"$tmp/half.trace"
if [ -s "$tmp/half.trace" ]; then
    run 1 'compare with a damaged recording' compare "$older" "$tmp/half.trace" --format jsonl
    says 'beside it half.trace: damaged at byte'
    shows '"measure":"damaged","unit":null,"a":"no","b":"yes"'
    run 1 'compare from a damaged recording' compare "$tmp/half.trace" "$older" --format jsonl
    shows '"measure":"damaged","unit":null,"a":"yes","b":"no"'
fi
run 0 'a recording beside itself' compare "$churn" "$churn" --by type --format jsonl
check '  ... is the same' test "$(grep -c '"ratio":1[,}]' "$tmp/out")" -gt 30 -a "$(grep -c '"ratio":[02-9.]' "$tmp/out")" -eq 0
run 2 'compare with a file that is not there' compare "$churn" "$tmp/none"
run 2 'compare with nothing' "$churn" compare
run 0 'the list of reports' "$churn" reports
shows 'Q20'
run 0 'a report' "$churn" leaks
shows 'GC cycles ended'
run 2 'a bad time' "$churn" summary --at noon
run 2 'a cycle that is not there' "$churn" summary --at gc:999
run 2 'an address that was never in use' "$churn" bucket 0x10
run 2 'a filter of a field that is not there' "$churn" spans --where 'slts>3'
says 'did you mean slots?'
run 2 'a filter of a value that a column never has' "$churn" leaks --where suspect=maybe
says 'suspect takes yes or no, not maybe'
run 2 '  ... nor with --fail-if' "$churn" leaks --fail-if suspect=maybe
says 'suspect takes yes or no, not maybe'
run 2 '  ... one of a few texts' "$older" sfr --where 'band=sever'
says 'band is one of normal, watch, severe, not sever'
run 2 '  ... a number' "$churn" types --where live=none
says 'live takes a number'
run 0 '  ... and unknown ones can be asked for' "$churn" leaks --where 'suspect=? or suspect=yes'
run 2 'the type of an event is a number, its name is beside it' "$churn" events --where type~rec
says 'write type_name~rec'
run 0 'the name of no type' "$churn" types
shows '(no type)'
run 2 'a filter that makes no sense' "$churn" spans --where 'slots>>3'
run 2 'an open quote' "$churn" -e 'info "'
silent

# ---------------------------------------------------------------- what is no trace
: >"$tmp/empty"
echo 'hello, world, this is a text file' >"$tmp/text"
for command in info events summary; do
    run 2 "$command: no such file" "$tmp/missing" "$command"
    says "$tmp/missing"
    run 2 "$command: an empty file" "$tmp/empty" "$command"
    run 2 "$command: a text file" "$tmp/text" "$command"
    says "$tmp/text"
    run 2 "$command: a folder" "$tmp" "$command"
    silent
done
run 2 'standard input without a byte' - info

# ---------------------------------------------------------------- options before and after, several commands
run 0 'options after the command' "$churn" summary --at 50% --format jsonl
cp "$tmp/out" "$tmp/after"
run 0 'options before the trace' --at=50% --format=jsonl "$churn" summary
same '  ... give the same' "$tmp/after" "$tmp/out"
run 0 'options between trace and command' "$churn" --at 50% --format jsonl summary
same '  ... give the same' "$tmp/after" "$tmp/out"
run 0 'a command as a line' "$churn" -e 'summary --at 50% --format jsonl'
same '  ... gives the same' "$tmp/after" "$tmp/out"
run 0 'several commands' --format jsonl "$churn" -e 'summary --at 50%' -e 'cycles' -e 'info'
check '  ... print one after another' sh -c 'head -n 1 "$1" | cmp - "$2" && tail -n 1 "$1" | grep -q kinds' - "$tmp/out" "$tmp/after"
run 2 'a bad one among several' --format jsonl "$churn" -e 'summary' -e 'nonsense'
shows '"heap_live"'

# ---------------------------------------------------------------- --where, against awk over all rows
where() { # where NAME COMMAND FILTER AWK
    "$HEAPREEL_BIN" "$churn" $2 --at 20% --format jsonl | awk "$4" >"$tmp/want"
    "$HEAPREEL_BIN" "$churn" $2 --at 20% --format jsonl --where "$3" >"$tmp/out" 2>"$tmp/err"
    if [ -s "$tmp/want" ]; then same "$1" "$tmp/want" "$tmp/out"; else not_ok "$1: no rows are wanted" "$tmp/want"; fi
}
where 'spans of a place' spans 'where=empty swept p=?' '/"where":"empty"/ && /"swept":true/ && /"p":null/'
where 'spans that are none of a place' spans 'not where=empty' '/"where":"(mcache|nonempty)"/'
where 'spans by what is free' spans 'free>50% live' '{ l = $0; sub(/.*"live":/, "", l); n = $0; sub(/.*"slots":/, "", n);
    if (n + 0 > 0 && l + 0 > 0 && (n - l) * 2 > n + 0) print }'
where 'types by name or size' types 'type~REC or size>=1k' '{ s = $0; sub(/.*"size":/, "", s);
    if ($0 ~ /"type":"[^"]*[Rr]ec/ || s + 0 >= 1024) print }'
where 'events by an argument' events 'ev=GoCreate new_g>=18' '/"ev":"GoCreate"/ { g = $0; sub(/.*"new_g":/, "", g); if (g + 0 >= 18) print }'
run 0 'a filter that nothing matches' "$churn" spans --where 'live<3 live>3' --format jsonl
silent

# ---------------------------------------------------------------- standard input
check 'info from a pipe' sh -c 'cat "$2" | "$1" - info --format jsonl | grep -q "\"version\":\"1.26\""' - "$HEAPREEL_BIN" "$churn"
check 'several commands from one pipe' sh -c \
    'test "$(cat "$2" | "$1" --format jsonl - -e info -e info -e summary | wc -l)" -eq 3' - "$HEAPREEL_BIN" "$churn"
check 'events from a pipe, from a cycle on' sh -c \
    'cat "$2" | "$1" --format jsonl - events --from gc:12 | head -n 1 | grep -q "\"t\":"' - "$HEAPREEL_BIN" "$churn"

mkfifo "$tmp/fifo"
check 'several commands from a named pipe' sh -c \
    'cat "$2" >"$3/fifo" & test "$("$1" --format jsonl "$3/fifo" -e info -e summary | wc -l)" -eq 2' - \
    "$HEAPREEL_BIN" "$churn" "$tmp"
check 'a file as standard input is read as often as needed' sh -c \
    'test "$("$1" --format jsonl - -e info -e summary <"$2" | wc -l)" -eq 2' - "$HEAPREEL_BIN" "$churn"
for command in events summary; do
    "$HEAPREEL_BIN" "$churn" $command --format jsonl >"$tmp/whole.jsonl"
    half=$(($(wc -c <"$churn") / 2))
    (head -c $half "$churn"; sleep 0.5; tail -c +$((half + 1)) "$churn") |
        "$HEAPREEL_BIN" - $command --format jsonl >"$tmp/slow.jsonl" 2>"$tmp/err"
    same "$command of a pipe that pauses" "$tmp/whole.jsonl" "$tmp/slow.jsonl"
done

# The first generation's events come out while the pipe stays open: the last line of the file comes when it is asked for.
if command -v zstd >/dev/null 2>&1; then
    zstd -dqc "$HEAPREEL_DATA/mixed-1.26.trace.zst" >"$tmp/mixed"
    "$HEAPREEL_BIN" "$tmp/mixed" events --format jsonl >"$tmp/whole.jsonl"
    (head -c $(($(wc -c <"$tmp/mixed") - 1)) "$tmp/mixed"; touch "$tmp/paused"; sleep 3; tail -c 1 "$tmp/mixed") |
        "$HEAPREEL_BIN" - events --format jsonl >"$tmp/slow.jsonl" 2>"$tmp/err" &
    reader=$!
    while [ ! -e "$tmp/paused" ]; do sleep 0.05; done
    sleep 1
    check 'events of generations come while a pipe is still being written' test -s "$tmp/slow.jsonl"
    wait $reader
    same '  ... and the others follow' "$tmp/whole.jsonl" "$tmp/slow.jsonl"

    # A later version: read, with a line about it, and no failure.
    (printf 'go 1.31'; tail -c +8 "$tmp/mixed") >"$tmp/later"
    for command in info events summary; do
        check "$command: a trace of tomorrow" "$HEAPREEL_BIN" "$tmp/later" $command --format jsonl -o "$tmp/out"
        "$HEAPREEL_BIN" "$tmp/later" $command >"$tmp/out" 2>"$tmp/err"
        check '  ... is warned of in one line' sh -c 'test "$(wc -l <"$1")" -eq 1 && grep -q "Go 1.31, newer" "$1"' - "$tmp/err"
    done
    "$HEAPREEL_BIN" "$tmp/later" info >"$tmp/out" 2>"$tmp/err"
    shows 'newer than'
    # Two traces in one file: the heap is the first one's, and a line says how to get at the other.
    cat "$tmp/mixed" "$tmp/mixed" >"$tmp/two"
    "$HEAPREEL_BIN" "$tmp/mixed" summary >"$tmp/one.txt"
    check 'two traces in one file' sh -c '"$1" "$2" summary >"$3" 2>"$4"' - "$HEAPREEL_BIN" "$tmp/two" "$tmp/out" "$tmp/err"
    same '  ... the heap of the first' "$tmp/one.txt" "$tmp/out"
    says "only the first trace of this file is shown: another trace begins at byte $(wc -c <"$tmp/mixed")"
    # A program killed between two batches: all bytes were read, and still the trace isn't whole. The last is the end mark.
    head -c $(($(wc -c <"$tmp/mixed") - 1)) "$tmp/mixed" >"$tmp/killed"
    run 1 'a file that ends between two batches' "$tmp/killed" summary
    says 'the file ends before its last generation is whole; kept '
    zstd -dqc "$HEAPREEL_DATA/plain-1.21.trace.zst" | cat "$tmp/mixed" - >"$tmp/old"
    run 1 'a trace of Go 1.21 behind another' "$tmp/old" summary
    says "damaged at byte $(wc -c <"$tmp/mixed"): a trace of Go 1.21 or before begins here"
    tail -c +$(($(wc -c <"$tmp/mixed") + 1)) "$tmp/two" >"$tmp/second"
    check '  ... the other cut out as told' cmp "$tmp/mixed" "$tmp/second"
    # Packed data that would fill the disk: it ends early, and says so.
    (cat "$HEAPREEL_DATA/plain-1.26.trace.zst"; head -c 300000000 /dev/zero | zstd -qc) >"$tmp/bomb"
    run 1 'packed data that bursts' "$tmp/bomb" info
    says 'a thousand times its size'
fi

# ---------------------------------------------------------------- a trace without alloc/free
run 0 'info of a plain trace' "$plain" info
shows 'GODEBUG=traceallocfree=1'
run 0 'its cycles' "$plain" cycles --format csv
run 0 'its summary' "$plain" summary --format jsonl
shows '"objects":null'
run 0 'its spans' "$plain" spans --format jsonl
silent
run 2 'a bucket of it' "$plain" bucket 0xc000000000

# ---------------------------------------------------------------- flight recorders
for version in 1.25 1.26; do
    flight=$HEAPREEL_DATA/flight-$version.trace.zst
    run 0 "info of a flight recorder's trace, Go $version" "$flight" info
    shows 'those of the flight recorder have none'
    for command in summary cycles spans central types notes ranges goroutines; do
        run 0 "  ... its $command" "$flight" $command --format jsonl
    done
    run 0 '  ... with addresses from the base' "$flight" spans --format csv
    shows '+0x'
done
# This one begins while the collector marks, and ends so.
run 0 'the cycle under way at the begin' "$HEAPREEL_DATA/flight-1.25.trace.zst" cycles --format jsonl
shows '"gc":0,'
check '  ... has its end, the last one has none' sh -c \
    'head -n 1 "$1" | grep -q "\"sweep\":\[" && tail -n 1 "$1" | grep -q "\"end\":null"' - "$tmp/out"

# ---------------------------------------------------------------- formats
run 0 'info' "$churn" info --format jsonl
events=$(sed 's/.*"events":\([0-9]*\).*/\1/' "$tmp/out")
for format in jsonl text csv; do
    run 0 "events as $format" "$churn" events --format "$format"
    lines=$(wc -l <"$tmp/out")
    [ "$format" = jsonl ] || lines=$((lines - 1))
    if [ "$lines" -eq "$events" ]; then
        ok '  ... one line an event'
    else
        echo "$lines lines, $events events" >"$tmp/err"
        not_ok '  ... one line an event' "$tmp/err"
    fi
done
if command -v jq >/dev/null 2>&1; then
    for command in info events summary cycles phases spans central types notes ranges goroutines 'events --stacks'; do
        # shellcheck disable=SC2086 # options are words
        "$HEAPREEL_BIN" "$churn" $command --format jsonl >"$tmp/out"
        check "$command: jq reads every line" jq -e -c 'type == "object"' "$tmp/out"
    done
    check 'times never decrease' sh -c '"$1" "$2" events --format jsonl | jq -s -e "[.[].t] | . == sort"' - "$HEAPREEL_BIN" "$churn"
else
    skip 'jq reads every line' 'no jq command'
fi

# ---------------------------------------------------------------- pipes and files
check 'a reader that goes away ends it with 0, in silence' sh -c \
    '{ "$1" "$2" events --format jsonl 2>"$3/err"; echo $? >"$3/status"; } | head -n 1 >/dev/null
     test "$(cat "$3/status")" -eq 0 && test ! -s "$3/err"' - "$HEAPREEL_BIN" "$churn" "$tmp"
if [ -w /dev/full ]; then
    check 'a full disk is told' sh -c '! "$1" "$2" events >/dev/full 2>"$3/err" && grep -q "No space left" "$3/err"' - \
        "$HEAPREEL_BIN" "$churn" "$tmp"
    for command in save perfetto pprof; do
        run 2 "  ... by $command" "$churn" $command /dev/full
        says 'No space left'
    done
else
    skip 'a full disk is told' 'no /dev/full'
fi
mkdir "$tmp/dir"
run 0 'a file' "$churn" spans --format csv -o "$tmp/dir/spans.csv"
silent
"$HEAPREEL_BIN" "$churn" spans --format csv >"$tmp/spans.csv"
same '  ... holds what stdout would' "$tmp/spans.csv" "$tmp/dir/spans.csv"
echo old >"$tmp/dir/old"
chmod 640 "$tmp/dir/old"
run 2 'a command that fails leaves the old file' "$churn" -o "$tmp/dir/old" summary --at noon
check '  ... as it was' grep -qx old "$tmp/dir/old"
run 2 'so does one of several' "$churn" -o "$tmp/dir/old" -e info -e nonsense
check '  ... as it was' grep -qx old "$tmp/dir/old"
run 0 'a file is replaced' "$churn" -o "$tmp/dir/old" -e info -e summary
check '  ... whole' sh -c 'grep -q kinds "$1" && grep -q heap_goal "$1"' - "$tmp/dir/old"
check '  ... with its mode' sh -c 'ls -l "$1" | grep -q "^-rw-r-----"' - "$tmp/dir/old"
ln -s old "$tmp/dir/link"
run 0 'a symbolic link is followed' "$churn" -o "$tmp/dir/link" info
check '  ... and stays one' test -L "$tmp/dir/link"
run 2 'a folder that is not there' "$churn" info -o "$tmp/nowhere/x"
run 0 'a device is written directly' "$churn" info -o /dev/null
check '  ... and stays one' test -c /dev/null
check 'nothing else is left in the folder' sh -c 'test "$(ls -A "$1" | tr "\n" " ")" = "link old spans.csv "' - "$tmp/dir"

# A file that changes while it is open. A pipe that nobody empties holds the program in its first command meanwhile.
mkfifo "$tmp/hold"
hold() { # hold FILE COMMAND...: in its first command, which has written something, until "go on"
    "$HEAPREEL_BIN" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null &
    held=$!
    exec 9<"$tmp/hold"
    dd bs=1 count=1 <&9 >/dev/null 2>&1
}
go_on() { # go_on STATUS NAME
    cat <&9 >/dev/null
    exec 9<&-
    wait "$held"
    check "$2" test $? -eq "$1"
    check '  ... in one line' test "$(wc -l <"$tmp/err")" -eq 1
}
cp "$churn" "$tmp/open"
hold "$tmp/open" -e summary -e "events -o $tmp/hold" -e 'events --to 1us'
cp "$older" "$tmp/other"
mv "$tmp/other" "$tmp/open"
go_on 2 'a trace that was recorded anew since it was loaded'
says "$tmp/open: the file has changed since it was loaded"
check '  ... and nothing of the other one is shown' sh -c '! grep -q ProcStatus "$1"' - "$tmp/out"
run 0 'a reel to be cut short' "$churn" save "$tmp/open.reel"
hold "$tmp/open.reel" -e "events -o $tmp/hold" -e leaks
truncate -s 4096 "$tmp/open.reel"
go_on 2 'a file that becomes shorter while it is read'
says 'became shorter while it was being read'
for source in /dev/zero "$tmp/zeros"; do # without an end, unless somebody looks at the first bytes
    [ "$source" = /dev/zero ] || mkfifo "$source"
    [ "$source" = /dev/zero ] || cat /dev/zero >"$source" 2>/dev/null &
    run 2 "what never ends and is no trace: ${source##*/}" "$source" summary
    says 'not a Go execution trace'
done

# ---------------------------------------------------------------- damage
if command -v zstd >/dev/null 2>&1; then
    zstd -dqc "$churn" >"$tmp/whole"
    size=$(wc -c <"$tmp/whole")
    head -c $((size / 2)) "$tmp/whole" >"$tmp/cut"
    for command in info events summary spans cycles; do
        run 1 "$command: a trace cut in half" "$tmp/cut" "$command" --format jsonl
        says 'damaged at byte'
        shows '{'
    done
    run 1 'a file is still written' "$tmp/cut" summary -o "$tmp/dir/cut"
    check '  ... whole' grep -q heap_goal "$tmp/dir/cut"
    run 1 'where events are missing nothing is sure' "$tmp/cut" spans --format jsonl
    says '; nothing in the heap is sure'
    shows '"sure":false'
    check '  ... indeed nothing' sh -c "! grep -q '\"sure\":true' '$tmp/out'"
    run 1 '  ... nor the sums' "$tmp/cut" summary
    check '  ... and marks them' grep -q '^objects .*[0-9]?$' "$tmp/out"
    run 1 'without a heap nothing is said of it' "$tmp/cut" info
    check '  ... indeed nothing' sh -c "! grep -q 'heap is sure' '$tmp/err'"
    echo 'screen end' >"$tmp/script"
    run 0 '  ... on the screen neither' --script "$tmp/script" --size 80x24 --no-color "$tmp/cut"
    check '  ... its header says so' grep -qE ' events missing . GC [0-9]+ of ' "$tmp/out"
    run 1 'several commands say it once' "$tmp/cut" -e info -e summary -e spans
    head -c 16 "$tmp/whole" >"$tmp/header"
    run 2 'nothing but a header' "$tmp/header" info
    head -c 12 "$tmp/whole" >"$tmp/stub"
    run 2 'less than a header' "$tmp/stub" info
    at=17
    bad=0
    while [ $at -lt "$size" ]; do
        head -c $at "$tmp/whole" >"$tmp/cut"
        "$HEAPREEL_BIN" "$tmp/cut" summary --format jsonl >"$tmp/out" 2>"$tmp/err"
        status=$?
        if [ $status -ne 1 ] && [ $status -ne 2 ]; then
            echo "# cut at $at: exit status $status"
            bad=1
        fi
        at=$((at * 3 / 2 + 1))
    done
    check 'cut anywhere, it says so' test $bad -eq 0
else
    skip 'cut traces' 'no zstd command'
fi

# Without alloc/free events nothing is counted, and that is not 0.
run 0 'where, without alloc/free events' "$plain" where --format csv
printf ',,,,,,\n' >"$tmp/nothing"
sed 1d "$tmp/out" | cut -d, -f2-8 | sort -u >"$tmp/sums"
same 'where: what is not known is empty, not 0' "$tmp/nothing" "$tmp/sums"

"$HEAPREEL_BIN" reports --format csv >"$tmp/reports" </dev/null
check 'reports are listed without a trace' grep -q '^Q20,leaks,' "$tmp/reports"

done_testing
