/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * out_file.c - output written whole or not at all.
 *
 * A regular file is written beside its place under a temporary name and renamed once everything is in it. What is
 * there and is no regular file (a pipe, a device) can't be replaced and is written directly. A symbolic link keeps
 * pointing where it points: its target is what gets replaced.
 */
#include "core/core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct out_file {
    FILE *stream;
    char *path; /* where it will be */
    char *temp; /* where it is until then; NULL: written directly */
};

enum { ERROR_TEXT = 256 };

static void say(char error[ERROR_TEXT], const char *path) {
    int saved = errno;
    char shown[160];
    text_safe(shown, sizeof shown, (text){path, strlen(path)});
    snprintf(error, ERROR_TEXT, "can't write %s: %s", shown, strerror(saved));
}

static void out_file_free(struct out_file *o) {
    if (!o)
        return;
    if (o->stream)
        fclose(o->stream);
    free(o->path);
    free(o->temp);
    free(o);
}

/* The mode a new file would have got from open(2). umask can only be read by setting it. */
static mode_t new_file_mode(void) {
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static bool open_temp(struct out_file *o, mode_t mode) {
    size_t len = strlen(o->path);
    o->temp = malloc(len + 8);
    if (!o->temp)
        return false;
    memcpy(o->temp, o->path, len);
    memcpy(o->temp + len, ".XXXXXX", 8);
    int fd = mkstemp(o->temp);
    if (fd < 0) {
        free(o->temp);
        o->temp = NULL;
        return false;
    }
    if (fchmod(fd, mode) == 0 && (o->stream = fdopen(fd, "w")))
        return true;
    int saved = errno;
    close(fd);
    unlink(o->temp);
    errno = saved;
    return false;
}

struct out_file *out_file_open(const char *path, char error[ERROR_TEXT]) {
    struct stat st;
    bool there = stat(path, &st) == 0;
    struct out_file *o = calloc(1, sizeof *o);
    if (o)
        o->path = there ? realpath(path, NULL) : strdup(path);
    bool ok = o && o->path;
    if (ok && there && !S_ISREG(st.st_mode))
        ok = (o->stream = fopen(path, "w")) != NULL;
    else if (ok)
        ok = open_temp(o, there ? st.st_mode & 07777 : new_file_mode());
    if (ok)
        return o;
    say(error, path);
    out_file_free(o);
    return NULL;
}

FILE *out_file_stream(struct out_file *o) {
    return o->stream;
}

bool out_file_close(struct out_file **po, bool keep, char error[ERROR_TEXT]) {
    struct out_file *o = *po;
    *po = NULL;
    bool failed = ferror(o->stream);
    errno = failed ? EIO : 0;
    bool ok = (fclose(o->stream) == 0) & !failed;
    o->stream = NULL;
    if (o->temp && keep && ok)
        ok = rename(o->temp, o->path) == 0;
    if (!ok && keep)
        say(error, o->path);
    if (o->temp && (!ok || !keep))
        unlink(o->temp);
    out_file_free(o);
    return ok || !keep;
}
