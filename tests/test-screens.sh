#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-screens.sh: keys from tests/screens/*.script, and whether the screens are as they were: letters and colours.
#
# A script's first line says what to open: "# open DATA LOCALE [OPTION]..."; LOCALE is utf-8 or ascii. The screens are
# in the .golden file beside it. GENERATE=1 writes them anew; look at each difference before it is committed.
. "${0%/*}/tap.sh"

[ -x "$HEAPREEL_BIN" ] || skip_all 'the program is not built'
infocmp xterm-256color >/dev/null 2>&1 || [ -e /usr/share/terminfo/x/xterm-256color ] ||
    [ -e /lib/terminfo/x/xterm-256color ] || skip_all 'no description of xterm-256color is installed'

# A locale with UTF-8, under the name that this system has for it.
utf8=
for name in $(locale -a 2>/dev/null | grep -iE '^(C|en_US)\.utf-?8$'); do
    utf8=$name
done

# play SCRIPT: its screens on stdout.
play() {
    play_line=$(sed -n '1s/^# open //p' "$1")
    # shellcheck disable=SC2086
    set -- "$1" $play_line
    script=$1 data=$2 locale=$3
    shift 3
    case $locale in utf-8) lang=$utf8 ;; *) lang=C ;; esac
    env -u NO_COLOR -u XDG_STATE_HOME HOME="$tmp" INPUTRC=/dev/null LC_ALL="$lang" TZ=UTC0 \
        "$HEAPREEL_BIN" --script "$script" "$@" "$HEAPREEL_DATA/$data.trace.zst"
}

for script in "$HEAPREEL_SRC"/tests/screens/*.script; do
    name=$(basename "$script" .script)
    golden=${script%.script}.golden
    if [ -z "$utf8" ] && head -n 1 "$script" | grep -q ' utf-8'; then
        skip "$name" 'no locale with UTF-8 is installed'
        continue
    fi
    if ! play "$script" >"$tmp/got" 2>"$tmp/err"; then
        not_ok "$name" "$tmp/err"
        continue
    fi
    if [ -n "$GENERATE" ]; then cp "$tmp/got" "$golden"; fi
    same "$name" "$golden" "$tmp/got"
done
done_testing
