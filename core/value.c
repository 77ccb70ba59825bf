/* SPDX-License-Identifier: GPL-3.0-or-later */
/* value.c - see value.h. */
#include "core/value.h"

struct value value_goroutine(const reel *r, uint32_t g) {
    return g == NO_ID ? value_null() : value_int((int64_t)reel_goroutine(r, g)->id);
}

struct value value_type(const reel *r, uint32_t type) {
    return type == NO_ID ? value_null() : value_name(reel_type(r, type)->name);
}
