/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prompt.h - a line of text read with readline, without a terminal of its own.
 *
 * readline keeps its state in globals, so there is one prompt in the program. It reads bytes itself from the stream
 * given at the start; nothing is ever written to the terminal by it: the bottom line is drawn from what prompt_line,
 * prompt_label and prompt_cursor tell. Call prompt_feed when the stream has a byte and the prompt is open.
 */
#ifndef HEAPREEL_PROMPT_H
#define HEAPREEL_PROMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Candidates for the word that begins at `start` of `line`: call add(word) for each. */
typedef void (*prompt_complete)(void *arg, const char *line, int start, void (*add)(const char *word));

/* From within prompt_complete: names of files are what may stand here. */
void prompt_complete_files(void);

/* `history`: a file for the lines of the first kind of prompt, NULL none. */
void prompt_init(FILE *in, const char *history, prompt_complete complete, void *arg);
void prompt_done(void);
FILE *prompt_stream(void);
/* Asked after each Esc that is read: see term_take_answer. NULL: no answers come. */
void prompt_answers(bool (*take)(int *next));

/* Each kind has its own history. */
enum prompt_kind { PROMPT_COMMAND, PROMPT_SEARCH, PROMPT_FILTER, PROMPT_KINDS };

void prompt_open(enum prompt_kind kind, const char *label, const char *prefill);
bool prompt_is_open(void);
enum prompt_kind prompt_kind_now(void);
void prompt_cancel(void);

enum prompt_result { PROMPT_MORE, PROMPT_LINE, PROMPT_CANCELLED };
/* Take the next byte. PROMPT_LINE: *line holds the text, to be freed by the caller, and the prompt is closed. */
enum prompt_result prompt_feed(char **line);
/* True after an Esc that may begin a key's sequence: cancel if no byte follows soon. */
bool prompt_waits_after_escape(void);

const char *prompt_label(void);
const char *prompt_line(void);
size_t prompt_cursor(void);       /* bytes before the cursor */
const char *prompt_choices(void); /* possible completions, "" none */

#endif
