#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-monkey.sh: keys, mouse, sizes and lines at random, from seeds, under the sanitizers where the compiler has them:
# the program must come to its end, whatever is pressed, find nothing wrong with itself, and print a screen of the size
# that was asked for last.
#
# In a test run: some recordings, a few hundred steps. `make random-input` (ALL=yes): each recording, ten thousand steps.
# SEED=n begins with that seed, STEPS=n makes so many steps, ROUNDS=n tries so many seeds on so many recordings.
. "${0%/*}/tap.sh"

program=$HEAPREEL_BUILD/tests/heapreel_checked
[ -x "$program" ] || program=$HEAPREEL_BIN
[ -x "$program" ] || skip_all 'the program is not built'
[ -e /usr/share/terminfo/x/xterm-256color ] || [ -e /lib/terminfo/x/xterm-256color ] ||
    skip_all 'no description of xterm-256color is installed'
# What readline and curses keep until the end is theirs.
export ASAN_OPTIONS="${ASAN_OPTIONS-detect_leaks=0:allocator_may_return_null=1}" UBSAN_OPTIONS="${UBSAN_OPTIONS-halt_on_error=1}"
cd "$tmp" || exit 1 # a screen saved under a name typed at random stays there

# random_script SEED STEPS: a script. q is left out, since it ends the program; what writes files, writes into $tmp.
random_script() {
    awk -v seed="$1" -v steps="$2" -v tmp="$tmp" '
    function next_number(n) { state = (state * 1103515245 + 12345) % 2147483648; return int(state / 65536) % n }
    BEGIN {
        state = seed
        for (c = 33; c < 127; c++) if (c != 113) key[nk++] = sprintf("%c", c)
        more = split("Left Right Up Down Home End PgUp PgDn Space Enter Tab S-Tab S-Left S-Right ^L Esc Backspace F1 " \
                     "Enter Enter Tab Tab Up Down Left Right . , [ ] { } < > + - n N", one, " ")
        for (i = 1; i <= more; i++) key[nk++] = one[i]
        nl = split("summary|cycles|types --since start|central|spans --where free>50%|goto gc:2|goto 37%|find main|0x0|" \
                   "class 5 noscan|48B|select 0xc000010000|bucket 0xc000010000|notes|nonsense|types --at gc:1|help|keys|" \
                   ":::|\"x|after|find type~map size>=1k live|find live|find span.free>50% age>3gc|filter free>50%|" \
                   "filter type~a|filter|filter ((|bookmark a note|bookmark b|goto @a|unbookmark a|share|copy screen|" \
                   "screen " tmp "/s.svg|write " tmp "/w.txt|open gc:1|open class 5|open G1|fields|bookmarks|mark B|forget|" \
                   "find ev=free p=0|find gc=1..3 phase=sweep|leaks|delays --by type|growths|returns --by span|where --by nonsense|" \
                   "reports|charged --by event|compare --since gc:1|grown --since gc:1|turns|procs --by p|pins|maps|allocators|" \
                   "layout three|set rows heap,span,bucket|set mouse off|set theme mono|ranges|goroutines|phases|where --at start,gc:2|" \
                   "bookmark c \302\256 a note \360\237\230\200 that is longer than others|bookmark d|rows bookmarks|rows objects|rows spans|" \
                   "set rows heap,objects,spans,stacks,phase,procs,stops,regions,notes,bookmarks,span,bucket|set rows bookmarks|" \
                   "goto 0xc000010000|filter size>=1k|filter age>1gc|open cycles|open P0|set layout two|set theme colour-blind|" \
                   "set theme light|set glyphs ascii|set glyphs auto|refills|traffic|chains|sfr|failures|crosscheck|aftermath|" \
                   "leaks --by age|spans --where live<25%|glossary empty|goto note:a|goto 2ms|find ev=note|set|config", line, "|")
        for (i = 0; i < steps; i++) {
            what = next_number(25)
            if (what < 16) print "key", key[next_number(nk)], 1 + next_number(3)
            else if (what == 16) print "click", next_number(500), next_number(200)
            else if (what == 17) print "click", next_number(100), next_number(30)
            else if (what == 18) print "wheel", (next_number(2) ? "up" : "down"), next_number(220), next_number(70)
            else if (what == 19) print "size " (1 + next_number(next_number(4) ? 120 : 500)) "x" (1 + next_number(next_number(4) ? 50 : 200))
            else if (what == 20) { print "key Esc"; print "key Esc"; print "type :" line[1 + next_number(nl)]; print "key Enter" }
            else if (what == 21) { print "key Esc"; print "type /" line[1 + next_number(nl)]; print "key Tab 2"; print "key Enter" }
            else if (what == 22) { print "key Esc 2"; print "type :" substr(line[1 + next_number(nl)], 1, 1 + next_number(8)); print "key Tab 2"; print "key Esc" }
            else if (what == 23) { y = next_number(40); print "click", next_number(220), y; print "drag", next_number(220), y; if (next_number(3)) print "screen s"; if (next_number(8)) print "release", next_number(220), y + next_number(3) }
            else print "screen s"
        }
        print "size 1x1"
        print "screen s"
        print "size 500x200"
        print "screen s"
        print "size 97x31"
        print "screen last"
    }'
}

# part SEED STEPS RECORDING: with what the part before left of its view, marks, bookmarks and open report.
part() {
    random_script "$1" "$2" >"$tmp/script"
    HOME="$tmp" XDG_STATE_HOME="$tmp" LC_ALL=C.UTF-8 "$program" --session --script "$tmp/script" "$3" \
        >"$tmp/got" 2>"$tmp/err" && grep -q '^== last 97x31$' "$tmp/got" && [ ! -s "$tmp/err" ]
}

# play SEED STEPS RECORDING: half of the steps, and the other half as if on another day.
play() {
    rm -rf "$tmp/heapreel"
    file=$HEAPREEL_DATA/$3.trace.zst
    if part "$1" $(($2 / 2)) "$file" && part "$(($1 + 5000))" $(($2 / 2)) "$file"; then
        ok "seed $1, $2 steps on $3"
    else
        tail -n 40 "$tmp/err" >"$tmp/why"
        not_ok "seed $1, $2 steps on $3" "$tmp/why"
    fi
}

seed=${SEED:-1}
if [ -n "$ALL" ]; then
    for file in "$HEAPREEL_DATA"/*.trace.zst; do
        name=${file##*/}
        play "$seed" "${STEPS:-10000}" "${name%.trace.zst}"
        seed=$((seed + 1))
    done
else
    set -- mapchurn-1.26 mixed-1.24 plain-1.22 annotate-1.26 stacks-1.23 pingpong-1.22 flight-1.26 basics-1.11
    i=0
    while [ "$i" -lt "${ROUNDS:-8}" ]; do
        data=$(eval "echo \${$((i % $# + 1))}")
        play $((seed + i)) "${STEPS:-250}" "$data"
        i=$((i + 1))
    done
fi
done_testing
