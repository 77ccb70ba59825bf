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
    for at in 0% 13% 50% 77% 100%; do
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

done_testing
