#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-smoke.sh: the program in a real terminal (tmux): it starts, changes its size, suspends and comes back, and
# whatever ends it - q, signals, a crash - leaves the terminal whole: no alternate screen, cursor shown, mouse off, echo on.
. "${0%/*}/tap.sh"

command -v tmux >/dev/null 2>&1 || skip_all 'tmux is not installed'
[ -x "$HEAPREEL_BIN" ] || skip_all 'the program is not built'

socket=heapreel-test-$$
export TMUX_TMPDIR="$tmp" HOME="$tmp" LC_ALL=C.UTF-8
unset TMUX NO_COLOR XDG_STATE_HOME
trap 'tmux -L "$socket" kill-server 2>/dev/null; rm -rf "$tmp"' EXIT
data=$HEAPREEL_DATA/mapchurn-1.26.trace.zst

t() { tmux -L "$socket" "$@"; }
screen() { t capture-pane -p 2>/dev/null; }
keys() { t send-keys "$@"; }

# wait_for PATTERN: until the screen shows it, ten seconds at most.
wait_for() {
    n=0
    while [ $n -lt 200 ]; do
        if screen | grep -q -e "$1"; then return 0; fi
        sleep 0.05
        n=$((n + 1))
    done
    echo "the screen never showed: $1"
    screen
    return 1
}

# whole: the shell has its terminal back.
whole() {
    n=0
    while [ $n -lt 100 ]; do
        state=$(t display -p '#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_flag}')
        [ "$state" = '0 1 0 0' ] && break
        sleep 0.05
        n=$((n + 1))
    done
    if [ "$state" != '0 1 0 0' ]; then
        echo "alternate screen, cursor, mouse, keypad: $state, not 0 1 0 0"
        return 1
    fi
    # The line discipline too: what is typed is echoed, and a line ends.
    keys "stty -a | grep -cE '(^| )echo( |\$)'; echo typed-\$((40 + 2))" Enter
    wait_for 'typed-42' && screen | grep -qE '^(ready> )*typed-42' && screen | grep -qE '^(ready> )*1$'
}

if ! t -f /dev/null new-session -d -x 80 -y 24 -c "$tmp" "ulimit -c 0; PS1='ready> ' exec sh" 2>"$tmp/err"; then
    skip_all "tmux does not start here: $(cat "$tmp/err")"
fi
sleep 0.3

start() {
    keys C-l
    keys "clear; sh -c 'echo \$\$ >pid; exec \"\$0\" --no-session \"\$1\"' '$HEAPREEL_BIN' '$data'" Enter
    wait_for 'heap map' && wait_for '? help'
}

# What "whole" looks for is really there while the program runs.
taken() {
    state=$(t display -p '#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_flag}')
    echo "alternate screen, cursor, mouse, keypad: $state"
    [ "$state" = '1 0 1 1' ]
}

check 'starts and draws' start
check 'takes the terminal' taken
t resize-window -x 120 -y 40 2>/dev/null
check 'takes a new size' wait_for 'Tab pane'
t resize-window -x 80 -y 24 2>/dev/null
sleep 0.2
keys '('
check 'answers keys' wait_for 'drop-sessions'
keys ':'
check 'opens the prompt' wait_for '^:'
keys 'summ' Tab Enter
check 'runs a command' wait_for 'heap_live'
keys C-z
check 'suspends' wait_for 'ready>'
check 'leaves the terminal whole while suspended' whole
keys 'fg' Enter
check 'comes back' wait_for 'heap_live'
keys q
check 'closes the pager first' wait_for 'heap map'
keys C-c
check 'Ctrl-C does not end it' wait_for 'q leaves'
keys q
check 'leaves the terminal whole after q' whole

# A pipe that is still being written: what came is shown, keys work, and the rest is shown when it comes.
half=$(($(wc -c <"$data") / 2))
keys "clear; (head -c $half '$data'; while [ ! -e go-on ]; do sleep 0.1; done; tail -c +$((half + 1)) '$data') | '$HEAPREEL_BIN' -" Enter
check 'shows what a pipe has brought up to now' wait_for 'still being written'
check '  ... in all panes' wait_for 'heap map'
keys '{'
check '  ... and answers keys' wait_for 'no change of GC phase'
keys ':' 'info' Enter
check '  ... and says which commands must wait' wait_for 'info reads the whole trace'
touch "$tmp/go-on"
check '  ... and goes on when the rest comes' wait_for '0.629 186 816'
keys ':' 'info' Enter
check '  ... all of which can be read again' wait_for 'lost_bytes'
keys q
sleep 0.2
keys q
check 'leaves the terminal whole after a pipe' whole

for sig in TERM HUP SEGV ABRT QUIT; do
    check "starts before SIG$sig" start
    kill "-$sig" "$(cat "$tmp/pid")"
    check "leaves the terminal whole after SIG$sig" whole
done
done_testing
