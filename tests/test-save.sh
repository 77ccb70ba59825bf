#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-save.sh: saved reels. Each recording is saved, and every command must print the same from the reel as from the
# trace, byte for byte, in every format.
. "${0%/*}/tap.sh"

unset NO_COLOR TMPDIR
export LC_ALL=C.UTF-8
H=$HEAPREEL_BIN

# say FILE OUT FORMAT COMMAND...: what the commands print, and what is said on the way; the file's name is left out.
say() {
    say_file=$1 say_out=$2 say_format=$3
    shift 3
    for command; do
        set -- "$@" -e "$command"
        shift
    done
    "$H" "$say_file" --format "$say_format" "$@" >"$say_out" 2>"$say_out.err"
    echo "exit status $?" >>"$say_out.err"
    sed "s|$say_file|FILE|" "$say_out.err" >>"$say_out"
}

# all_commands TRACE: one a line, at several instants, with a bucket and a span that were in use.
all_commands() {
    for at in 0% 13% 22% 50% 77% 100%; do # at 22 % of mixed-1.24 a goroutine had stopped inside malloc
        for command in summary spans central types; do echo "$command --at $at"; done
    done
    echo 'types --since 20% --at 80%'
    for command in info cycles phases notes ranges goroutines 'notes --from 20% --to 60%' 'ranges --from 20% --to 60%' \
        'events --stacks' 'events --from 30% --to 40%'; do
        echo "$command"
    done
    "$H" "$1" spans --at 50% --format csv 2>/dev/null | awk -F, '$3 == "heap" && NR % 40 == 2 { print $1 }' | head -n 3 |
        while read -r address; do
            echo "bucket $address"
            echo "span $address"
            echo "span $address --objects"
        done
}

same_answers() { # same_answers NAME TRACE REEL
    all_commands "$2" >"$tmp/commands"
    set --  "$1" "$2" "$3"
    for format in text csv jsonl cbor; do
        name=$1 trace=$2 reel=$3
        set --
        while IFS= read -r command; do set -- "$@" "$command"; done <"$tmp/commands"
        say "$trace" "$tmp/of-trace" $format "$@"
        say "$reel" "$tmp/of-reel" $format "$@"
        if cmp -s "$tmp/of-trace" "$tmp/of-reel"; then
            ok "$name: the same answers as $format"
        else
            diff -a "$tmp/of-trace" "$tmp/of-reel" | head -n 20 | cut -c 1-200 >"$tmp/diff"
            not_ok "$name: the same answers as $format" "$tmp/diff"
        fi
        set -- "$name" "$trace" "$reel"
    done
}

for trace in "$HEAPREEL_DATA"/*.trace.zst; do
    name=$(basename "$trace" .trace.zst)
    check "$name: saved" "$H" "$trace" save "$tmp/$name.reel"
    same_answers "$name" "$trace" "$tmp/$name.reel"
done

# ---------------------------------------------------------------- saved again, and under little memory
reel=$tmp/mixed-1.26.reel
check 'a reel saved from a reel' "$H" "$reel" save "$tmp/again.reel"
check '  ... is the same file' cmp "$reel" "$tmp/again.reel"
check 'a reel saved under little memory' "$H" --max-mem 1M "$HEAPREEL_DATA/mixed-1.26.trace.zst" save "$tmp/small.reel"
same_answers '  ... under little memory' "$HEAPREEL_DATA/mixed-1.26.trace.zst" "$tmp/small.reel"

# What the fuzzers' corpus holds: damaged and strange traces. Some can't be read at all.
differ=
for trace in "$HEAPREEL_SRC"/tests/fuzz/corpus/trace/* "$HEAPREEL_SRC"/tests/fuzz/corpus/v1/*; do
    "$H" "$trace" save "$tmp/odd.reel" >"$tmp/out" 2>&1
    [ $? -lt 2 ] || continue
    set -- 'spans --at 40%' spans types central summary cycles phases notes ranges goroutines info 'events --stacks'
    say "$trace" "$tmp/of-trace" jsonl "$@"
    say "$tmp/odd.reel" "$tmp/of-reel" jsonl "$@"
    cmp -s "$tmp/of-trace" "$tmp/of-reel" || differ="$differ ${trace##*/}"
done
echo "$differ" >"$tmp/out"
if [ -z "$differ" ]; then ok 'strange traces: the same answers'; else not_ok 'strange traces: the same answers' "$tmp/out"; fi

# ---------------------------------------------------------------- a part
churn=$HEAPREEL_DATA/mapchurn-1.26.trace.zst
check 'a part is saved' "$H" "$churn" save "$tmp/part.reel" --from 200ms --to 400ms
check '  ... of a reel, too' "$H" "$tmp/mapchurn-1.26.reel" save "$tmp/part2.reel" --from 200ms --to 400ms
for at in 200ms 250ms 317ms 400ms; do set -- "$@" "spans --at $at" "central --at $at" "summary --at $at"; done
shift 12
say "$churn" "$tmp/of-trace" jsonl "$@" 'events --stacks --from 200ms --to 400ms' 'ranges --from 200ms --to 400ms' \
    'notes --from 200ms --to 400ms' 'cycles --from 200ms --to 400ms'
# A span that is there when the part begins was there before it: that is what `before` says of parts.
but_before() { sed -i 's/,"before":\(true\|false\)//' "$1"; }
but_before "$tmp/of-trace"
say "$tmp/part.reel" "$tmp/of-reel" jsonl "$@" 'events --stacks' ranges notes cycles
but_before "$tmp/of-reel"
same 'in the part all is as it was' "$tmp/of-trace" "$tmp/of-reel"
say "$tmp/part2.reel" "$tmp/of-reel" jsonl "$@" 'events --stacks' ranges notes cycles
but_before "$tmp/of-reel"
same '  ... in the other, too' "$tmp/of-trace" "$tmp/of-reel"
types() { "$H" "$1" types --at 300ms --format csv | cut -d, -f1-4 | sort; }
types "$churn" >"$tmp/of-trace"
types "$tmp/part.reel" >"$tmp/of-reel"
check '  ... and of every type there is as much' sh -c 'grep -v ",0,0$" "$1" >"$1.live"; grep -v ",0,0$" "$2" | cmp - "$1.live"' - \
    "$tmp/of-trace" "$tmp/of-reel"
for at in 0 199ms 401ms; do
    for command in summary where refills grown leaks pins compare "pprof $tmp/pprof"; do
        # shellcheck disable=SC2086 # the second one is two words
        "$H" "$tmp/part.reel" $command --at $at --since 250ms >"$tmp/out" 2>"$tmp/err"
        [ $? -eq 2 ] && grep -q 'part of a reel' "$tmp/err" && ok "$at lies outside: ${command%% *} refuses it" ||
            not_ok "$at lies outside: $command" "$tmp/err"
    done
done
check '  ... and no file is left of it' test ! -e "$tmp/pprof"
for command in where 'where --at start' grown 'types --since start'; do # the start of a part is its own
    # shellcheck disable=SC2086
    check "in a part: $command" "$H" "$tmp/part.reel" $command --format csv
done
# what is idle was in use before: a part knows only what was in use in it
"$H" "$tmp/part.reel" where --format jsonl | head -n 1 | sed 's/"idle":[0-9]*,//' >"$tmp/of-reel"
"$H" "$churn" where --at 200ms --format jsonl | sed 's/"at":"200ms"/"at":"start"/; s/"idle":[0-9]*,//' >"$tmp/of-trace"
same '  ... where begins with what was there when the part begins' "$tmp/of-trace" "$tmp/of-reel"

# ---------------------------------------------------------------- stand-ins
export XDG_CONFIG_HOME="$tmp/config"
notes=$HEAPREEL_DATA/annotate-1.26.trace.zst
words_of() { # words_of FILE: names of types and functions, files, texts of annotations; not the runtime's reasons
    "$H" "$1" events --stacks --format jsonl | grep -oE '"(func|file|type_name|name_string|key_string|value_string|label_string|name|type|category|message)":"[^"]*"'
    "$H" "$1" -e types -e goroutines -e notes --format jsonl | grep -oE '"(type|entry|name|value)":"[^"]*"'
}
words_of "$notes" | sed 's/^[^:]*://; s/"//g' | awk 'length >= 5 && $0 != "string"' | sort -u >"$tmp/words"
check 'there are names to hide' test "$(wc -l <"$tmp/words")" -gt 50
check 'a reel with stand-ins' "$H" "$notes" save "$tmp/hidden.reel" --anonymize
check 'the key is for its owner only' sh -c 'test "$(stat -c %a "$1")" = 600' - "$tmp/config/heapreel/pseudonym.key"
cp "$tmp/hidden.reel" "$tmp/all"
"$H" "$tmp/hidden.reel" --format jsonl -e 'events --stacks' -e types -e goroutines -e notes -e ranges -e info >>"$tmp/all" 2>&1
check 'none of them is left' sh -c '! grep -aFo -f "$1" "$2"' - "$tmp/words" "$tmp/all"
check 'the runtime says why the world stopped' sh -c '"$1" "$2" ranges | grep -q "GC mark termination"' - "$H" "$tmp/hidden.reel"
"$H" "$notes" save "$tmp/hidden2.reel" --anonymize >/dev/null
check 'the same key gives the same stand-ins' cmp "$tmp/hidden.reel" "$tmp/hidden2.reel"
XDG_CONFIG_HOME=$tmp/other "$H" "$notes" save "$tmp/hidden3.reel" --anonymize >/dev/null
check '  ... another key others' sh -c '! cmp -s "$1" "$2"' - "$tmp/hidden.reel" "$tmp/hidden3.reel"
numbers() { "$H" "$1" spans --at 50% --format csv; "$H" "$1" summary --format csv; }
numbers "$notes" >"$tmp/of-trace"
numbers "$tmp/hidden.reel" >"$tmp/of-reel"
same 'the heap is the same' "$tmp/of-trace" "$tmp/of-reel"

# ---------------------------------------------------------------- pipes, and what can't be
check 'a trace from a pipe is saved' sh -c 'cat "$2" | "$1" - save "$3"' - "$H" "$churn" "$tmp/piped.reel"
check '  ... and is the same' sh -c '"$1" "$2" spans --format jsonl | cmp - "$3"' - "$H" "$tmp/piped.reel" /dev/stdin <<END
$("$H" "$churn" spans --format jsonl)
END
refused() { # refused NAME WORDS COMMAND...
    refused_name=$1 refused_words=$2
    shift 2
    "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    if [ $? -eq 2 ] && grep -qF -- "$refused_words" "$tmp/err"; then ok "$refused_name"; else not_ok "$refused_name" "$tmp/err"; fi
}
refused 'nowhere to write' "can't write" "$H" "$churn" save "$tmp/none/x.reel"
cp "$churn" "$tmp/own.trace"
refused 'the trace itself' 'that is the trace itself' "$H" "$tmp/own.trace" save "$tmp/own.trace"
check '  ... which stays' cmp "$churn" "$tmp/own.trace"
check 'a reel may replace itself' "$H" "$tmp/again.reel" save "$tmp/again.reel"
check '  ... and stays the same' cmp "$reel" "$tmp/again.reel"
refused 'a reel through a pipe' "can't come through a pipe" sh -c 'cat "$2" | "$1" - info' - "$H" "$reel"
check '  ... but for commands that want all of it' sh -c 'cat "$2" | "$1" - summary' - "$H" "$reel"
refused 'a window turned round' '--from lies behind --to' "$H" "$churn" save "$tmp/x.reel" --from 300ms --to 100ms
check '  ... and nothing is left behind' test ! -e "$tmp/x.reel"
printf '\331\331\367\202mheapreel reel\030\143' >"$tmp/newer.reel"
refused 'a format of tomorrow' 'a newer heapreel made' "$H" "$tmp/newer.reel" summary
printf '\331\331\367\202mheapreel flim\001' >"$tmp/foreign.reel"
refused 'something like it' 'not a saved reel' "$H" "$tmp/foreign.reel" summary

# ---------------------------------------------------------------- the index
export XDG_CACHE_HOME="$tmp/cache"
kept() { find "$tmp/cache" -name '*.reel' 2>/dev/null; }
wait_kept() { # for the process that writes it, which is in no hurry
    turns=0
    while [ -z "$(kept)" ] && [ $turns -lt 300 ]; do
        turns=$((turns + 1))
        sleep 0.2
    done
}
"$H" "$churn" spans --format jsonl >"$tmp/of-trace"
check 'nothing is kept unasked' test ! -e "$tmp/cache"
"$H" --index "$churn" spans --format jsonl >"$tmp/of-reel"
same '--index changes no answer' "$tmp/of-trace" "$tmp/of-reel"
wait_kept
check '  ... and keeps a reel' test -n "$(kept)"
"$H" --index "$churn" spans --format jsonl >"$tmp/of-reel"
same 'what was kept gives the same' "$tmp/of-trace" "$tmp/of-reel"
check '  ... and is used' sh -c 'test "$(stat -c %Y "$1")" -ge "$(stat -c %Y "$2")"' - "$(kept)" "$tmp/of-trace"
before=$(kept)
cp "$before" "$tmp/saved-index"
dd if=/dev/zero of="$before" bs=1 seek=9000 count=1 conv=notrunc 2>/dev/null
HEAPREEL_INDEX=1 "$H" "$churn" spans --format jsonl >"$tmp/of-reel" 2>"$tmp/err"
same 'a damaged one is not' "$tmp/of-trace" "$tmp/of-reel"
check '  ... and nobody hears of it' test ! -s "$tmp/err"
# elsewhere: the process that writes the damaged one anew may still be at it
export XDG_CACHE_HOME="$tmp/other-cache"
HEAPREEL_INDEX=1 "$H" --no-index "$churn" info >/dev/null
HEAPREEL_INDEX=1 "$H" --no-index "$churn" spans >/dev/null
check '--no-index keeps nothing' test ! -e "$XDG_CACHE_HOME"
unset XDG_CACHE_HOME

# ---------------------------------------------------------------- damage
flip() { # flip FILE OFFSET: one byte set to something else
    byte=$(dd if="$1" bs=1 skip="$2" count=1 2>/dev/null | od -An -tu1 | tr -d ' ')
    printf "\\$(printf %o $(((byte + 85) % 256)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
size=$(wc -c <"$tmp/mapchurn-1.26.reel")
for share in 15 30 50 70 95; do
    cp "$tmp/mapchurn-1.26.reel" "$tmp/bad.reel"
    flip "$tmp/bad.reel" $((size * share / 100))
    "$H" "$tmp/bad.reel" --format jsonl -e 'spans --at 0' -e cycles -e notes -e 'events' -e 'spans' >"$tmp/out" 2>"$tmp/err"
    status=$?
    if [ $status -le 1 ] || grep -q 'damaged' "$tmp/err"; then ok "a byte at $share %: status $status"; else not_ok "a byte at $share %" "$tmp/err"; fi
done
# a block of facts is lost: before and behind it all is as it was, and inside of it nothing is claimed
cp "$tmp/mapchurn-1.26.reel" "$tmp/bad.reel"
for share in 16 18 20 22 24; do flip "$tmp/bad.reel" $((size * share / 100)); done
"$H" "$tmp/bad.reel" spans --format jsonl >"$tmp/of-reel" 2>"$tmp/err"
"$H" "$churn" spans --format jsonl >"$tmp/of-trace"
same 'the end is reached in spite of lost blocks' "$tmp/of-trace" "$tmp/of-reel"
refused=0 wrong=
for at in 0 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30 32 34 36 38 40 42 44 46 48 50 60 70 80 90 100; do
    if "$H" "$tmp/bad.reel" summary --at $at% --format jsonl >"$tmp/of-reel" 2>"$tmp/err"; status=$?; [ $status -lt 2 ]; then
        "$H" "$churn" summary --at $at% --format jsonl >"$tmp/of-trace"
        cmp -s "$tmp/of-trace" "$tmp/of-reel" || wrong="$wrong $at%"
    elif grep -qE 'saved reel is damaged (there|around it)' "$tmp/err"; then
        refused=$((refused + 1))
    else
        wrong="$wrong $at%"
    fi
done
echo "refused: $refused, wrong:$wrong" >"$tmp/err"
if [ $refused -gt 0 ] && [ $refused -lt 30 ] && [ -z "$wrong" ]; then ok 'what lies in a lost block is not claimed, all else is right'; else not_ok 'what lies in a lost block' "$tmp/err"; fi
for cut in 10 35 60 99; do
    head -c $((size * cut / 100)) "$tmp/mapchurn-1.26.reel" >"$tmp/short.reel"
    "$H" "$tmp/short.reel" cycles --format jsonl >"$tmp/of-reel" 2>"$tmp/err"
    status=$?
    "$H" "$churn" cycles --format jsonl >"$tmp/of-trace"
    if [ $status -eq 1 ] && grep -q 'saved reel has lost' "$tmp/err"; then
        same "cut to $cut %: the cycles are there" "$tmp/of-trace" "$tmp/of-reel"
    else
        not_ok "cut to $cut %: status $status" "$tmp/err"
    fi
done

done_testing
