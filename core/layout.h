/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * layout.h - how the runtime cuts spans into slots: size classes, pages a span, elements a span.
 *
 * Sizes are bytes. The 68 size classes are the same from Go 1.22 to 1.26 (sizeclasses.go in runtime, since 1.26 in
 * internal/runtime/gc); what differs is how many bytes of a small span hold its own bitmaps (doc/inference.md 3).
 */
#ifndef HEAPREEL_LAYOUT_H
#define HEAPREEL_LAYOUT_H

#include "core/core.h"

/* What decides the number of elements of a span. */
struct layout {
    /* Green Tea: 128 bytes of mark bits in spans of 16 to 512 byte elements (usual from Go 1.26 on; marks.c looks) */
    bool inline_marks;
    unsigned ptr; /* bytes of a pointer: 8, or 4 on 32-bit ports */
};

/* Slot size and pages of a size class, 1 .. SIZE_CLASSES - 1. */
uint32_t layout_elem(unsigned size_class);
uint32_t layout_pages(unsigned size_class);

/* The largest element whose pointer bits lie in its span; larger ones with pointers have a header. */
uint32_t layout_most_in_span(const struct layout *l);

/* Elements of a span of a size class. */
uint32_t layout_nelems(const struct layout *l, unsigned size_class, bool noscan, uint64_t page_size);

/* The most elements that any layout gives: what bitmaps must have room for. */
uint32_t layout_max_nelems(unsigned size_class, uint64_t page_size);

#endif
