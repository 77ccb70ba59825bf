/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * salvage.h - go on inside a batch behind an event that can't be decoded.
 *
 * How long such an event is nobody knows, but the event behind it begins at most one event's length further on. From
 * each byte up to there the rest of the batch is read on trial; only beginnings from which it decodes to its very end,
 * or for two dozen events, count. Numbers end where their top bits say, so wrong beginnings soon fall in with the right
 * one: reading resumes where all of them have met, and one event further on than the first of them, which may be what
 * is left of the bad one.
 */
#ifndef HEAPREEL_SALVAGE_H
#define HEAPREEL_SALVAGE_H

#include <stdint.h>

/* The place behind the event at p, which is before end and not past it; NULL where none can stand there. Takes constant
 * time. */
typedef const uint8_t *salvage_step(const void *arg, const uint8_t *p, const uint8_t *end);

/*
 * Where to go on in [bad, end), bad being the event that makes no sense; `end` where nothing agrees. What lies behind
 * the result may be damaged again. Costs no more than a few times what it skips, and some hundred steps.
 */
const uint8_t *salvage(const uint8_t *bad, const uint8_t *end);
/* The same for events of another form. */
const uint8_t *salvage_by(salvage_step *behind, const void *arg, const uint8_t *bad, const uint8_t *end);

#endif
