/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view_bucket.c - the life of the selected bucket: one row an event, the last one before the cursor marked.
 */
#include "tui/events.h"
#include "tui/rows.h"
#include "tui/view.h"

#include <string.h>

static const struct table_column columns[EVENT_COLS] = {
    [EVENT_TIME] = {"time", 13, 9, true, 0},  [EVENT_NAME] = {"event", 11, 9, true, 0},
    [EVENT_WHAT] = {"type", 0, 8, true, 12},  [EVENT_G] = {"by", 4, 5, false, 0},
    [EVENT_P] = {"P", 3, 4, false, 0},        [EVENT_GC] = {"GC", 5, 6, false, 0},
    [EVENT_PHASE] = {"phase", 8, 3, true, 0}, [EVENT_LASTED] = {"lasted", 12, 7, true, 0},
};

struct bucket_data {
    struct rows rows;
    struct rows_source source;
    struct table_column cols[EVENT_COLS]; /* as wide as this trace's numbers are */
    struct cursor seen;                   /* cursor and bucket that the selection belongs to */
    uint64_t addr;
    size_t n;
    const struct history *h;
};

static size_t more(void *arg, uint64_t *at, uint64_t *ids, size_t max) {
    const struct bucket_data *d = ((struct view *)arg)->data;
    size_t got = 0;
    for (; d->h && *at < d->h->n && got < max; ++*at)
        ids[got++] = *at;
    return got;
}

static int64_t key(void *arg, uint64_t id, int col) {
    const struct bucket_data *d = ((struct view *)arg)->data;
    return d->h ? event_key(d->h, id, col, true) : 0;
}

static enum role fill(void *arg, uint64_t id, struct table_cell *cells) {
    struct view *v = arg;
    const struct bucket_data *d = v->data;
    return d->h && id < d->h->n ? event_cells(v->x, d->h, id, true, cells) : ROLE_DIM;
}

static bool wanted(void *arg, uint64_t id) {
    const struct view *v = arg;
    const struct bucket_data *d = v->data;
    return d->h && event_wanted(v->x, d->h, id);
}

static struct rows *sorted(struct view *v) {
    struct bucket_data *d = v->data;
    if (!d->source.cols) {
        memcpy(d->cols, columns, sizeof columns);
        d->source = (struct rows_source){.cols = d->cols,
                                         .ncols = EVENT_COLS,
                                         .least_first = EVENT_LEAST_FIRST,
                                         .more = more,
                                         .key = key,
                                         .fill = fill,
                                         .wanted = wanted,
                                         .narrow = NARROW_EVENTS + 1};
    }
    rows_setup(&d->rows, &d->source, v, EVENT_TIME);
    return &d->rows;
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
    d->cols[EVENT_TIME].width = (int8_t)(12 + digits((uint64_t)explorer_end(v->x) / 1000000000));
    d->cols[EVENT_G].width = (int8_t)(digits(most) < 3 ? 4 : 1 + digits(most));
    d->cols[EVENT_GC].width = (int8_t)(3 + digits(n ? c[n - 1].gc : 0));
}

/* Rows stay as they are while only the cursor moves, but for a filter that asks about it. */
static void renew(struct view *v) {
    struct bucket_data *d = v->data;
    bool narrowed = v->x->narrow[NARROW_EVENTS];
    uint64_t stamp = rows_stamp(rows_stamp(d->addr, d->n), v->x->narrow_stamp);
    rows_narrow(sorted(v), narrowed);
    rows_renew(&d->rows, narrowed ? rows_stamp(stamp, explorer_stamp(v->x)) : stamp);
}

static void draw(struct view *v, const struct pen *p) {
    struct bucket_data *d = v->data;
    struct explorer *x = v->x;
    d->h = NULL;
    sorted(v);
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
    if (d->addr != h->addr || d->n != h->n || d->seen.pos != x->now.pos || d->seen.t != x->now.t) {
        d->addr = h->addr;
        d->n = h->n;
        d->seen = x->now;
        fit_columns(v, h);
        renew(v);
        rows_choose(&d->rows, now < 0 ? 0 : (uint64_t)now);
    }
    renew(v);
    rows_work(&d->rows, ROWS_SLICE / 4);
    d->rows.plain = p->r.h < 7;
    rows_draw(&d->rows, p, ~0u, now < 0 ? ROWS_NONE : (uint64_t)now, v->focus);
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

/* Its history is read on in slices, and sorted. */
static bool work(struct view *v) {
    struct bucket_data *d = v->data;
    if (explorer_bucket_reading(v->x)) {
        explorer_bucket_now(v->x);
        d->h = NULL; /* it may have moved; draw looks anew */
        return true;
    }
    bool some = d->h && d->rows.source && d->rows.state != ROWS_SETTLED;
    if (some)
        rows_work(&d->rows, ROWS_SLICE / 4);
    return some;
}

/* ------------------------------------------------------------------ keys */

static bool answer(struct view *v, enum rows_answer got) {
    struct bucket_data *d = v->data;
    uint64_t id = rows_chosen(&d->rows);
    if (got == ROWS_ENTERED && d->h && id < d->h->n)
        explorer_go_pos(v->x, d->h->rows[id].pos);
    return got != ROWS_NOT_MINE;
}

static bool act(struct view *v, enum action a) {
    struct bucket_data *d = v->data;
    if (a == ACT_PAGE) {
        if (v->x->selected)
            v->x->want = link_to(LINK_BUCKET, v->x->addr);
        else
            explorer_say(v->x, ROLE_WARN, "no bucket is selected");
        return true;
    }
    return d->rows.source && answer(v, rows_act(&d->rows, a));
}

static void click(struct view *v, int x, int y, bool again) {
    struct bucket_data *d = v->data;
    if (d->rows.source && d->h)
        answer(v, rows_click(&d->rows, x, y, again));
}

static void wheel(struct view *v, int dir) {
    struct bucket_data *d = v->data;
    if (d->rows.source)
        rows_wheel(&d->rows, dir);
}

static void done(struct view *v) {
    struct bucket_data *d = v->data;
    rows_free(&d->rows);
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
                                     .wheel = wheel,
                                     .rows = sorted,
                                     .done = done};
