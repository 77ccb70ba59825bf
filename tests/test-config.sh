#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-config.sh: the configuration file as a person meets it: where it is looked for, what the program shows of it, what
# it says about lines that make no sense, and that themes, layouts and keys change while it runs.
. "${0%/*}/tap.sh"

[ -x "$HEAPREEL_BIN" ] || skip_all 'the program is not built'
[ -e /usr/share/terminfo/x/xterm-256color ] || [ -e /lib/terminfo/x/xterm-256color ] ||
    skip_all 'no description of xterm-256color is installed'
export HOME="$tmp" XDG_STATE_HOME="$tmp/state" LC_ALL=C.UTF-8
unset NO_COLOR XDG_CONFIG_HOME COLORFGBG
data=$HEAPREEL_DATA/mapchurn-1.26.trace.zst

# play OPTION... : run the script on standard input; screens to $tmp/got.
play() {
    cat >"$tmp/script"
    "$HEAPREEL_BIN" --script "$tmp/script" "$@" "$data" >"$tmp/got" 2>"$tmp/err"
}
has() { check "$1" grep -q -e "$2" "$tmp/got"; }
lacks() { check "$1" sh -c '! grep -q -e "$1" "$2"' - "$2" "$tmp/got"; }
colours() { sed -n 's/^[a-zA-Z]: \(-\{0,1\}[0-9]*\) on .*/\1/p' "$tmp/got" | sort -u | tr '\n' ' '; }

# ---------------------------------------------------------------- the file
"$HEAPREEL_BIN" config >"$tmp/usual" 2>"$tmp/err"
check 'config prints settings and keys' grep -q '^bind panes \] cycle-next' "$tmp/usual"
"$HEAPREEL_BIN" --config "$tmp/usual" config >"$tmp/again" 2>"$tmp/err"
same '  ... and what it prints reads back the same' "$tmp/usual" "$tmp/again"
check '  ... without a word' test ! -s "$tmp/err"

mkdir -p "$tmp/.config/heapreel" "$tmp/xdg/heapreel"
echo 'set theme light' >"$tmp/.config/heapreel/config"
echo 'set theme dark' >"$tmp/xdg/heapreel/config"
"$HEAPREEL_BIN" config >"$tmp/got"
has 'the file in the home folder is read' '^set theme light'
XDG_CONFIG_HOME="$tmp/xdg" "$HEAPREEL_BIN" config >"$tmp/got"
has '  ... or that of XDG_CONFIG_HOME' '^set theme dark'
"$HEAPREEL_BIN" --no-config config >"$tmp/got"
has '  ... or none with --no-config' '^set theme auto'
"$HEAPREEL_BIN" --theme mono config >"$tmp/got"
has '  ... and --theme goes over it' '^set theme mono'
check 'a file that is not there is an error' sh -c '! "$1" --config "$2/none" config 2>"$2/err" >/dev/null && grep -q "none: No such file" "$2/err"' \
    - "$HEAPREEL_BIN" "$tmp"
check 'a theme that there is not is an error' sh -c '! "$1" --theme purple "$2" 2>"$3" && grep -q "takes auto, dark" "$3"' \
    - "$HEAPREEL_BIN" "$data" "$tmp/err"

cat >"$tmp/mine" <<'END'
# my keys
set theme dark
set mouse of
bind panes F cycle-next   # a key of its own
bind panes } cycle-nxt
bind map c :summary
unbind panes Space
END
echo 'screen first' | play --config "$tmp/mine" --size 120x40
has 'the program starts whatever the file says' 'heap map'
has '  ... and says so on the screen' '2 lines of the configuration were left out: :config shows which and why'
check '  ... and in the shell, each line' sh -c 'grep -q "mine:3: mouse takes off, on" "$1" && grep -q "mine:5: no action cycle-nxt; did you mean cycle-next" "$1"' - "$tmp/err"
play --config "$tmp/mine" --size 120x40 <<'END'
key Home
key F
screen next
key Space
screen space
key Tab
screen hints
key c
screen line
key q
key ?
screen help
type /play the film
key Enter
screen unbound
key q
type :config
key Enter
screen why
END
has 'a bound key does what it is for' 'GC 1 of 12'
has 'the hints show it' 'F \[ GC'
has 'the help shows it' '^   F \]  *to the begin of the next GC cycle'
has '  ... with the name of its action' 'next GC cycle · cycle-next'
has '  ... and what has no key any more' '(no key) *play the film'
has 'a key that was taken away does nothing' 'Space does nothing here; ? shows all keys'
has ':config shows what was wrong' 'mine:3: mouse takes off, on; it stays on; the line is left out'
has 'a key can run a command' 'heap_live'

printf 'unbind panes Enter\nbind page %% enter\n' >"$tmp/percent"
printf 'key v\nscreen rows\n' | play --config "$tmp/percent" --size 120x40
has 'a page names a bound key that printf would take for its own' '^ *% switches a row on or off'

# ---------------------------------------------------------------- the prompt
play --size 120x40 <<'END'
type :set theme mono
key Enter
screen mono
END
has ':set says what it did' 'theme is mono'
check '  ... and there are no colours any more' test "$(colours)" = '-1 '
play --size 120x40 <<'END'
type :set theme colour-blind
key Enter
screen safe
END
check 'the colour-blind theme has colours of its own' sh -c 'echo "$1" | grep -q "\b36\b" && ! echo "$1" | grep -q "\b71\b"' - "$(colours)"
NO_COLOR=1 play --size 80x24 <<'END'
screen none
type :set theme dark
key Enter
screen dark
END
check 'NO_COLOR counts where no theme was chosen' sh -c 'sed "/^== dark/,\$d" "$1" | grep "^[a-zA-Z]: " | grep -qv "^[a-zA-Z]: -1 on -1" && exit 1; exit 0' - "$tmp/got"
check '  ... and a chosen one goes over it' sh -c 'sed -n "/^== dark/,\$p" "$1" | grep -q "^[a-zA-Z]: 78 on"' - "$tmp/got"
play --size 120x40 <<END
type :set layout stack
key Enter
screen stack
type :bind panes F9 goto
key Enter
type :set nothing on
key Enter
screen wrong
type :set thing
key Tab
key Esc
type :set mouse
key Enter
screen asked
type :set map-colour age
key Enter
key m
type :config
key Enter
type :write $tmp/now
key Enter
END
has ':set layout changes it' 'layout is stack'
has ':set with a wrong name says so' 'no setting nothing'
has ':set NAME asks' 'mouse is on; it takes off, on'
"$HEAPREEL_BIN" --config "$tmp/now" config >"$tmp/got" 2>"$tmp/err"
has ':config has what was set' '^set layout stack'
has '  ... what a key changed' '^set mouse off'
has '  ... what is on the screen' '^set map-colour age'
has '  ... and what was bound' '^bind panes F9 goto'
lacks '  ... and no more' '^unbind'
play --size 120x40 <<'END'
type :set the
key Tab
type li
key Tab
key Enter
screen completed
END
has 'Tab completes settings and their values' 'theme is light'
play --size 120x40 <<'END'
type :open main.re
key Tab
key Enter
screen page
key Esc
type :delays --by cl
key Tab
key Enter
screen report
key Esc
type :rows bookm
key Tab
key Enter
screen row
END
has 'Tab completes what has a page' '^─ type main\.rec'
has '  ... what a row of a report may be' '^─ report delays --by class'
has '  ... and rows of the timeline' '^bookmark'
done_testing
