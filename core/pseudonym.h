/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pseudonym.h - stand-ins for texts that nobody shall read. For core/ only.
 *
 * Equal texts have equal stand-ins wherever the key is the same, so that recordings can still be compared. They are a
 * keyed hash (SipHash-2-4, Aumasson and Bernstein 2012): without the key nobody can even try whether a stand-in is a
 * name that he guesses.
 */
#ifndef HEAPREEL_PSEUDONYM_H
#define HEAPREEL_PSEUDONYM_H

#include "core/core.h"

enum { PSEUDONYM = 32, PSEUDONYM_KEY = 16 };

/* What a text is; it decides how the stand-in begins. Reasons are the runtime's own words and stay. */
enum name_role { NAME_TYPE, NAME_FUNCTION, NAME_FILE, NAME_WORD, NAME_REASON, NAME_ROLES };

struct pseudonyms {
    uint64_t key[2];
};

/* The stand-in: in `dst`, or the text itself. */
text pseudonym(const struct pseudonyms *p, enum name_role role, text t, char dst[PSEUDONYM]);

/* SipHash-2-4 of bytes. */
uint64_t pseudonym_hash(const uint64_t key[2], const void *bytes, size_t n);

/* SipHash-1-3, for large files: as hard to foresee, half the work. */
uint64_t pseudonym_hash_fast(const uint64_t key[2], const void *bytes, size_t n);

/* A key of 16 bytes in a file of a folder that is there; made at random where there is none. False as below. */
bool pseudonyms_load_at(struct pseudonyms *p, const char *folder, const char *name, char error[256]);
/*
 * The person's own key: in heapreel/pseudonym.key under $XDG_CONFIG_HOME (else ~/.config), made at random where it
 * isn't there. False with a line in error[256] where it can neither be read nor made.
 */
bool pseudonyms_load(struct pseudonyms *p, char error[256]);

#endif
