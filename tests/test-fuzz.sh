#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-fuzz.sh: every file of the fuzzers' corpus, through the targets that it is for, under the address and
# undefined-behaviour sanitizers where the compiler has them. What a fuzzer found once lies there too.
. "${0%/*}/tap.sh"
export ASAN_OPTIONS="${ASAN_OPTIONS-allocator_may_return_null=1}"

run() { # run TARGET FOLDER...
    target=$1
    shift
    program=$HEAPREEL_BUILD/tests/fuzz/fuzz_${target}_checked
    [ -x "$program" ] || program=$HEAPREEL_BUILD/tests/fuzz/fuzz_$target
    [ -x "$program" ] || skip_all "$program is not built"
    for folder; do
        for file in "$HEAPREEL_SRC/tests/fuzz/corpus/$folder"/*; do
            check "fuzz_$target $folder/${file##*/}" "$program" "$file"
        done
    done
}
run trace trace v1
run v1 v1 trace
run packed packed
run saved saved
run reel trace v1 packed
# Seeds of an older form are refused at their first bytes, and the target tries nothing behind these.
check "saved/whole is a reel of today's form (else: tests/fuzz/make-corpus)" \
    "$HEAPREEL_BIN" "$HEAPREEL_SRC/tests/fuzz/corpus/saved/whole" summary
"$program" "$HEAPREEL_SRC/tests/fuzz/corpus/none" 2>/dev/null && wrong=yes || wrong=
check 'a file that is not there is an error' [ -z "$wrong" ]
done_testing
