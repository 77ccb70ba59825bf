/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export.h - a recording in the forms of other programs. Each writes one whole file into a buffer; errors of writing
 * are kept by the buffer. False: someone stopped it, or env->error says why the file isn't whole.
 */
#ifndef HEAPREEL_EXPORT_H
#define HEAPREEL_EXPORT_H

#include "core/command.h"
#include "core/out.h"

/* What touches from .. to (ns since the first event) as a timeline for ui.perfetto.dev. */
bool export_perfetto(struct command_env *env, int64_t from, int64_t to, struct outbuf *b);

/*
 * Live objects at an instant by type, span class and who allocated them, as a profile for `go tool pprof`: packed with
 * gzip where zlib is there.
 */
bool export_pprof(struct command_env *env, int64_t at, struct outbuf *b);

#endif
