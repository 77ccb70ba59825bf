#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run-format.sh: the C sources look as .clang-format says. Each release of clang-format breaks lines its own way, so only
# the one that the sources are formatted with can judge.
. "${0%/*}/tap.sh"
cd "$HEAPREEL_SRC" || exit 1

release=14
tool=
seen=
for candidate in "clang-format-$release" clang-format; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    seen=$("$candidate" --version)
    case $seen in *"version $release."*) tool=$candidate && break ;; esac
done
[ -n "$tool" ] || skip_all "clang-format $release is not here (${seen:-no clang-format at all})"

# Files that a test wrote down (GENERATE=1) keep the form it gave them.
for file in $(find traces core tui tests doc -name '*.[ch]' ! -name '*_recorded.h' | sort); do
    check "$file" "$tool" --style=file --dry-run --Werror "$file"
done
done_testing
