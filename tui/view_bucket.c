/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view_bucket.c - the life of the selected bucket: one row an event, the last one before the cursor marked.
 */
#include "tui/events.h"
#include "tui/table.h"
#include "tui/view.h"

#include <string.h>

static const struct table_column columns[EVENT_COLS] = {
    [EVENT_TIME] = {"time", 13, 9, true, 0},  [EVENT_NAME] = {"event", 11, 9, true, 0},
    [EVENT_WHAT] = {"type", 0, 8, true, 12},  [EVENT_G] = {"by", 4, 5, false, 0},
    [EVENT_P] = {"P", 3, 4, false, 0},        [EVENT_GC] = {"GC", 5, 6, false, 0},
    [EVENT_PHASE] = {"phase", 8, 3, true, 0}, [EVENT_LASTED] = {"", 12, 7, true, 0},
};

struct bucket_data {
    struct list list;
    struct table table;
    struct table_column cols[EVENT_COLS]; /* as wide as this trace's numbers are */
    struct cursor seen;                   /* cursor and bucket that the selection belongs to */
    uint64_t addr;
    size_t rows;
    const struct history *h;
};

static enum role fill(void *arg, int row, struct table_cell *cells) {
    struct view *v = arg;
    const struct bucket_data *d = v->data;
    return event_cells(v->x, d->h, (size_t)row, true, cells);
}

/* ------------------------------------------------------------------ drawing */

static int digits(uint64_t n) {
    int d = 1;
    for (; n >= 10; n /= 10)
        d++;
    return d;
}

static void fit_columns(struct view *v, const struct history *h) {
    struct bucket_data *d = v->data;
    const struct cycle *c;
    size_t n = reel_cycles(v->x->reel, &c);
    uint64_t most = 0;
    for (size_t i = 0; i < h->n; i++) {
        uint64_t id = h->rows[i].fact.g == NO_ID ? 0 : reel_goroutine(v->x->reel, h->rows[i].fact.g)->id;
        most = id > most ? id : most;
    }
    memcpy(d->cols, columns, sizeof columns);
    d->cols[EVENT_TIME].width = (int8_t)(12 + digits((uint64_t)explorer_end(v->x) / 1000000000));
    d->cols[EVENT_G].width = (int8_t)(digits(most) < 3 ? 4 : 1 + digits(most));
    d->cols[EVENT_GC].width = (int8_t)(3 + digits(n ? c[n - 1].gc : 0));
}

static void draw(struct view *v, const struct pen *p) {
    struct bucket_data *d = v->data;
    struct explorer *x = v->x;
    d->h = NULL;
    d->list.n = 0;
    if (view_missing(v, p, true))
        return;
    const struct history *h = explorer_bucket_now(x);
    if (!h) {
        pen_text(p, 1, 0, ROLE_DIM, "no bucket is selected: choose one in the span pane, or search with /");
        return;
    }
    if (h->n == 0) {
        pen_text(p, 1, 0, ROLE_DIM,
                 explorer_bucket_reading(x) ? "its history is being read"
                                            : "nothing is known of this address up to now");
        return;
    }
    d->h = h;
    int now = explorer_bucket_row(x, h);
    if (d->addr != h->addr || d->rows != h->n || d->seen.pos != x->now.pos || d->seen.t != x->now.t) {
        d->addr = h->addr;
        d->rows = h->n;
        d->seen = x->now;
        d->list.selected = now < 0 ? 0 : now;
        fit_columns(v, h);
    }
    d->table = (struct table){.cols = d->cols, .ncols = EVENT_COLS, .sorted = -1, .heading = false};
    table_arrange(&d->table, p->r.w, ~0u);
    table_draw(&d->table, p, &d->list, (int)h->n, now, v->focus, fill, v);
}

static void say_now(struct view *v, const struct history *h, char *dst, size_t cap) {
    char type[80], t[TIME_TEXT];
    dst[0] = '\0';
    for (int i = explorer_bucket_row(v->x, h); i >= 0; i--) {
        const struct fact *f = &h->rows[i].fact;
        if (f->kind == FACT_FREE || f->kind == FACT_SPAN_FREE || f->kind == FACT_SPAN_ALLOC ||
            f->kind == FACT_SPAN_EXISTS) {
            snprintf(dst, cap, "free");
            return;
        }
        if (event_is_object(f)) {
            snprintf(dst, cap, "%s, for %s", explorer_type(v->x, f->type, type, sizeof type),
                     duration_text(v->x->now.t - f->t, t));
            return;
        }
    }
}

static void title(struct view *v, char *dst, size_t cap) {
    struct explorer *x = v->x;
    const struct history *h = reel_info(x->reel)->allocfree && x->bucket_ready ? &x->bucket : NULL;
    char addr[ADDRESS_TEXT], holds[128];
    dst[0] = '\0';
    if (!h || !x->selected)
        return;
    int n = snprintf(dst, cap, "%s", reel_address_text(x->reel, h->addr, addr));
    if (x->span != NO_ID && reel_span(x->reel, x->span)->nelems > 1)
        n += snprintf(dst + n, cap - (size_t)n, " \302\267 slot %u", x->slot);
    if (explorer_bucket_reading(x)) {
        snprintf(dst + n, cap - (size_t)n, " \302\267 being read");
        return;
    }
    say_now(v, h, holds, sizeof holds);
    if (holds[0])
        snprintf(dst + n, cap - (size_t)n, " \302\267 now %s", holds);
}

/* Its history is read on in slices. */
static bool work(struct view *v) {
    if (!explorer_bucket_reading(v->x))
        return false;
    explorer_bucket_now(v->x);
    return explorer_bucket_reading(v->x);
}

/* ------------------------------------------------------------------ keys */

static bool act(struct view *v, enum action a) {
    struct bucket_data *d = v->data;
    static const int8_t by[ACT_LIMIT] = {[ACT_UP] = -1, [ACT_DOWN] = 1, [ACT_PAGE_UP] = -2, [ACT_PAGE_DOWN] = 2};
    if (by[a]) {
        int page = d->list.height > 1 ? d->list.height - 1 : 1;
        list_move(&d->list, by[a] / 2 ? by[a] / 2 * page : by[a]);
        return true;
    }
    if (a == ACT_PAGE) {
        if (v->x->selected)
            v->x->want = link_to(LINK_BUCKET, v->x->addr);
        return true;
    }
    if (a == ACT_ENTER) {
        if (d->h && d->list.selected < (int)d->h->n)
            explorer_go_pos(v->x, d->h->rows[d->list.selected].pos);
        return true;
    }
    return false;
}

static void click(struct view *v, int x, int y, bool again) {
    struct bucket_data *d = v->data;
    (void)x;
    int row = table_row_at(&d->table, &d->list, y);
    if (row < 0)
        return;
    list_select(&d->list, row);
    if (again)
        act(v, ACT_ENTER);
}

static void wheel(struct view *v, int dir) {
    struct bucket_data *d = v->data;
    list_scroll(&d->list, dir);
}

static const char *const words[] = {"bucket",    "event",    "held",  "idle slot", "P",
                                    "goroutine", "GC cycle", "phase", "because",   NULL};

const struct view_ops bucket_view = {.name = "bucket",
                                     .words = words,
                                     .size = sizeof(struct bucket_data),
                                     .title = title,
                                     .draw = draw,
                                     .work = work,
                                     .act = act,
                                     .click = click,
                                     .wheel = wheel};
