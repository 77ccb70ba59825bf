/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_reel.c - measure core/: "bench_reel FILE" opens a trace to its last event with the heap built, winds to random
 * instants, steps, asks for histories, and loads once more as the terminal does, in slices.
 *
 * Prints key=value lines; times in seconds. The instants are the same on every machine: a small generator makes them.
 */
#include "core/core.h"
#include "tests/bench.h"
#include "tests/fixtures.h"

#include <stdio.h>

enum { PLACES = 300, STEPS = 2000, HISTORIES = 400, OPENINGS = 5, SLICE_NS = 15000000 };

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void percentiles(const char *what, double *seconds, size_t n) {
    char key[64];
    qsort(seconds, n, sizeof *seconds, by_value);
    snprintf(key, sizeof key, "%s_p50", what);
    figure(key, n > 0 ? seconds[n / 2] : 0);
    snprintf(key, sizeof key, "%s_p99", what);
    figure(key, n > 0 ? seconds[n * 99 / 100] : 0);
    snprintf(key, sizeof key, "%s_max", what);
    figure(key, n > 0 ? seconds[n - 1] : 0);
}

static uint64_t random_pos(uint64_t *state, uint64_t facts) {
    uint64_t high = random_next(state);
    return (high << 31 | random_next(state)) % (facts + 1);
}

/* With its sums, as a frame is shown. */
static double seek(frame *f, uint64_t pos) {
    double from = now();
    (void)frame_seek(f, pos);
    (void)frame_totals(f);
    return now() - from;
}

static void wind(reel *r, frame *f) {
    static double far[PLACES], step[STEPS];
    uint64_t state = 1, facts = reel_facts(r);
    for (size_t i = 0; i < PLACES; i++) {
        far[i] = seek(f, random_pos(&state, facts));
    }
    percentiles("wind", far, PLACES);
    uint64_t at = facts / 2;
    (void)frame_seek(f, at);
    for (size_t i = 0; i < STEPS; i++) {
        at = (random_next(&state) & 1) != 0 && at < facts ? at + 1 : at - (at > 0);
        double from = now();
        (void)frame_seek(f, at);
        step[i] = now() - from;
    }
    percentiles("step", step, STEPS);
}

/* The slots that random facts are about: often used ones come more often. */
static void histories(reel *r) {
    static double bucket[HISTORIES], span[HISTORIES];
    uint64_t state = 2, facts = reel_facts(r);
    size_t n = 0;
    for (size_t tries = 0; n < HISTORIES && tries < 100 * HISTORIES && facts > 0; tries++) {
        struct fact x;
        uint64_t pos = random_pos(&state, facts - 1);
        if (!reel_fact(r, pos, &x) || x.span == NO_ID || reel_span(r, x.span)->kind != SPAN_HEAP) {
            continue;
        }
        uint64_t addr = reel_slot_address(r, x.span, x.slot);
        struct history h;
        double from = now();
        if (bucket_history(r, addr, pos + 1, &h)) {
            history_free(&h);
        }
        bucket[n] = now() - from;
        from = now();
        if (span_history(r, addr, pos + 1, false, &h)) {
            history_free(&h);
        }
        span[n++] = now() - from;
    }
    percentiles("bucket", bucket, n);
    percentiles("span", span, n);
}

/* The reel saved, and opened again up to the frame of its last instant: the best of a few times. */
static bool saving(reel *r, const char *path) {
    const char *dir = getenv("HEAPREEL_BUILD");
    char file[4096];
    struct trace_error err;
    struct command_env env = {.reel = r, .path = path, .format = FORMAT_JSONL};
    snprintf(file, sizeof file, "%s/bench-saved.reel", dir != NULL ? dir : ".");
    char *argv[] = {(char *)"save", file};
    FILE *out = fopen("/dev/null", "w");
    double from = now();
    bool ok = out != NULL && command_print(&env, 2, argv, out);
    figure("save_seconds", now() - from);
    double best = 1e9;
    uint64_t bytes = 0;
    for (int i = 0; i < OPENINGS && ok; i++) {
        from = now();
        reel *again = reel_open(argv[1], NULL, &err);
        frame *f = again != NULL ? frame_new(again) : NULL;
        ok = f != NULL && reel_load(again, 0) == REEL_DONE && frame_seek(f, reel_facts(again));
        best = now() - from < best ? now() - from : best;
        frame_free(&f);
        reel_close(&again);
    }
    FILE *written = fopen(argv[1], "rb");
    if (written != NULL && fseek(written, 0, SEEK_END) == 0) {
        bytes = (uint64_t)ftell(written);
    }
    if (written != NULL) {
        fclose(written);
    }
    if (out != NULL) {
        fclose(out);
    }
    remove(argv[1]);
    figure("saved_bytes", (double)bytes);
    figure("saved_open", best);
    return ok;
}

/*
 * As the terminal loads: how soon there is a first frame with its sums; and the longest time between two looks at the
 * keyboard.
 */
static void first_frame(const char *path) {
    struct trace_error err;
    double from = now(), at = from, longest = 0;
    reel *r = reel_open(path, NULL, &err);
    frame *f = NULL;
    for (enum reel_state state = REEL_LOADING; r != NULL && state == REEL_LOADING;) {
        state = reel_load(r, SLICE_NS);
        if (f == NULL && (f = frame_new(r)) != NULL) {
            (void)frame_seek(f, reel_facts(r));
            (void)frame_totals(f);
            figure("first_frame", now() - from);
        }
        double t = now();
        longest = t - at > longest ? t - at : longest;
        at = t;
    }
    figure("longest_slice", longest);
    frame_free(&f);
    reel_close(&r);
}

int main(int argc, char **argv) {
    struct trace_error err;
    if (argc != 2) {
        fputs("usage: bench_reel FILE\n", stderr);
        return 2;
    }
    double from = now(), cpu = cpu_time();
    reel *r = reel_open(argv[1], NULL, &err);
    if (r == NULL) {
        fprintf(stderr, "%s: %s\n", argv[1], err.text);
        return 1;
    }
    enum reel_state done = reel_load(r, 0);
    frame *f = frame_new(r);
    if (done != REEL_DONE || f == NULL || !frame_seek(f, reel_facts(r))) {
        fprintf(stderr, "%s: out of memory\n", argv[1]);
        return 1;
    }
    (void)frame_totals(f);
    figure("seconds", now() - from);
    figure("cpu", cpu_time() - cpu);
    figure("events", (double)reel_info(r)->events);
    figure("facts", (double)reel_facts(r));
    figure("open_peak_rss", (double)memory_of("VmHWM"));
    figure("open_anon", (double)memory_of("RssAnon"));
    wind(r, f);
    histories(r);
    figure("peak_rss", (double)memory_of("VmHWM"));
    if (!saving(r, argv[1])) {
        fprintf(stderr, "%s: the reel could not be saved and opened again\n", argv[1]);
        return 1;
    }
    frame_free(&f);
    reel_close(&r);
    first_frame(argv[1]);
    return 0;
}
