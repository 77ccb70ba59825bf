/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmocka.h - cmocka with what it wants to be included before it. */
#ifndef HEAPREEL_TESTS_CMOCKA_H
#define HEAPREEL_TESTS_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
