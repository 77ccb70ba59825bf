#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# test-forms.sh: the rows of every command and report as csv, jsonl and cbor, read by readers that aren't ours
# (tests/check-forms) and compared; csv goes into SQLite in one line.
. "${0%/*}/tap.sh"
command -v python3 >/dev/null 2>&1 || skip_all 'no python3 to read the forms with'

# forms NAME TRACE COMMAND...: one command in three forms.
forms() {
    forms_name=$1
    shift
    for form in jsonl csv cbor; do
        "$HEAPREEL_BIN" "$@" --format "$form" >"$tmp/rows.$form" 2>"$tmp/why" || {
            not_ok "$forms_name as $form" "$tmp/why"
            return
        }
    done
    if "$HEAPREEL_SRC/tests/check-forms" "$tmp/rows.jsonl" "$tmp/rows.csv" "$tmp/rows.cbor" >"$tmp/n" 2>"$tmp/why"; then
        ok "$forms_name: $(cat "$tmp/n") rows are the same in csv, jsonl and cbor"
    else
        not_ok "$forms_name: csv, jsonl and cbor" "$tmp/why"
    fi
}

for name in mapchurn-1.26 flight-1.26; do
    trace=$HEAPREEL_DATA/$name.trace.zst
    addr=$("$HEAPREEL_BIN" "$trace" spans --where kind=heap --format csv | sed -n '2s/,.*//p')
    set -- info events summary cycles phases sweeps spans central "types --since start" notes ranges goroutines \
        "bucket $addr" "span $addr --objects" fields bookmarks reports "help delays" \
        "where --by type" "delays --by type" "returns --by span" failures sfr "pins --by span" growths "chains --by type" \
        maps "refills --by type" traffic allocators "charged --by event" aftermath turns procs crosscheck \
        "grown --by goroutine" "leaks --by age" leaks
    for command; do
        # shellcheck disable=SC2086
        forms "$name $command" "$trace" $command
    done
    forms "$name compare" "$trace" compare "$HEAPREEL_DATA/mapchurn-1.24.trace.zst" --by type
done
forms 'events with stacks' "$HEAPREEL_DATA/stacks-1.26.trace.zst" events --stacks --to 3ms
forms 'several traces' "$HEAPREEL_DATA/mapchurn-1.24.trace.zst" "$HEAPREEL_DATA/annotate-1.26.trace.zst" leaks

# ---------------------------------------------------------------- SQLite, as README says
trace=$HEAPREEL_DATA/mapchurn-1.26.trace.zst
if ! command -v sqlite3 >/dev/null 2>&1; then
    skip 'csv into SQLite in one line' 'sqlite3 is not installed'
else
    "$HEAPREEL_BIN" "$trace" delays --by type --format csv >"$tmp/delays.csv"
    sqlite3 :memory: ".import --csv $tmp/delays.csv delays" \
        "select name, cast(n as integer) from delays where what = 'reuse' and by = 'type' order by cast(n as integer) desc, name" \
        >"$tmp/got" 2>&1
    "$HEAPREEL_BIN" "$trace" delays --by type --format jsonl | python3 -c 'import json, sys
rows = [json.loads(line) for line in sys.stdin]
for n, name in sorted((-r["n"], r["name"]) for r in rows if r["what"] == "reuse" and r["by"] == "type"):
    print("%s|%d" % (name, -n))' >"$tmp/wanted"
    check 'some types were reused' test -s "$tmp/wanted"
    same 'csv into SQLite in one line' "$tmp/wanted" "$tmp/got"
fi
done_testing
