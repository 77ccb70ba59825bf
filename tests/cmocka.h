/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmocka.h - cmocka, 1 or 2, with what it wants to be included before it. */
#ifndef HEAPREEL_TESTS_CMOCKA_H
#define HEAPREEL_TESTS_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Of what cmocka 1 and 2 have for that, each has what the other lacks or advises against. */
#define assert_within(value, least, most)                                                                              \
    assert_true((intmax_t)(value) >= (intmax_t)(least) && (intmax_t)(value) <= (intmax_t)(most))

#endif
