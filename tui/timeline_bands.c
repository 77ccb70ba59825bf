/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * timeline_bands.c - the rows of one cell's height: what took most of a cell's time gives the cell its look; GC work
 * wins over the program's, so that the shortest phase never vanishes; a stop of the world wins over assists.
 */
#include "core/session.h"
#include "tui/strips.h"
#include "tui/timeline.h"

#include <stdlib.h>
#include <string.h>

enum { LABEL_MIN = 7 };

void timeline_label(const struct pen *labels, int y, enum role role, const char *words) {
    pen_right(labels, TIMELINE_LABELS - 1, y, role, words);
}

/* ------------------------------------------------------------------ what is kept for the window */

/* Add to each column how much of [begin, end) falls into it, at least 1. */
static void weigh(struct window w, int n, int64_t begin, int64_t end, int64_t *weight, int stride) {
    if (end < w.from || begin >= w.to)
        return;
    int first = begin <= w.from ? 0 : timescale_column(w, n, begin);
    int last = end >= w.to ? n - 1 : timescale_column(w, n, end > begin ? end - 1 : begin);
    for (int c = first; c <= last; c++) {
        int64_t a = timescale_start(w, n, c), b = timescale_start(w, n, c + 1);
        int64_t from = begin > a ? begin : a, to = end < b ? end : b;
        weight[c * stride] += to > from ? to - from : 1;
    }
}

static void weigh_ranges(struct view *v, enum range_kind kind, int n, int64_t *weight) {
    const struct range *r;
    size_t count = reel_ranges(v->x->reel, kind, &r);
    memset(weight, 0, (size_t)n * sizeof *weight);
    for (size_t i = 0; i < count && r[i].begin < v->x->win.to; i++)
        weigh(v->x->win, n, r[i].begin, r[i].end == NO_TIME ? explorer_end(v->x) + 1 : r[i].end, weight, 1);
}

/* The first note of each column, logs before tasks before regions; and the region that covers it, the innermost. */
static void place_notes(struct view *v, int n, struct timeline_kept *k) {
    static const uint8_t rank[] = {[NOTE_LOG] = 3, [NOTE_TASK] = 2, [NOTE_REGION] = 1};
    const struct note *notes;
    struct window w = v->x->win;
    size_t count = reel_notes(v->x->reel, &notes);
    for (int c = 0; c < n; c++) {
        k->note[c] = SIZE_MAX;
        k->region[c] = 0;
    }
    for (size_t i = 0; i < count && notes[i].begin < w.to; i++) {
        const struct note *x = &notes[i];
        int c = timescale_column(w, n, x->begin);
        if (c >= 0 && c < n && (k->note[c] == SIZE_MAX || rank[x->kind] > rank[notes[k->note[c]].kind]))
            k->note[c] = i;
        int64_t end = x->end == NO_TIME ? explorer_end(v->x) : x->end;
        if (x->kind == NOTE_LOG || end < w.from || i >= UINT32_MAX)
            continue;
        int last = end >= w.to ? n - 1 : timescale_column(w, n, end);
        for (c = c < 0 ? 0 : c; c <= last; c++)
            k->region[c] = (uint32_t)i + 1;
    }
}

static bool make_room(struct timeline_kept *k, size_t n) {
    if (n <= k->cap)
        return true;
    timeline_kept_free(k);
    k->assist = calloc(n, sizeof *k->assist);
    k->stop = calloc(n, sizeof *k->stop);
    k->note = calloc(n, sizeof *k->note);
    k->region = calloc(n, sizeof *k->region);
    if (!k->assist || !k->stop || !k->note || !k->region) {
        timeline_kept_free(k);
        return false;
    }
    k->cap = n;
    return true;
}

void timeline_kept_free(struct timeline_kept *k) {
    free(k->assist);
    free(k->stop);
    free(k->note);
    free(k->region);
    *k = (struct timeline_kept){0};
}

/* What of the trace falls in each of n columns, counted anew where the window has changed. */
static void keep_columns(struct view *v, int n) {
    struct timeline_kept *k = &((struct timeline_data *)v->data)->kept;
    const struct range *r;
    const struct note *notes;
    const struct reel *from = v->x->reel;
    size_t now[4] = {reel_ranges(from, RANGE_ASSIST, &r), reel_ranges(from, RANGE_STW, &r), reel_notes(from, &notes),
                     (size_t)reel_info(from)->events};
    if (k->n == n && k->win.from == v->x->win.from && k->win.to == v->x->win.to &&
        memcmp(now, k->counts, sizeof now) == 0)
        return;
    if (!make_room(k, (size_t)n)) {
        k->n = 0;
        return;
    }
    k->n = n;
    k->win = v->x->win;
    memcpy(k->counts, now, sizeof now);
    weigh_ranges(v, RANGE_ASSIST, n, k->assist);
    weigh_ranges(v, RANGE_STW, n, k->stop);
    place_notes(v, n, k);
}

/* ------------------------------------------------------------------ phases and stops */

static const struct {
    enum role role;
    enum glyph glyph;
} phase_looks[PHASE_LIMIT] = {
    [PHASE_SWEEPTERM] = {ROLE_STOP, GLYPH_STOP},
    [PHASE_MARK] = {ROLE_MARKING, GLYPH_MARKING},
    [PHASE_MARKTERM] = {ROLE_STOP, GLYPH_STOP},
    [PHASE_SWEEP] = {ROLE_SWEEP, GLYPH_SWEEP},
};

/* The last change before the window, 0 where there is none. */
static size_t first_phase(const struct phase_change *c, size_t n, int64_t t) {
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (c[mid].t <= t)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo > 0 ? lo - 1 : 0;
}

static void draw_phases(struct view *v, const struct pen *p, int y) {
    int n = p->r.w;
    const struct phase_change *c;
    size_t count = reel_phases(v->x->reel, &c);
    int64_t *weight = calloc((size_t)n * PHASE_LIMIT + 1, sizeof *weight);
    if (!weight)
        return;
    for (size_t i = first_phase(c, count, v->x->win.from); i < count && c[i].t < v->x->win.to; i++) {
        int64_t end = i + 1 < count ? c[i + 1].t : explorer_end(v->x) + 1;
        if (c[i].phase != PHASE_OFF && end > v->x->win.from)
            weigh(v->x->win, n, c[i].t, end, weight + c[i].phase, PHASE_LIMIT);
    }
    for (int x = 0; x < n; x++) {
        int best = PHASE_OFF;
        for (int ph = 1; ph < PHASE_LIMIT; ph++)
            if (weight[x * PHASE_LIMIT + ph] > weight[x * PHASE_LIMIT + best])
                best = ph;
        if (best != PHASE_OFF)
            pen_glyph(p, x, y, phase_looks[best].role, phase_looks[best].glyph);
        else
            pen_glyph(p, x, y, ROLE_FREE, GLYPH_PAGE_FREE);
    }
    free(weight);
}

static void draw_stops(struct view *v, const struct pen *p, int y) {
    const struct timeline_kept *k = &((struct timeline_data *)v->data)->kept;
    for (int x = 0; x < k->n && x < p->r.w; x++)
        if (k->stop[x] > 0)
            pen_glyph(p, x, y, ROLE_STOP, GLYPH_STOP);
        else if (k->assist[x] > 0)
            pen_glyph(p, x, y, ROLE_ASSIST, GLYPH_ASSIST);
}

/* ------------------------------------------------------------------ Ps */

static const struct {
    enum role role;
    enum glyph glyph;
} proc_looks[PROC_STATES] = {
    [PROC_UNKNOWN] = {ROLE_GUESS, GLYPH_PAGE_UNKNOWN}, [PROC_IDLE] = {ROLE_FREE, GLYPH_PAGE_FREE},
    [PROC_STOPPED] = {ROLE_STOP, GLYPH_STOP},          [PROC_MUTATOR] = {ROLE_LIVE, GLYPH_RULE},
    [PROC_MARK] = {ROLE_MARKING, GLYPH_MARKING},       [PROC_ASSIST] = {ROLE_ASSIST, GLYPH_ASSIST},
    [PROC_SWEEP] = {ROLE_SWEEP, GLYPH_SWEEP},
};

static int most_of(const int64_t ns[PROC_STATES], int from, int to) {
    int best = from;
    for (int s = from; s <= to; s++)
        if (ns[s] > ns[best])
            best = s;
    return best;
}

/* GC work, where there is any; then whatever took the most. */
static int look_of(const int64_t ns[PROC_STATES]) {
    int gc = most_of(ns, PROC_MARK, PROC_SWEEP);
    return ns[gc] > 0 ? gc : most_of(ns, PROC_UNKNOWN, PROC_MUTATOR);
}

/* Ps first .. last in one row. */
static void draw_procs(struct view *v, const struct pen *p, int y, uint32_t first, uint32_t last) {
    struct window w = v->x->win;
    int n = p->r.w;
    int64_t end = explorer_end(v->x) + 1;
    for (int c = 0; c < n; c++) {
        int64_t a = timescale_start(w, n, c), b = timescale_start(w, n, c + 1), sum[PROC_STATES] = {0};
        if (a >= end)
            break;
        for (uint32_t i = first; i <= last; i++) {
            int64_t ns[PROC_STATES];
            reel_proc_time(v->x->reel, i, a, b > a ? b : a + 1, ns);
            for (int s = 0; s < PROC_STATES; s++)
                sum[s] += ns[s];
        }
        int look = look_of(sum);
        pen_glyph(p, c, y, proc_looks[look].role, proc_looks[look].glyph);
    }
}

/* What a P does now, as far as the label has room. */
static const char *const short_names[PROC_STATES] = {
    [PROC_UNKNOWN] = "?", [PROC_IDLE] = "idle",   [PROC_STOPPED] = "stop", [PROC_MUTATOR] = "run",
    [PROC_MARK] = "mark", [PROC_ASSIST] = "asst", [PROC_SWEEP] = "sweep",
};

static void draw_all_procs(struct view *v, const struct pen *p, const struct pen *labels, int y, int h) {
    uint32_t n = (uint32_t)reel_procs(v->x->reel);
    char words[32];
    for (int i = 0; i < h && (uint32_t)i < n; i++) {
        uint32_t first = (uint32_t)i, last = i == h - 1 ? n - 1 : first;
        if (last - first > 63)
            last = first + 63; /* more would cost more than they tell */
        draw_procs(v, p, y + i, first, last);
        if (last > first)
            snprintf(words, sizeof words, "P%u-%u", first, last);
        else
            snprintf(words, sizeof words, "P%u %s", first,
                     short_names[reel_proc_state(v->x->reel, first, v->x->now.t)]);
        if (text_columns(words) > TIMELINE_LABELS - 1)
            snprintf(words, sizeof words, "P%u", first);
        timeline_label(labels, y + i, ROLE_AXIS, words);
    }
}

/* ------------------------------------------------------------------ annotations */

/* The last note at or before the cursor that is a log, or stands right at it. */
static size_t note_now(const struct explorer *x) {
    enum { LOOK_AT = 4096 };
    const struct note *notes;
    size_t lo = 0, hi = reel_notes(x->reel, &notes);
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (notes[mid].begin <= x->now.t)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (size_t i = lo; i > 0 && lo - i < LOOK_AT; i--)
        if (notes[i - 1].kind == NOTE_LOG || notes[i - 1].begin == x->now.t)
            return i - 1;
    return lo > 0 && lo < LOOK_AT ? 0 : SIZE_MAX;
}

/* What is left from column x on of a label that begins within [from, x). */
static void wipe_rest(const struct timeline_kept *k, const struct pen *p, int y, int from, int x) {
    int owner = x;
    while (owner >= from && owner >= 0 && (owner >= k->n || k->note[owner] == SIZE_MAX))
        owner--;
    for (; owner >= from && x < k->n && k->note[x] == SIZE_MAX; x++)
        pen_char(p, x, y, ROLE_TEXT, ' ');
}

/* It is always spelled out, over its neighbours where need be. */
static void draw_note_now(struct view *v, const struct pen *p, int y) {
    const struct timeline_kept *k = &((struct timeline_data *)v->data)->kept;
    const struct note *notes;
    reel_notes(v->x->reel, &notes);
    size_t now = note_now(v->x);
    if (now == SIZE_MAX)
        return;
    int c = timescale_column(v->x->win, p->r.w, notes[now].begin);
    if (c < 0)
        return;
    char words[96];
    explorer_note(v->x, &notes[now], words, sizeof words);
    int w = text_columns(words);
    pen_glyph(p, c, y, ROLE_NOTE, notes[now].kind == NOTE_LOG ? GLYPH_NOTE : GLYPH_REGION);
    int x = c + 1 + w <= p->r.w || c < w ? c + 1 : c - w;
    for (int i = -1; i <= w; i++)
        if (x + i != c)
            pen_char(p, x + i, y, ROLE_TEXT, ' ');
    pen_text(p, x, y, ROLE_STRONG, words);
    wipe_rest(k, p, y, x > c ? c : x - 1, x + w + 1);
}

static void draw_notes(struct view *v, const struct pen *p, int y) {
    const struct timeline_kept *k = &((struct timeline_data *)v->data)->kept;
    const struct note *notes;
    reel_notes(v->x->reel, &notes);
    for (int c = 0; c < k->n; c++) {
        if (k->note[c] == SIZE_MAX)
            continue;
        const struct note *note = &notes[k->note[c]];
        int next = c + 1;
        while (next < k->n && k->note[next] == SIZE_MAX)
            next++;
        int room = next - c - 2;
        char words[96];
        explorer_note(v->x, note, words, sizeof words);
        pen_glyph(p, c, y, ROLE_NOTE, note->kind == NOTE_LOG ? GLYPH_NOTE : GLYPH_REGION);
        if (room >= LABEL_MIN || room >= text_columns(words))
            pen_text_max(p, c + 1, y, room, ROLE_NOTE, words);
    }
    draw_note_now(v, p, y);
}

static void draw_regions(struct view *v, const struct pen *p, int y) {
    const struct timeline_kept *k = &((struct timeline_data *)v->data)->kept;
    const struct note *notes;
    reel_notes(v->x->reel, &notes);
    for (int c = 0; c < k->n;) {
        uint32_t id = k->region[c];
        int end = c + 1;
        while (end < k->n && k->region[end] == id)
            end++;
        if (id > 0) {
            char words[96];
            const struct note *x = &notes[id - 1];
            pen_run(p, c, y, end - c, ROLE_NOTE, x->kind == NOTE_TASK ? GLYPH_SWEEP : GLYPH_RULE);
            explorer_text(v->x, x->name, words, sizeof words);
            if (end - c >= LABEL_MIN || end - c > text_columns(words))
                pen_text_max(p, c + 1, y, end - c - 2, ROLE_NOTE, words);
        }
        c = end;
    }
}

void timeline_bookmarks(struct view *v, const struct pen *p, int y, bool notes) {
    const struct bookmarks *b = reel_bookmarks(v->x->reel);
    int n = p->r.w;
    for (size_t i = 0; b && i < b->n; i++) {
        int c = timescale_column(v->x->win, n, b->at[i].t), next = n;
        if (c < 0 || c >= n)
            continue;
        if (i + 1 < b->n)
            next = timescale_column(v->x->win, n, b->at[i + 1].t);
        int room = (next > n || next < 0 ? n : next) - c - 1;
        char note[BOOKMARK_NOTE];
        pen_char(p, c, y, ROLE_NOTE, '@');
        int w = pen_text_max(p, c + 1, y, room, ROLE_NOTE, b->at[i].name);
        if (!notes || !b->at[i].note[0] || room - w < LABEL_MIN)
            continue;
        explorer_text(v->x, (text){b->at[i].note, strlen(b->at[i].note)}, note, sizeof note);
        pen_text_max(p, c + 2 + w, y, room - w - 2, ROLE_DIM, note);
    }
}

static void draw_bookmark_row(struct view *v, const struct pen *p, int y) {
    timeline_bookmarks(v, p, y, true);
}

/* ------------------------------------------------------------------ lives */

static void draw_strip(struct view *v, const struct pen *p, int y, double (*share)(void *, int64_t, int64_t),
                       struct strip *s) {
    struct window w = v->x->win;
    for (int c = 0; c < p->r.w; c++) {
        enum role role;
        enum glyph g;
        strip_look(share(s, timescale_start(w, p->r.w, c), timescale_start(w, p->r.w, c + 1)), &role, &g);
        pen_glyph(p, c, y, role, g);
    }
}

static void draw_lives(struct view *v, const struct pen *p, const struct timeline_layout *l) {
    const struct history *h;
    struct strip s;
    bool any = reel_info(v->x->reel)->allocfree;
    if (l->h[ROW_SPAN] && any && (h = explorer_life(v->x))) {
        s = strip_of_span(h, reel_span(v->x->reel, v->x->span)->nelems);
        draw_strip(v, p, l->y[ROW_SPAN], strip_span, &s);
    }
    if (l->h[ROW_BUCKET] && any && (h = explorer_bucket_now(v->x))) {
        s = strip_of_bucket(h);
        draw_strip(v, p, l->y[ROW_BUCKET], strip_bucket, &s);
    }
}

/* ------------------------------------------------------------------ all of them, and the axis */

void timeline_bands(struct view *v, const struct pen *p, const struct pen *labels, const struct timeline_layout *l) {
    static const struct {
        uint8_t row;
        const char *label;
        void (*draw)(struct view *v, const struct pen *p, int y);
    } bands[] = {
        {ROW_PHASE, "GC phase", draw_phases},           {ROW_STOPS, "stops", draw_stops},
        {ROW_REGIONS, "regions", draw_regions},         {ROW_NOTES, "notes", draw_notes},
        {ROW_BOOKMARKS, "bookmark", draw_bookmark_row},
    };
    keep_columns(v, p->r.w);
    for (size_t i = 0; i < sizeof bands / sizeof *bands; i++) {
        if (l->h[bands[i].row] == 0)
            continue;
        bands[i].draw(v, p, l->y[bands[i].row]);
        timeline_label(labels, l->y[bands[i].row], ROLE_AXIS, bands[i].label);
    }
    draw_all_procs(v, p, labels, l->y[ROW_PROCS], l->h[ROW_PROCS]);
    draw_lives(v, p, l);
    if (l->h[ROW_SPAN])
        timeline_label(labels, l->y[ROW_SPAN], ROLE_AXIS, "span");
    if (l->h[ROW_BUCKET])
        timeline_label(labels, l->y[ROW_BUCKET], ROLE_AXIS, "bucket");
}

/*
 * Round times, as many as have room. Where their labels would be all alike but for the last digits, only the first is
 * spelled out, and the others say how much later they are.
 */
void timeline_axis(struct view *v, const struct pen *p, int y) {
    struct window w = v->x->win;
    char words[TICK_TEXT];
    int n = p->r.w, width = timescale_label(w.to, timescale_step(w, n, 12), words);
    bool later = width > 12;
    int64_t step = timescale_step(w, n, later ? 14 : width + 4), end = explorer_end(v->x);
    int64_t first = timescale_tick(w.from, step), t = first;
    for (int free_from = 0; t < w.to && t <= end; t += step) {
        int c = timescale_column(w, n, t);
        if (c < free_from)
            continue;
        int wide = later && t != first ? timescale_label_after(t - first, words) : timescale_label(t, step, words);
        if (c + 1 + wide > n)
            break;
        pen_glyph(p, c, y, ROLE_AXIS, GLYPH_TICK);
        pen_text(p, c + 1, y, ROLE_AXIS, words);
        free_from = c + wide + 2;
    }
}

void timeline_legend(const struct pen *p, int y) {
    static const struct {
        enum role role;
        enum glyph glyph;
        const char *words;
    } legend[] = {
        {ROLE_MARKING, GLYPH_MARKING, "mark"}, {ROLE_SWEEP, GLYPH_SWEEP, "sweep"},
        {ROLE_STOP, GLYPH_STOP, "stopped"},    {ROLE_ASSIST, GLYPH_ASSIST, "assist"},
        {ROLE_LIVE, GLYPH_RULE, "mutator"},    {ROLE_FREE, GLYPH_PAGE_FREE, "idle, GC off"},
        {ROLE_GOAL, GLYPH_RULE, "goal"},
    };
    int x = 0;
    for (size_t i = 0; i < sizeof legend / sizeof *legend; i++) {
        int w = (int)strlen(legend[i].words) + 4;
        if (x + w > p->r.w)
            break;
        pen_glyph(p, x, y, legend[i].role, legend[i].glyph);
        pen_text(p, x + 2, y, ROLE_AXIS, legend[i].words);
        x += w;
    }
}
