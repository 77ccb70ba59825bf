/* SPDX-License-Identifier: GPL-3.0-or-later */
/* origin.c - see origin.h. */
#include "core/origin.h"

#include <sys/stat.h>

struct origin origin_of(const char *path) {
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
        return (struct origin){.known = false};
    }
    return (struct origin){
        .known = true, .dev = st.st_dev, .ino = st.st_ino, .size = st.st_size, .written = st.st_mtim};
}

bool origin_changed(const struct origin *o, const char *path) {
    struct origin now = origin_of(path);
    return o->known && (!now.known || now.dev != o->dev || now.ino != o->ino || now.size != o->size ||
                        now.written.tv_sec != o->written.tv_sec || now.written.tv_nsec != o->written.tv_nsec);
}
