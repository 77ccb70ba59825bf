/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * room.h - bytes that grow at the end and never move: address space is set aside first, memory comes when it is used.
 *
 * What lies at the beginning can be given back while the end still grows; addresses stay as they are.
 */
#ifndef HEAPREEL_ROOM_H
#define HEAPREEL_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct room {
    uint8_t *base; /* NULL: not open */
    size_t size;   /* address space set aside */
    size_t usable; /* from base on; what lies beyond can't be touched yet */
    size_t given;  /* from base on: given back, reads as zeros */
};

/*
 * Set aside address space for up to `most` bytes; less where the process may not have so much (then a request beyond it
 * fails later). False: not even a little is to be had.
 */
bool room_open(struct room *r, uint64_t most);
void room_close(struct room *r);

/* Make the first `size` bytes usable. False where memory or address space is short. */
bool room_fit(struct room *r, size_t size);

/* The first `size` bytes are not needed any more. */
void room_give_back(struct room *r, size_t size);
/* Nor are these in the middle. */
void room_give_back_range(struct room *r, size_t from, size_t to);

#endif
