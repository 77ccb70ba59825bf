/* SPDX-License-Identifier: GPL-3.0-or-later */
/* value.c - see value.h. */
#include "core/value.h"

struct value value_goroutine(const reel *r, uint32_t g) {
    return g == NO_ID ? value_null() : value_leads(value_int((int64_t)reel_goroutine(r, g)->id), LEADS_GOROUTINE, g);
}

struct value value_type(const reel *r, uint32_t type) {
    return type == NO_ID ? value_null() : value_leads(value_name(reel_type(r, type)->name), LEADS_TYPE, type);
}

struct value value_span(const reel *r, uint32_t span) {
    if (span == NO_ID)
        return value_null();
    return value_leads(value_address(reel_page_address(r, reel_span(r, span)->page)), LEADS_SPAN, span);
}
