#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-session.sh: what is kept of a trace comes back, wherever the trace lies; :share's line shows the same view; what is
# damaged is left aside; screens are saved in each form.
. "${0%/*}/tap.sh"

[ -x "$HEAPREEL_BIN" ] || skip_all 'the program is not built'
[ -e /usr/share/terminfo/x/xterm-256color ] || [ -e /lib/terminfo/x/xterm-256color ] ||
    skip_all 'no description of xterm-256color is installed'
export XDG_STATE_HOME="$tmp/state" HOME="$tmp" LC_ALL=C.UTF-8
data=$HEAPREEL_DATA/mapchurn-1.26.trace.zst

# play FILE OPTION... : run the script on standard input; screens to $tmp/got.
play() {
    play_file=$1
    shift
    cat >"$tmp/script"
    "$HEAPREEL_BIN" --script "$tmp/script" "$@" "$play_file" >"$tmp/got" 2>"$tmp/err"
}
# The screen NAME without the bottom line and without styles.
screen() { awk -v name="$1" '$1 == "==" { on = $2 == name; next } /^-- styles/ { on = 0 } on' "$tmp/got" | sed '$d'; }

play "$data" --session --size 120x40 <<'END'
key g
type gc:3:sweep
key Enter
key b
type peak where it was highest
key Enter
key A
key }
key B
type :select 0xc427605c000
key Enter
key f
type type~rec
key Enter
key Tab 4
key s
key z
key /
type type~rec ev=free
key Enter
screen left
END
check 'a session is made' test -s "$tmp/got"
screen left >"$tmp/left"
check '  ... and kept, in one file' sh -c 'test "$(find "$1" -name "*.cbor" | wc -l)" -eq 1' - "$tmp/state"
check '  ... for this person alone' sh -c 'find "$1" -name "*.cbor" -perm 600 | grep -q .' - "$tmp/state"
cp "$data" "$tmp/elsewhere.zst"
echo 'screen back' | play "$data" --session --size 120x40
screen back >"$tmp/back"
same 'the view comes back' "$tmp/left" "$tmp/back"
echo 'screen back' | play "$tmp/elsewhere.zst" --session --size 120x40
screen back | sed 1d >"$tmp/back"
sed 1d "$tmp/left" >"$tmp/want"
same '  ... for a copy of the trace too' "$tmp/want" "$tmp/back"
cp -r "$tmp/state" "$tmp/other"
echo 'screen back' | (
    XDG_STATE_HOME=$tmp/other
    play "$data" --session --size 120x40 --at 1ms
)
check '  ... but for the time where --at is given' sh -c 'grep -q "t = 0.001 000 s" "$1"' - "$tmp/got"

"$HEAPREEL_BIN" "$data" bookmarks --format jsonl >"$tmp/out"
check 'bookmarks lists what was set' grep -q '"name":"peak","t":90125696,.*"note":"where it was highest"' "$tmp/out"
"$HEAPREEL_BIN" "$data" summary --at @peak --format jsonl >"$tmp/out"
"$HEAPREEL_BIN" "$data" summary --at gc:3:sweep --format jsonl >"$tmp/want"
same '@name is a time' "$tmp/want" "$tmp/out"
check 'a bookmark that is not there is none' sh -c '! "$1" "$2" summary --at @nowhere 2>"$3" && grep -q "no bookmark" "$3"' \
    - "$HEAPREEL_BIN" "$data" "$tmp/err"

play "$data" --session --size 200x40 <<'END'
type :share
key Enter
screen share
END
# The line of :share, which is folded on the screen where the trace's path is long.
shared() { screen share | sed -n '3,${/^ *$/q; s/^ //p}' | tr -d '\n'; }
line=$(shared)
check ':share prints a line' test -n "$line"
view=$(printf '%s\n' "$line" | sed "s/.*--view //; s/'//g")
XDG_STATE_HOME=$tmp/nowhere
echo 'screen there' | play "$data" --size 120x40 --view "$view"
screen there >"$tmp/back"
cp "$tmp/left" "$tmp/want"
same '  ... which opens the same view elsewhere' "$tmp/want" "$tmp/back"
play "$data" --size 120x40 <<'END'
key g
type 1ms
key Enter
screen before
key g
type 0xc427605c000
key Enter
screen there
type :share
key Enter
screen share
END
check 'g takes an address, too' sh -c 'grep -q "─ bucket 0xc427605c000" "$1"' - "$tmp/got"
check '  ... and time stays' sh -c 'test "$(grep -c "t = 0.001 000 s" "$1")" -eq 3' - "$tmp/got"
shared >"$tmp/line"
echo >>"$tmp/line"
check ':share leaves out what is as usual' \
    grep -q -- '--view .at=1000000:[0-9]*,select=0xc427605c000,focus=span.$' "$tmp/line"
check 'a view that makes no sense is refused' sh -c '! "$1" --view at=x "$2" 2>/dev/null </dev/null' - "$HEAPREEL_BIN" "$data"
XDG_STATE_HOME=$tmp/state

# An open page, the way back, how its table is sorted, the rows of the timeline, the map.
XDG_STATE_HOME=$tmp/pages
play "$data" --session --size 120x40 <<'END'
type g
type gc:3:sweep
key Enter
type :rows objects
key Enter
key Tab
type cccPP
type :open main.rec
key Enter
key Down 3
key Enter
key Tab 3
type ss
screen there
key Backspace
screen before
key \
type ss
screen left
END
check 'keys of a burst sort a page that was not drawn yet' sh -c 'grep -q "event *type▾" "$1"' - "$tmp/got"
screen left >"$tmp/left2"
screen before >"$tmp/before"
printf 'screen back\nkey Backspace\nscreen before\n' | play "$data" --session --size 120x40
screen back >"$tmp/got2"
same 'the open page comes back' "$tmp/left2" "$tmp/got2"
screen before >"$tmp/got2"
same '  ... and the way back' "$tmp/before" "$tmp/got2"
# The order of a page's table, and what is chosen there, wait where one left them: by the keys, and on another day.
rm -rf "$tmp/pages"
play "$data" --session --size 120x40 <<'END'
key g
type gc:3:sweep
key Enter
type :open main.rec
key Enter
screen usual
key s 2
key S
screen turned
key End
key Up 3
screen sorted
key Enter
screen there
key Backspace
screen again
key \
screen ahead
END
for at in usual sorted there again ahead; do screen $at >"$tmp/$at"; done
check 'a page sorted by hand looks different' sh -c '! cmp -s "$1" "$2" && grep -q "▾by" "$2"' - "$tmp/usual" "$tmp/sorted"
same 'back to a page: its order and what was chosen are as they were left' "$tmp/sorted" "$tmp/again"
same '  ... and forward again' "$tmp/there" "$tmp/ahead"
printf 'key Backspace\nscreen again\nkey Enter\nscreen ahead\n' | play "$data" --session --size 120x40
screen again >"$tmp/again"
check '  ... on another day, too: the order' grep -q '▾by' "$tmp/again"
screen ahead >"$tmp/ahead"
same '  ... and the row' "$tmp/there" "$tmp/ahead"
# A report that was open is asked again, for the instant at which it was asked, and so it is by :share's line.
rm -rf "$tmp/pages"
play "$data" --session --size 120x40 <<'END'
key g
type gc:6
key Enter
type :types --at gc:3
key Enter
key Esc
type :pins --by span
key Enter
key Down
screen asked
END
screen asked >"$tmp/asked"
check 'a report is open' grep -q '^─ report pins --by span' "$tmp/asked"
printf 'screen again\ntype :share\nkey Enter\nscreen share\n' | play "$data" --session --size 120x40
screen again >"$tmp/again"
same '  ... and so it is on another day' "$tmp/asked" "$tmp/again"
view=$(shared | sed "s/.* --view '\{0,1\}//; s/'\{0,1\} *$//")
echo 'screen again' | (
    XDG_STATE_HOME=$tmp/nothing
    play "$data" --size 120x40 --view "$view"
)
screen again >"$tmp/again"
check "  ... and by :share's line" grep -q '^─ report pins --by span' "$tmp/again"
# A line that writes is no question.
check 'a view cannot make a report write' sh -c '"$1" --script /dev/null --view "page=report:5,report=pins%20-o%20$2" "$3" && ! test -e "$2"' \
    - "$HEAPREEL_BIN" "$tmp/written" "$data"
# Of another trace: none of its pages is there, and nothing breaks.
cp "$(find "$tmp/pages" -name '*.cbor')" "$tmp/foreign.cbor"
echo 'screen x' | play "$HEAPREEL_DATA/plain-1.26.trace.zst" --session
cp "$tmp/foreign.cbor" "$(find "$tmp/pages" -newer "$tmp/foreign.cbor" -name '*.cbor' | head -n 1)"
printf 'screen x\nkey Backspace 9\nscreen y\n' | play "$HEAPREEL_DATA/plain-1.26.trace.zst" --session
check 'a session of another trace does no harm' test ! -s "$tmp/err"
XDG_STATE_HOME=$tmp/state

file=$(find "$tmp/state" -name '*.cbor')
for damage in 'cut' 'nonsense' 'folder'; do
    cp "$file" "$tmp/whole.cbor"
    case $damage in
    cut) head -c 40 "$tmp/whole.cbor" >"$file" ;;
    nonsense) printf '\377\377\377' >"$file" ;;
    folder) rm "$file" && mkdir "$file" ;;
    esac
    echo 'screen fresh' | play "$data" --session --size 120x40
    check "a damaged session ($damage) is left aside, with a line" grep -q 'left aside' "$tmp/got"
    rm -rf "$file"
    cp "$tmp/whole.cbor" "$file"
done
echo 'screen fresh' | play "$data" --size 120x40
check 'without --session a script begins anew' sh -c '! grep -q "as it was left" "$1"' - "$tmp/got"
play "$data" --session --size 120x40 <<'END'
type :forget
key Enter
END
check ':forget forgets' test ! -e "$file"

# An address, gone to from the timeline: it is said what lies there, and the next key is about its span; on a page the
# bucket's page is shown. An address alone at the prompt does the same.
play "$data" --size 120x40 <<'END'
key g
type gc:3:sweep
key Enter
key g
type 0xc4276252460
key Enter
screen went
key i
screen page
type :0xc4275c40140
key Enter
screen bucket
END
screen page >"$tmp/page"
check 'g with an address says what is there' \
    grep -q '0xc4276252460: slot 14 of span 0xc4276252000, class 7 scan, live' "$tmp/got"
check '  ... and i then opens the page of its span' grep -q '^─ span 0xc4276252000 · 36/99 live' "$tmp/page"
screen bucket >"$tmp/page"
check '  ... and on a page the page of the bucket is next' grep -q '^─ bucket 0xc4275c40140 · slot 4' "$tmp/page"
play "$HEAPREEL_DATA/flight-1.26.trace.zst" --size 120x40 <<'END'
key g
type +0x3f2c000
key Enter
screen flight
END
check 'g takes an address relative to the heap' grep -q '^ +0x3f2c000: slot 0 of span +0x3f2c000, class 9 noscan' "$tmp/got"

# A span that is in use only from 0.000146 to 0.585 s, with mark A behind its end and before its begin.
play "$data" --size 120x40 <<'END'
key $
key A
key g
type 0xc4275c40000
key Enter
key i
screen gone
key g
type 0.3s
key Enter
screen before
key ^
key A
key g
type 0.3s
key Enter
screen after
END
for name in gone before after; do
    screen $name | sed -n 's/^ since A *//p' >"$tmp/since-$name"
done
# Its last sweep before 0.3 s freed something: the events of the trace say on which P.
t=$(screen before | sed -n 's/^ because  *swept, put on the list, \(0\.[0-9 ]*\) s, GC 7, on P[0-9]*$/\1/p' | tr -d ' ')
"$HEAPREEL_BIN" "$data" events --format csv --from "${t}s" --to "${t}s" >"$tmp/events"
p=$(grep '^[^,]*,[0-9]*,.*HeapObjectFree' "$tmp/events" | cut -d, -f2 | sort -u)
check 'a span page says on which P it was swept' sh -c 'grep -q "on the list, .*, GC 7, on P$1$" "$2"' - "$p" "$tmp/got"
check 'a span that is gone is not new since A' grep -qx 'not in use at A' "$tmp/since-gone"
check '  ... nor is one that A comes after' grep -qx 'not in use at A' "$tmp/since-before"
check '  ... but one that came later is' grep -qx 'new: not in use at A' "$tmp/since-after"

# The peak by one key: the greatest of the trace's own values of the live heap, where it first has it.
printf 'type o\nscreen high\n' | play "$data" --size 120x40
"$HEAPREEL_BIN" "$data" events --format jsonl | grep '"ev":"HeapAlloc"' | tr -dc '0-9,\n' |
    awk -F, '$NF > most { most = $NF; t = $1 } END { printf "t = %d.%03d %03d %03d s", t / 1e9, t / 1e6 % 1e3, t / 1e3 % 1e3, t % 1e3 }' >"$tmp/peak"
check 'o in the timeline goes to the highest of the heap' grep -q -f "$tmp/peak" "$tmp/got"

# Keys faster than pictures: none of these pages was drawn before the next key came. Mark A is the first of two instants.
play "$data" --size 120x40 <<'END'
key g
type gc:2:end
key Enter
type A
key g
type gc:6:end
key Enter
key R
key End
key Up
key Enter
screen grown
key Backspace 2
type :open gc:6
key Enter
screen cycle
key Enter
screen same
END
check 'a burst of keys counts on the rows of a page that was not drawn yet' \
    sh -c 'grep -q "^─ report grown --since 0\.[0-9]*s ─" "$1"' - "$tmp/got"
since=$("$HEAPREEL_BIN" "$data" summary --at gc:2:end --format jsonl | sed 's/.*"t":\([0-9]*\).*/\1/')
check '  ... and what grew is asked since mark A' grep -q "grown --since 0\.$(printf '%09d' "$since")s" "$tmp/got"
goal=$("$HEAPREEL_BIN" "$data" cycles --format jsonl | awk -F'"goal":' '/"gc":7,/ { printf "%.1f MB", int($2 / 104857.6) / 10 }')
check 'a GC cycle tells the goal that it leads to' grep -q "marked .*, next goal $goal$" "$tmp/got"
check 'a link to the page that is open says so' grep -q '^ that is this page' "$tmp/got"

# Each kind of prompt has its own history: each line once, the newest first; what one was changed into is forgotten.
play "$data" --size 120x40 <<'END'
type :set glyphs ascii
key Enter
type :set theme dark
key Enter
type :set glyphs ascii
key Enter
type /main.rec
key Enter
key :
key Up
screen newest
key Up
type X
key Down
key Up
screen changed
key Up
screen oldest
key ^U
key Enter
key /
key Up
screen search
key ^U
key Enter
key :
key Up 2
screen again
END
check "a prompt's history: lines of its kind, each once; changes go with the prompt" \
    test "$(grep '^[:/]' "$tmp/got" | sed 's/ *$//' | tr '\n' ';')" = \
    ':set glyphs ascii;:set theme darkX;:set theme darkX;/main.rec;:set theme dark;'

# Where nothing can be kept: a file stands where the folder would be.
: >"$tmp/no-folder"
XDG_STATE_HOME=$tmp/no-folder
play "$data" --session --size 80x24 <<'END'
type :bookmark here
key Enter
screen said
END
check 'a bookmark that cannot be kept: the screen says why' \
    sh -c 'grep -q "set, but not kept: .*directory" "$1"' - "$tmp/got"
check '  ... and so does the end of the program' \
    sh -c 'grep -q "could not be kept: .*$2" "$1"' - "$tmp/err" "$tmp/no-folder"
XDG_STATE_HOME=$tmp/state

play "$data" --size 90x25 --at 50% <<END
type :screen $tmp/s.txt
key Enter
type :screen $tmp/s.ans
key Enter
type :screen $tmp/s.svg
key Enter
type :screen $tmp/s.html
key Enter
type :types
key Enter
type :write $tmp/types.txt
key Enter
screen same
END
check 'a screen as text' grep -q 'heap map' "$tmp/s.txt"
sed 's/\x1b\[[0-9;]*m//g; s/ *$//' "$tmp/s.ans" >"$tmp/plain"
sed 's/ *$//' "$tmp/s.txt" >"$tmp/want"
same '  ... with colours: the same letters' "$tmp/want" "$tmp/plain"
check '  ... as SVG' sh -c 'head -c 5 "$1" | grep -q "<svg " && tail -n 1 "$1" | grep -q "</svg>"' - "$tmp/s.svg"
check '  ... as a page of HTML' sh -c 'grep -q "<!DOCTYPE html>" "$1" && tail -n 1 "$1" | grep -q "</html>"' - "$tmp/s.html"
if command -v xmllint >/dev/null 2>&1; then
    check '  ... and the SVG is well formed' xmllint --noout "$tmp/s.svg"
else
    skip '  ... and the SVG is well formed' 'xmllint is not installed'
fi
"$HEAPREEL_BIN" "$data" types --at 50% >"$tmp/want"
same 'output of a command is saved as it is' "$tmp/want" "$tmp/types.txt"
done_testing
