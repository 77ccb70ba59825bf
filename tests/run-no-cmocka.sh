#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Stands in for the unit tests where they could not be built, so that their absence is seen.
echo '1..0 # SKIP cmocka is not installed: the unit tests were not built'
