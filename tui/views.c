/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * views.c - the table of panes, and what several of them share.
 */
#include "tui/view.h"

#include <string.h>

extern const struct view_ops timeline_view, map_view, span_view, central_view, types_view, bucket_view;

const struct view_ops *const view_table[PANES] = {
    [PANE_TIMELINE] = &timeline_view, [PANE_MAP] = &map_view,     [PANE_SPAN] = &span_view,
    [PANE_CENTRAL] = &central_view,   [PANE_TYPES] = &types_view, [PANE_BUCKET] = &bucket_view,
};

int view_wrap(const struct pen *p, int x, int y, enum role role, const char *words) {
    int width = p->r.w - x;
    while (*words && y < p->r.h && width > 0) {
        char line[256];
        size_t n = 0, end = 0;
        while (words[n] && n < sizeof line - 1) {
            memcpy(line, words, n + 1);
            line[n + 1] = '\0';
            if (text_columns(line) > width)
                break;
            n++;
            if (words[n] == ' ' || words[n] == '\0')
                end = n;
        }
        if (n == 0)
            break;
        if (end == 0)
            end = n;
        memcpy(line, words, end);
        line[end] = '\0';
        pen_text(p, x, y, role, y + 1 == p->r.h ? words : line); /* the last line shows that there is more */
        y++;
        words += end;
        while (*words == ' ')
            words++;
    }
    return y;
}

bool view_missing(struct view *v, const struct pen *p, bool in_full) {
    const struct reel_info *info = reel_info(v->x->reel);
    if (info->allocfree)
        return false;
    if (!info->done) {
        pen_text(p, 1, 0, ROLE_DIM, "nothing yet: the trace is being loaded");
        return true;
    }
    const char *why = reel_missing(v->x->reel);
    if (!in_full || !why)
        why = "not known: this trace has no alloc/free events";
    view_wrap(p, 1, 0, ROLE_DIM, why);
    return true;
}
