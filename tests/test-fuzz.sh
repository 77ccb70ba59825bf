#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-fuzz.sh: every file of the fuzzers' corpus, through both targets. What a fuzzer found once lies there too.
. "${0%/*}/tap.sh"

for target in fuzz_trace fuzz_reel; do
    program=$HEAPREEL_BUILD/tests/fuzz/$target
    [ -x "$program" ] || skip_all "$program is not built"
    for file in "$HEAPREEL_SRC"/tests/fuzz/corpus/trace/*; do
        check "$target ${file##*/}" "$program" "$file"
    done
done
"$HEAPREEL_BUILD/tests/fuzz/fuzz_trace" "$HEAPREEL_SRC/tests/fuzz/corpus/none" 2>/dev/null && wrong=yes || wrong=
check 'a file that is not there is an error' [ -z "$wrong" ]
done_testing
