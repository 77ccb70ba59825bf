/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chart.c - see chart.h. Widths are such that a line takes at most 78 columns. */
#include "core/chart.h"
#include "core/out.h"

#include <math.h>
#include <string.h>

enum { HISTOGRAM_LINES = 24, BAR_WIDTH = 40, CURVE_WIDTH = 64, EIGHTHS = 8 };

/* A number in its unit, for people. */
static char *number_text(double v, enum unit unit, char dst[TIME_TEXT]) {
    uint64_t u = v <= 0 ? 0 : v >= 9e18 ? (uint64_t)INT64_MAX : (uint64_t)(v + 0.5);
    switch (unit) {
    case UNIT_BYTES:
        return bytes_text(u, dst);
    case UNIT_TIME:
    case UNIT_DURATION:
        return duration_text((int64_t)u, dst);
    case UNIT_SHARE:
        snprintf(dst, TIME_TEXT, "%.1f %%", v * 100);
        return dst;
    case UNIT_NONE:
        snprintf(dst, TIME_TEXT, "%.3g", v);
        return dst;
    case UNIT_COUNT:
        break;
    }
    return count_text(u, dst);
}

/* `share` (0 to 1) of `width` cells as a bar, padded with blanks to that width, 64 at most. */
static char *bar_text(double share, unsigned width, bool plain, char dst[BAR_TEXT]) {
    static const char *const parts[EIGHTHS] = {"",       "\u258f", "\u258e", "\u258d",
                                               "\u258c", "\u258b", "\u258a", "\u2589"};
    width = width > 64 ? 64 : width;
    share = share < 0 || isnan(share) ? 0 : share > 1 ? 1 : share;
    unsigned eighths = (unsigned)(share * width * EIGHTHS + 0.5), whole = eighths / EIGHTHS, rest = eighths % EIGHTHS;
    if (plain) {
        whole = (unsigned)(share * width + 0.5);
        rest = 0;
    }
    if (share > 0 && whole == 0 && rest == 0) { /* a little is not nothing */
        whole = plain;
        rest = !plain;
    }
    char *p = dst;
    unsigned cells = 0;
    for (; cells < whole; cells++)
        p = stpcpy(p, plain ? "#" : "\u2588");
    if (rest > 0) {
        p = stpcpy(p, parts[rest]);
        cells++;
    }
    for (; cells < width; cells++)
        p = stpcpy(p, " ");
    return dst;
}

/* A cell filled to `eighths`. */
static const char *cell(unsigned eighths, bool plain) {
    static const char *const blocks[EIGHTHS + 1] = {" ",      "\u2581", "\u2582", "\u2583", "\u2584",
                                                    "\u2585", "\u2586", "\u2587", "\u2588"};
    static const char *const letters[EIGHTHS + 1] = {" ", "_", "_", ".", ":", ":", "+", "#", "#"};
    return plain ? letters[eighths] : blocks[eighths];
}

static double greatest(const double *v, unsigned n) {
    double max = 0;
    for (unsigned i = 0; i < n; i++)
        max = v[i] > max ? v[i] : max;
    return max;
}

char *chart_line(const double *v, unsigned n, bool plain, char dst[BAR_TEXT]) {
    n = n > 64 ? 64 : n;
    double max = greatest(v, n);
    char *p = dst;
    *p = '\0';
    for (unsigned i = 0; i < n; i++) {
        unsigned eighths = max > 0 && v[i] > 0 ? (unsigned)(v[i] / max * EIGHTHS + 0.5) : 0;
        p = stpcpy(p, cell(eighths == 0 && v[i] > 0 ? 1 : eighths, plain));
    }
    return dst;
}

/* The first bound of the histogram, and by what power of two its steps grow. */
static unsigned first_bit(const struct dist *d, unsigned *step) {
    unsigned lo = d->min == 0 ? 0 : 63 - (unsigned)__builtin_clzll(d->min);
    unsigned hi = d->max == 0 ? 0 : 63 - (unsigned)__builtin_clzll(d->max);
    *step = (hi - lo) / HISTOGRAM_LINES + 1;
    return lo;
}

struct line_of {
    uint64_t most, all;
    enum unit unit;
    bool plain;
};

static void put_line(struct sink *out, const struct line_of *of, const char *before, uint64_t from, uint64_t count) {
    char line[BAR_TEXT + 128], bar[BAR_TEXT], label[TIME_TEXT], n[TIME_TEXT];
    double share = of->most ? fmin(1, (double)count / (double)of->most) : 0;
    snprintf(line, sizeof line, "%2s%*s %s %s %s %5.1f %%", before, *before == '\xe2' ? 9 : 8,
             number_text((double)from, of->unit, label), of->plain ? "|" : "\u2502",
             bar_text(share, BAR_WIDTH, of->plain, bar), count_text(count, n), 100.0 * (double)count / (double)of->all);
    out->note(out, line);
}

static uint64_t sum(const uint64_t *count, unsigned from, unsigned to) {
    uint64_t all = 0;
    for (unsigned i = from; i < to; i++)
        all += count[i];
    return all;
}

/* How many lines at an end can be one: three or more that hold a hundredth of all values, or less. */
static unsigned few(const uint64_t *count, unsigned n, uint64_t all, bool at_end) {
    uint64_t held = 0;
    unsigned i = 0;
    for (; i < n; i++) {
        held += count[at_end ? n - 1 - i : i];
        if (held > all / 100)
            break;
    }
    return i >= 3 && i < n ? i : 0;
}

void chart_histogram(struct sink *out, const char *title, const struct dist *d, enum unit unit) {
    if (d->n == 0)
        return;
    unsigned step, bit = first_bit(d, &step), lines = 0;
    uint64_t count[64], from[64], most = 0;
    uint64_t low = d->min == 0 ? 0 : UINT64_C(1) << bit;
    for (;; lines++) {
        uint64_t high = bit + step < 64 ? UINT64_C(1) << (bit + step) : UINT64_MAX;
        from[lines] = low;
        count[lines] = dist_between(d, low, high);
        most = count[lines] > most ? count[lines] : most;
        if (d->max < high || high == UINT64_MAX)
            break;
        low = high;
        bit += step;
    }
    bool plain = out_plain(out);
    struct line_of line = {.most = most, .all = d->n, .unit = unit, .plain = plain};
    unsigned first = few(count, lines + 1, d->n, false), last = lines - few(count, lines + 1, d->n, true);
    out->note(out, title);
    if (first > 0)
        put_line(out, &line, "<", from[first], sum(count, 0, first));
    for (unsigned i = first; i <= last; i++)
        put_line(out, &line, "", from[i], count[i]);
    if (last < lines)
        put_line(out, &line, plain ? ">=" : "\u2265", from[last + 1], sum(count, last + 1, lines + 1));
}

void chart_curve(struct sink *out, const char *title, const double *v, unsigned n, unsigned height, enum unit unit) {
    n = n > CURVE_WIDTH ? CURVE_WIDTH : n;
    double max = greatest(v, n);
    bool plain = out_plain(out);
    out->note(out, title);
    for (unsigned y = height; y-- > 0;) {
        char line[BAR_TEXT + 64], label[TIME_TEXT] = "";
        if (y + 1 == height)
            number_text(max, unit, label);
        else if (y == 0)
            strcpy(label, "0");
        char *p = line + snprintf(line, sizeof line, "%10s %s", label, plain ? "|" : "\u2502");
        for (unsigned i = 0; i < n; i++) {
            double level = max > 0 && v[i] > 0 ? v[i] / max * height - y : 0;
            unsigned eighths = level >= 1 ? EIGHTHS : level <= 0 ? 0 : (unsigned)(level * EIGHTHS + 0.5);
            p = stpcpy(p, cell(y == 0 && v[i] > 0 && eighths == 0 ? 1 : eighths, plain));
        }
        while (p[-1] == ' ')
            *--p = '\0';
        out->note(out, line);
    }
}
