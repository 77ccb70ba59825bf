#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-library.sh: traces/ as a library of its own: doc/count-events.c, linked with nothing else, counts what is in the
# bytes of the recordings; traces/ and core/ have no data that could be written to.
#
# tests/library.expected was written by tests/count-raw, which decodes batches and nothing else; GENERATE=1 does so again.
. "${0%/*}/tap.sh"
cd "$HEAPREEL_BUILD" || exit 1
expected=$HEAPREEL_SRC/tests/library.expected

names=$(sed -n '/^[a-z]/p' "$expected")
if [ -n "${GENERATE-}" ]; then
    for name in $names; do
        echo "$name" && "$HEAPREEL_SRC/tests/count-raw" "$HEAPREEL_DATA/$name.trace.zst"
    done >"$tmp/new"
    cp "$tmp/new" "$expected"
fi
for name in $names; do
    sed -n "/^$name\$/,/^[a-z]/{/^[a-z]/d;p;}" "$expected" >"$tmp/wanted"
    doc/count-events "$HEAPREEL_DATA/$name.trace.zst" >"$tmp/got" 2>"$tmp/lost"
    same "count-events finds what is in $name" "$tmp/wanted" "$tmp/got"
    check "and nothing lost" test ! -s "$tmp/lost"
done
printf 'go 1.26 trac' >"$tmp/none"
doc/count-events "$tmp/none" >"$tmp/got" 2>"$tmp/lost" && wrong=yes || wrong=
check 'what is no trace is an error in one line' test -z "$wrong" -a "$(wc -l <"$tmp/lost")" -eq 1

if command -v ldd >/dev/null 2>&1 && ldd doc/count-events >"$tmp/ldd" 2>/dev/null; then
    needed=$(grep -E 'curses|tinfo|readline|cbor' "$tmp/ldd")
    check 'a program with traces/ needs no curses, readline or cbor' test -z "$needed"
else
    skip 'a program with traces/ needs no curses, readline or cbor' 'no ldd that can tell'
fi

# Sections that a program may write to, with something in them. Tables of constant pointers are .data.rel.ro.
writable() {
    size -A "$1" | awk '/:$/ { file = $1 }
        $2 + 0 > 0 && $1 !~ /rel\.ro/ && $1 ~ /^\.(data|bss|tdata|tbss)(\.|$)/ { print file, $1, $2 }'
    nm "$1" 2>/dev/null | awk '$2 == "C" { print $3, "common" }'
}
for library in libtraces.a libcore.a; do
    name="$library has no data that could be written to"
    if ! size -A "$library" >"$tmp/size" 2>/dev/null || ! command -v nm >/dev/null 2>&1; then
        skip "$name" 'no size(1) and nm(1) that can tell'
    elif nm "$library" 2>/dev/null | grep -qE '__asan|__ubsan|__sanitizer|__gcov|__afl'; then
        skip "$name" 'the compiler has put in data of its own'
    else
        writable "$library" >"$tmp/writable"
        if test -s "$tmp/writable"; then not_ok "$name" "$tmp/writable"; else ok "$name"; fi
    fi
done
done_testing
