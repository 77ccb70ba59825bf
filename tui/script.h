/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * script.h - keys from a file instead of a keyboard, screens to stdout: how the screen is tested.
 *
 * One step a line; empty lines and lines that begin with # are skipped:
 *
 *   key NAME [COUNT]    a key, by the names of the key table (Tab, PgDn, ], ^L)
 *   type TEXT           letters, to the prompt where one is open
 *   click X Y           wheel up X Y | wheel down X Y
 *   drag X Y            the mouse is moved there with the button held
 *   release X Y         the button is let go there
 *   size COLSxROWS      the terminal changes its size
 *   screen NAME         dump the screen
 *
 * The trace is loaded to its end before the first step.
 */
#ifndef HEAPREEL_SCRIPT_H
#define HEAPREEL_SCRIPT_H

#include "tui/ui.h"

/* Run a script; `feed` is the writing end of the prompt's stream. False with a line on stderr where it is wrong. */
bool script_run(struct ui *u, const char *path, int feed);

#endif
