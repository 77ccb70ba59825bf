/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * squeeze.h - bytes of a piece made smaller with zstd, where the program was built with it. For core/ only.
 *
 *     form `u` (0 as they are, 1 zstd), size before `u`, bytes
 */
#ifndef HEAPREEL_SQUEEZE_H
#define HEAPREEL_SQUEEZE_H

#include "core/bytes.h"

struct squeezer {
    void *context; /* of zstd, made when first needed */
};
void squeeze_free(struct squeezer *q);

/* Append `in` to `out`, smaller where that pays. */
void squeeze(struct squeezer *q, const struct bytes *in, struct bytes *out);

enum unsqueezed { UNSQUEEZED, UNSQUEEZE_DAMAGED, UNSQUEEZE_CANT, UNSQUEEZE_MEMORY };
/* The bytes before, in *out or where they lie in `in`: *at, *n. CANT: zstd's, and the program was built without it. */
enum unsqueezed unsqueeze(const uint8_t *in, size_t size, struct bytes *out, const uint8_t **at, size_t *n);

#endif
