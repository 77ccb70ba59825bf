#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# picture.sh: print README.md with its picture taken anew from the program, by the keys of doc/picture.keys.
# From the test driver, or make picture: HEAPREEL_SRC, HEAPREEL_DATA, HEAPREEL_BIN.
set -eu
dump=$(env -u NO_COLOR LC_ALL=C.UTF-8 "$HEAPREEL_BIN" --script "$HEAPREEL_SRC/doc/picture.keys" --size 100x30 \
    "$HEAPREEL_DATA/mapchurn-1.26.trace.zst")
printf '%s\n' "$dump" | sed -e '1d' -e '/^-- styles/,$d' -e 's/ *$//' -e 's/^/    /' -e 's/ *$//' |
    awk 'NR == FNR { picture = picture $0 "\n"; next }
        /^<!-- end of picture -->$/ { printf "\n%s\n", picture; inside = 0 }
        !inside { print }
        /^<!-- picture/ { inside = 1 }' - "$HEAPREEL_SRC/README.md"
