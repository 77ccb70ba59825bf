/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mutate.h - changes that a fuzzer makes to a trace while its framing stays whole: events and fields are changed, left
 * out, doubled and moved; batch lengths, argument counts and the header stay right.
 *
 * Both formats are known. Some of the changes are still plain ones of bytes, so that broken framing is met as well.
 */
#ifndef HEAPREEL_TESTS_MUTATE_H
#define HEAPREEL_TESTS_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/* A change of plain bytes: the fuzzer's own. Returns the new size, at most `max`. */
typedef size_t mutate_bytes(uint8_t *data, size_t size, size_t max);

/* Which traces may come out. */
enum mutate_format { MUTATE_ANY, MUTATE_V1 };

/* Change the trace in data[0 .. size) in place; returns its new size, at most `max`. The seed decides what is done. */
size_t mutate_trace(uint8_t *data, size_t size, size_t max, unsigned seed, enum mutate_format format,
                    mutate_bytes *bytes);

/* The same for a trace packed with gzip or zstd: unpacked, changed and packed again; sometimes the packed bytes change.
 */
size_t mutate_packed(uint8_t *data, size_t size, size_t max, unsigned seed, mutate_bytes *bytes);

/* A change of bytes for those that have none of their own (AFL++). */
size_t mutate_plain(uint8_t *data, size_t size, size_t max);

#endif
