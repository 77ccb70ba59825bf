#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run-style.sh: rules of the source that no compiler knows: each file says its licence, stays small, and includes only
# downwards (traces <- core <- tui); curses and readline stay in tui/, curses in its term files.
. "${0%/*}/tap.sh"
cd "$HEAPREEL_SRC" || exit 1

sources() { find traces core tui tests -name '*.[ch]' | sort; }

# none NAME COMMAND...: passes where the command prints nothing, and shows what it prints otherwise.
none() {
    none_name=$1
    shift
    "$@" >"$tmp/found" 2>&1 </dev/null
    if [ -s "$tmp/found" ]; then not_ok "$none_name" "$tmp/found"; else ok "$none_name"; fi
}

without_licence() {
    for file in $(sources); do
        [ "$(head -n 1 "$file")" = '/* SPDX-License-Identifier: GPL-3.0-or-later */' ] || echo "$file"
    done
}
without_purpose() {
    for file in $(sources); do
        sed -n '2{/^\/\*/!q1}' "$file" || echo "$file"
    done
}
too_long() {
    for file in $(sources); do
        lines=$(wc -l <"$file")
        [ "$lines" -le 700 ] || echo "$file: $lines lines" # beyond 600 a file is to be split
    done
}
# Documents that comments and documents name, wherever they lie.
not_here() {
    grep -rohE '[a-z][a-z/-]*\.md' traces core tui tests doc examples README.md --include='*.[ch]' --include='*.md' \
        --include='*.sh' | sed 's|.*/||' | sort -u | while read -r name; do
        [ -n "$(find . -iname "$name" -print -quit)" ] || echo "$name"
    done
}
none 'every C file begins with its licence' without_licence
none 'every C file goes on with what it owns' without_purpose
none 'no source file is much longer than 600 lines' too_long
none 'documents that are named are here' not_here

# without PATTERN COMMAND...: what the command prints, less the lines that match.
without() {
    without_pattern=$1
    shift
    "$@" | grep -vE "$without_pattern"
}
# includes FOLDER PATTERN: includes in a folder that match. Paths are from the root, so each of ours names its folder.
includes() { grep -rnE "#include [<\"]($2)" "$1" --include='*.[ch]'; }
around_traces() {
    includes core 'traces/'
    includes tui 'traces/'
}
curses='n?curses|panel|menu|form|term\.h'
none 'traces/ includes nothing of core/ or tui/' includes traces 'core/|tui/'
none 'core/ includes nothing of tui/' includes core 'tui/'
none 'others include of traces/ only traces.h and its plain containers' \
    without '"traces/(traces|grow|idmap)\.h"' around_traces
none 'traces/ knows no terminal' includes traces "$curses|readline"
none 'core/ knows no terminal' includes core "$curses|readline"
none 'curses is included in tui/term*.c alone' without '^tui/term' includes tui "$curses"
none 'nothing is left to do' grep -rnwE 'TODO|FIXME|XXX' traces core tui --include='*.[ch]'
none 'no line ends in a blank' grep -rnE '[[:blank:]]+$' traces core tui --include='*.[ch]'

scripts() {
    find bootstrap .ci/run tests examples -type f | sort | while IFS= read -r file; do
        case $(head -n 1 "$file" | tr -d '\0') in '#!/bin/sh' | '#!/usr/bin/env bash' | '#!/bin/bash') echo "$file" ;; esac
    done
}
# SC1091: tap.sh is found at run time. SC2154: and with it $tmp.
shellcheck_all() { scripts | xargs shellcheck -S warning -e SC1091,SC2154; }
if command -v shellcheck >/dev/null 2>&1; then
    none 'shellcheck has nothing to say about the scripts' shellcheck_all
else
    skip 'shellcheck has nothing to say about the scripts' 'shellcheck is not installed'
fi
done_testing
