#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run-manual.sh: the manual says what the program's tables say, and the program its version; a formatter has no complaints.
. "${0%/*}/tap.sh"

for part in commands keys; do
    "$HEAPREEL_BIN" --dump-$part-man >"$tmp/$part.man" 2>"$tmp/err"
    same "the manual's $part are those of the program (make man-update)" "$HEAPREEL_SRC/doc/$part.man" "$tmp/$part.man"
done

"$HEAPREEL_BIN" --no-config config >"$tmp/config.example" 2>"$tmp/err"
same 'doc/config.example is what the program prints (make man-update)' "$HEAPREEL_SRC/doc/config.example" "$tmp/config.example"

manual=$HEAPREEL_BUILD/doc/heapreel.1
check 'the manual has a section about commands' grep -q '^\.SH COMMANDS' "$manual"
check 'the manual has a section about keys' grep -q '^\.SH KEYS' "$manual"
version=$("$HEAPREEL_BIN" --version | head -n 1)
check 'program and manual are of one version' grep -qF "\"$version\"" "$manual"
none_left() { ! grep -n '%[A-Z]*%' "$manual"; }
check 'nothing in the manual waits to be filled in' none_left

# The options that the program names are in the manual.
"$HEAPREEL_BIN" --help >"$tmp/help" 2>&1
sed 's/\\-/-/g' "$manual" >"$tmp/manual"
for option in $(grep -oE -e '--[a-z][a-z-]+' "$tmp/help" | sort -u); do
    check "the manual has $option" grep -qF -e "$option" "$tmp/manual"
done

# Where the trace is packed and can't be read, or no UTF-8 locale is here, there is no picture to compare.
"$HEAPREEL_SRC/tests/picture.sh" >"$tmp/readme" 2>"$tmp/err"
if ! grep -q '■' "$tmp/readme"; then
    skip 'the picture in README.md is what the program shows' 'zstd or the locale C.UTF-8 is missing'
else
    same 'the picture in README.md is what the program shows (make picture)' "$HEAPREEL_SRC/README.md" "$tmp/readme"
fi

if command -v mandoc >/dev/null 2>&1; then
    check 'mandoc has no complaints' mandoc -W error,stop "$manual"
elif command -v groff >/dev/null 2>&1; then
    groff -man -ww -Tutf8 "$manual" >/dev/null 2>"$tmp/complaints"
    check 'groff has no complaints' test ! -s "$tmp/complaints"
else
    skip 'a formatter has no complaints' 'neither mandoc nor groff is installed'
fi
done_testing
