#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-monkey.sh: keys, clicks, sizes and lines at random, from seeds: the program must come to its end, whatever is
# pressed, and print a screen of the size that was asked for last. ROUNDS=n tries more; SEED=n one of them.
. "${0%/*}/tap.sh"

[ -x "$HEAPREEL_BIN" ] || skip_all 'the program is not built'
[ -e /usr/share/terminfo/x/xterm-256color ] || [ -e /lib/terminfo/x/xterm-256color ] ||
    skip_all 'no description of xterm-256color is installed'

# random_script SEED STEPS: a script; q is left out, since it ends the program.
random_script() {
    awk -v seed="$1" -v steps="$2" '
    function next_number(n) { state = (state * 1103515245 + 12345) % 2147483648; return int(state / 65536) % n }
    BEGIN {
        state = seed
        nk = split("] [ } { . , ) ( > < Left Right l h L H Home End + - 0 Up Down k j PgUp PgDn Space Enter n N A \x27 " \
                   "Tab S-Tab s p P z : / g ? m ^L Esc Backspace F1 x", key, " ")
        nl = split("summary|cycles|types --since start|central|spans|goto gc:2|goto 37%|find main|0x0|class 5 noscan|" \
                   "48B|select 0xc000010000|bucket 0xc000010000|notes|nonsense|types --at gc:1|help|keys|:::|\"x|after", \
                   line, "|")
        for (i = 0; i < steps; i++) {
            what = next_number(20)
            if (what < 14) print "key", key[1 + next_number(nk)], 1 + next_number(3)
            else if (what == 14) print "click", next_number(220), next_number(70)
            else if (what == 15) print "wheel", (next_number(2) ? "up" : "down"), next_number(220), next_number(70)
            else if (what == 16) print "size " (1 + next_number(220)) "x" (1 + next_number(70))
            else if (what == 17) { print "key Esc"; print "key Esc"; print "type :" line[1 + next_number(nl)]; print "key Enter" }
            else if (what == 18) { print "key Esc"; print "type /" line[1 + next_number(nl)]; print "key Tab 2"; print "key Enter" }
            else print "screen s"
        }
        print "size 97x31"
        print "screen last"
    }'
}

rounds=${ROUNDS:-6}
seed=${SEED:-1}
[ -z "$SEED" ] || rounds=1
set -- mapchurn-1.26 mixed-1.24 plain-1.22 annotate-1.26 stacks-1.23 pingpong-1.22
i=0
while [ "$i" -lt "$rounds" ]; do
    n=$((i + seed))
    data=$(eval "echo \${$((n % $# + 1))}")
    random_script "$n" 250 >"$tmp/script"
    if HOME="$tmp" LC_ALL=C.UTF-8 "$HEAPREEL_BIN" --script "$tmp/script" "$HEAPREEL_DATA/$data.trace.zst" \
        >"$tmp/got" 2>"$tmp/err" && grep -q '^== last 97x31$' "$tmp/got" && [ ! -s "$tmp/err" ]; then
        ok "seed $n on $data"
    else
        tail -n 40 "$tmp/err" >"$tmp/why"
        not_ok "seed $n on $data" "$tmp/why"
    fi
    i=$((i + 1))
done
done_testing
