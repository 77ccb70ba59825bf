#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-reference.sh: heapreel's events against those of the reference reader, golang.org/x/exp/trace, event for event: the
# recordings of tests/data, the text traces and the traces of Go 1.11 to 1.21 among Go's own tests, and new recordings of
# the examples.
#
# Needs Go 1.26 or later, and the reader in the module cache or a module proxy within reach; never fetches a Go version.
# VARIANTS=n: that many damaged forms of each small trace, in place of 40.
# REFERENCE=full records the examples with every Go that is here, not only with one.
. "${0%/*}/tap.sh"

command -v go >/dev/null 2>&1 || skip_all 'no go command: the order of events is not compared with the reference reader'
export GOTOOLCHAIN=local GOFLAGS=-mod=readonly
cd "$HEAPREEL_SRC/tests/reference" || exit 1
if command -v timeout >/dev/null 2>&1; then limit='timeout 60'; else limit=; fi
$limit go mod download >"$tmp/out" 2>&1 || {
    sed 's/^/# /' "$tmp/out"
    skip_all "the reference reader can't be had (Go 1.26 and golang.org/x/exp are needed)"
}
check 'the comparing programs build' go build -o "$tmp/" ./refdump ./cmpevents ./testtobin
[ -x "$tmp/cmpevents" ] || { done_testing; exit 0; }

compare() { # compare NAME TRACE [success|failure [-damaged]]
    case ${2##*/} in
    *-1.[5789].* | *-1.10.*) skip "$1" 'the reference begins with Go 1.11' && return ;;
    esac
    # shellcheck disable=SC2086 # no word, or one
    if ! "$tmp/cmpevents" ${4-} -heapreel "$HEAPREEL_BIN" "$2" >"$tmp/cmp" 2>&1; then
        not_ok "$1" "$tmp/cmp"
    elif [ "${3-success}" = failure ] && ! grep -q 'the reference stops' "$tmp/cmp"; then
        not_ok "$1: the reference was to refuse it" "$tmp/cmp"
    elif [ "${3-success}" = success ] && grep -q 'the reference stops' "$tmp/cmp"; then
        not_ok "$1: the reference was to take it" "$tmp/cmp"
    else
        ok "$1: $(sed 's/^[^:]*: //; s/, [0-9.]* s.*//' "$tmp/cmp")"
    fi
}

for file in "$HEAPREEL_DATA"/*.trace.zst; do
    if ! command -v zstd >/dev/null 2>&1; then
        skip "${file##*/}" 'no zstd command'
        continue
    fi
    compare "${file##*/}" "$file"
done

# A cut file: the same events in all generations before the one where the reference gives up.
if command -v zstd >/dev/null 2>&1; then
    zstd -qdc "$HEAPREEL_DATA/mixed-1.24.trace.zst" >"$tmp/whole.trace"
    size=$(wc -c <"$tmp/whole.trace")
    for part in 30 60 90; do
        head -c $((size * part / 100)) "$tmp/whole.trace" >"$tmp/cut.trace"
        compare "mixed-1.24 cut at $part %" "$tmp/cut.trace" failure -damaged
    done
fi

texts=$(go env GOROOT)/src/internal/trace/testdata/tests
if [ -d "$texts" ]; then
    for file in "$texts"/*.test; do
        name=${file##*/}
        if expect=$("$tmp/testtobin" "$file" "$tmp/text.trace" 2>"$tmp/err"); then
            compare "Go's own $name" "$tmp/text.trace" "$expect"
        else
            not_ok "Go's own $name becomes binary" "$tmp/err"
        fi
    done
else
    skip "Go's own tests" "they are not in $texts"
fi

old=$(go env GOROOT)/src/internal/trace/internal/tracev1/testdata
if [ -d "$old" ]; then
    for file in "$old"/*_good; do
        compare "Go's own ${file##*/}" "$file"
    done
else
    skip "Go's own traces of 1.11 to 1.21" "they are not in $old"
fi

# Damaged forms: what the reference refuses heapreel reports a loss for, what it takes comes out equal.
VARIANTS=${VARIANTS-40}
damaged() { # damaged NAME N TRACE...
    name=$1 n=$2
    shift 2
    if "$tmp/cmpevents" -heapreel "$HEAPREEL_BIN" -variants "$n" "$@" >"$tmp/cmp" 2>&1; then
        ok "$name, $n damaged forms of each"
    else
        not_ok "$name, $n damaged forms of each" "$tmp/cmp"
    fi
}
if [ -d "$texts" ]; then
    mkdir "$tmp/texts"
    for file in "$texts"/*.test; do
        "$tmp/testtobin" "$file" "$tmp/texts/${file##*/}" >"$tmp/out" 2>&1 || :
    done
    damaged "Go's own tests" "$VARIANTS" "$tmp/texts"/*
fi
if command -v zstd >/dev/null 2>&1; then
    damaged 'small recordings' "$VARIANTS" "$HEAPREEL_DATA"/annotate-1.26.trace.zst "$HEAPREEL_DATA"/plain-1.21.trace.zst
    damaged 'larger recordings' $((VARIANTS / 4)) "$HEAPREEL_DATA"/plain-1.22.trace.zst "$HEAPREEL_DATA"/pingpong-1.22.trace.zst
fi

if command -v zstd >/dev/null 2>&1; then
    version=$(go env GOVERSION | sed 's/^go\([0-9]*\.[0-9]*\).*/\1/')
    if [ "${REFERENCE-}" = full ]; then JUST='*'; else JUST="*-$version.*"; fi
    export JUST
    if GOFLAGS='' "$HEAPREEL_SRC/examples/record" "$tmp/fresh" >"$tmp/out" 2>&1; then
        for file in "$tmp/fresh"/*.trace.zst; do
            compare "new recording ${file##*/}" "$file"
        done
    else
        not_ok 'the examples can be recorded anew' "$tmp/out"
    fi
else
    skip 'new recordings' 'no zstd command'
fi
done_testing
