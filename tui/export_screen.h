/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export_screen.h - a sheet written as a file: plain text, text with ANSI colours, SVG, or a page of HTML.
 *
 * SVG and HTML are whole files that need nothing else: letters of one width on a ground of their own, ready to be shown
 * or made into a PNG by any browser (or rsvg-convert).
 */
#ifndef HEAPREEL_EXPORT_SCREEN_H
#define HEAPREEL_EXPORT_SCREEN_H

#include "tui/draw.h"

#include <stdio.h>

enum export_form { EXPORT_TEXT, EXPORT_ANSI, EXPORT_SVG, EXPORT_HTML, EXPORT_FORMS };

/* The form that a file's name asks for: .ans or .ansi, .svg, .html or .htm; EXPORT_TEXT for any other. */
enum export_form export_form_of(const char *path);
void export_screen(FILE *out, const struct sheet *s, enum export_form form, const char *title);

#endif
