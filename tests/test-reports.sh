#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-reports.sh: a program whose reports' answers are known by construction logs these answers into its trace; heapreel
# must find the same, and agree with its gctrace, scavtrace and MemStats. See examples/known.
#
# Needs Go 1.23 or later; uses the versions that are here and fetches none.
. "${0%/*}/tap.sh"

command -v go >/dev/null 2>&1 || skip_all 'no go command: nothing can be recorded'
export GOTOOLCHAIN=local LC_ALL=C.UTF-8
unset GODEBUG

# rows FORMATTED-BY ARG...: a report's rows as JSON lines.
rows() { "$HEAPREEL_BIN" "$tmp/trace" "$@" --format jsonl; }
# has NAME PATTERN ARG...: some row of a report matches.
has() {
    has_name=$1 has_pattern=$2
    shift 2
    rows "$@" >"$tmp/rows" 2>&1
    check "$has_name" grep -E -- "$has_pattern" "$tmp/rows"
}

for version in 1.23 1.26; do
    tool=$("$HEAPREEL_SRC/examples/find-go" $version)
    if [ -z "$tool" ]; then
        skip "Go $version" 'not here'
        continue
    fi
    if ! (cd "$HEAPREEL_SRC/examples" && GOROOT='' "$tool" build -o "$tmp/known" ./known) >"$tmp/log" 2>&1; then
        not_ok "Go $version builds the program" "$tmp/log"
        continue
    fi
    GODEBUG=gctrace=1,scavtrace=1 "$tmp/known" -rounds 7 -leak 500 -drop 2000 -o "$tmp/trace" 2>"$tmp/gc.log"
    has "Go $version: the program's own answer" 'leaks main.leaked growth=500"' notes
    has '  leaks: so many more with each cycle, in every one' '"growth":500,.*"steady":1,.*"name":"main.leaked"' leaks
    has '  leaks --by age: the oldest survived all seven' '^\{"objects":[0-9]+,"bytes":[0-9]+,"age":7,.*"main.leaked"' leaks --by age
    has '  grown: all that was kept' '"d_objects":3500,.*"name":"main.leaked"' grown
    has '  allocators: all in the region' '"name":"fill"' allocators --by region
    has '  types: the garbage was freed' '"type":"main.garbage".*"live":0,.*"frees":14000' types
    has '  crosscheck: HeapAlloc as the program read it' '"what":"HeapAlloc".*"agrees":true' crosscheck
    rows crosscheck | grep '"what":"Heap[AOI]' | grep -c '"agrees":false' >"$tmp/wrong"
    check '  ... HeapAlloc, HeapObjects and HeapInuse agree each time' grep -qx 0 "$tmp/wrong"
    has '  crosscheck: gctrace fits' '"source":"gctrace","what":"heap marked".*"agrees":true' crosscheck --log "$tmp/gc.log"
    has '  where: scavtrace tells what the OS has' '"at":"gc:5:end".*"released":[0-9]+' where --log "$tmp/gc.log"
    "$HEAPREEL_BIN" "$tmp/trace" grown --fail-if 'd_objects>3000 and name=main.leaked' >/dev/null 2>&1
    check '  --fail-if finds the leak' test $? -eq 3
done
done_testing
