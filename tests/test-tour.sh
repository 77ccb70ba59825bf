#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-tour.sh: the guided tour from its first step to its last, by doing what each step says; passing over steps, going
# back, leaving; and finding the sample.
. "${0%/*}/tap.sh"

unset XDG_DATA_DIRS NO_COLOR
export HOME="$tmp" LC_ALL=C.UTF-8 INPUTRC=/dev/null
HEAPREEL_SAMPLE=$HEAPREEL_DATA/mapchurn-1.26.trace.zst
export HEAPREEL_SAMPLE

# tour SCRIPT-ON-STDIN: its screens in $tmp/out.
tour() {
    cat >"$tmp/script"
    "$HEAPREEL_BIN" --tour --script "$tmp/script" --size "$1" >"$tmp/out" 2>"$tmp/err"
}
# the titles of the box, screen by screen
steps() { grep -o "tour [0-9]* of [0-9]*: [^─]*" "$tmp/out"; }

for size in 80x24 120x40 250x70 30x80; do
    tour $size <<'END'
screen 1
key Home
screen 2
type ]]
screen 2 still
type ]
screen 3
type }}
screen 4
type ++0
screen 5
key Tab
type ccc
screen 6
type i
screen 6 still
key Backspace
screen 7
type K
screen 7 still
type q
screen 8
type /main.rec
key Enter
screen 9
type >>
screen 10
type f
type free>50%
key Enter
screen 10 still
type f
key ^U
key Enter
screen 11
type A]
screen 11 still
type D
key Backspace
screen 12
type  
screen 12 still
type  
screen 13
type :leaks
key Enter
screen 14
type w
key Esc
screen 15
END
    cat >"$tmp/want" <<'END'
tour 1 of 15: the timeline
tour 2 of 15: GC cycles
tour 2 of 15: GC cycles
tour 3 of 15: phases
tour 4 of 15: zoom
tour 5 of 15: the heap map
tour 6 of 15: the page of a span
tour 6 of 15: the page of a span
tour 7 of 15: what is this?
tour 7 of 15: what is this?
tour 8 of 15: search
tour 9 of 15: the life of a bucket
tour 10 of 15: a filter
tour 10 of 15: a filter
tour 11 of 15: marks
tour 11 of 15: marks
tour 12 of 15: the film
tour 12 of 15: the film
tour 13 of 15: reports
tour 14 of 15: keeping
tour 15 of 15: the end
END
    steps | sed 's/ *$//' >"$tmp/got"
    if [ $size = 30x80 ]; then sed -i 's/:.*//' "$tmp/want" "$tmp/got"; fi # no room for all titles
    same "from the first step to the last at $size" "$tmp/want" "$tmp/got"
done

tour 80x24 <<'END'
key ^N 20
screen last
key ^P 3
screen back
key ^P 30
screen first
key ^X
screen none
END
printf '%s\n' 'tour 15 of 15: the end' 'tour 12 of 15: the film' 'tour 1 of 15: the timeline' >"$tmp/want"
steps | sed 's/ *$//' >"$tmp/got"
same 'steps are passed over, gone back, and the tour is left' "$tmp/want" "$tmp/got"

# Keys are those of the key table, not words of the steps.
tour 120x40 <<'END'
key ^N
screen keys
END
check 'a step names keys' grep -q '\] goes to the next GC cycle, \[ back' "$tmp/out"
no_dollar() { ! grep -n '\$[1-9]' "$tmp/out"; }
check 'none is left out' no_dollar

tour 1x1 <<'END'
screen tiny
size 24x5
screen small
size 500x200
screen large
END
check 'any size' test ! -s "$tmp/err"

# ---------------------------------------------------------------- where the sample is
fails() { ! "$HEAPREEL_BIN" --tour --script /dev/null >"$tmp/out" 2>"$tmp/err" && [ "$(wc -l <"$tmp/err")" -eq 1 ]; }
HEAPREEL_SAMPLE=$tmp/nowhere
check 'a sample that is not there' fails
check '  ... and says so' grep -q 'HEAPREEL_SAMPLE' "$tmp/err"
unset HEAPREEL_SAMPLE
mkdir -p "$tmp/prefix/bin" "$tmp/prefix/share/heapreel" "$tmp/alone" "$tmp/data/heapreel"
cp "$HEAPREEL_BIN" "$tmp/prefix/bin/heapreel"
cp "$HEAPREEL_BIN" "$tmp/alone/heapreel"
cp "$HEAPREEL_DATA/mapchurn-1.26.trace.zst" "$tmp/prefix/share/heapreel/"
echo 'screen first' >"$tmp/script"
shows_tour() { "$@" --tour --script "$tmp/script" --size 80x24 2>"$tmp/err" | grep -q 'tour 1 of'; }
check 'an installed program finds its sample' shows_tour "$tmp/prefix/bin/heapreel"
cp "$HEAPREEL_DATA/mapchurn-1.26.trace.zst" "$tmp/data/heapreel/"
XDG_DATA_DIRS=/nowhere:$tmp/data
export XDG_DATA_DIRS
check 'one without a sample beside it looks in XDG_DATA_DIRS' shows_tour "$tmp/alone/heapreel"
XDG_DATA_DIRS=/nowhere
"$tmp/alone/heapreel" --tour --script "$tmp/script" >"$tmp/out" 2>"$tmp/err"
check 'else it says where it looked' grep -q 'XDG_DATA_DIRS' "$tmp/err"
"$HEAPREEL_BIN" --tour "$HEAPREEL_DATA/plain-1.22.trace.zst" >"$tmp/out" 2>"$tmp/err"
check 'the tour takes no other trace' grep -q 'a sample of its own' "$tmp/err"
done_testing
