/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_reader.c - measure traces/ alone: "bench_reader bulk FILE" reads all events in order by trace_read_bulk,
 * "bench_reader read FILE" by trace_read; something of each event is added up. "bench_reader decode FILE" only decodes
 * them, batch after batch as they lie in the mapped file (a plain one), without order, contexts or times.
 *
 * Prints key=value lines. bulk, read: events, seconds (opening included), lost (bytes), peak_rss and rss_file at the
 * end, and peak_anon, looked at every million events; sum, the same for both. decode: events, seconds, event_bytes (of
 * the batches' bodies), bytes (of the trace). Only traces/ is linked: what a program that reads traces with it would
 * get.
 */
#include "tests/bench.h"
#include "traces/wire.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOK = 1 << 20 };

/* The next events; returns how many, and adds to the sum. */
typedef size_t reading(trace *t, uint64_t *sum);

static size_t read_single(trace *t, uint64_t *sum) {
    static struct trace_event ev[TRACE_BULK];
    size_t n = trace_read(t, ev, TRACE_BULK);
    for (size_t i = 0; i < n; i++) {
        *sum += (uint64_t)ev[i].time ^ ev[i].type;
    }
    return n;
}

static size_t read_bulk(trace *t, uint64_t *sum) {
    static struct trace_bulk b;
    size_t n = trace_read_bulk(t, &b);
    for (size_t i = 0; i < n; i++) {
        *sum += (uint64_t)b.record[i].time ^ b.record[i].type;
    }
    return n;
}

static int read_events(const char *path, reading *read) {
    struct trace_error err;
    uint64_t events = 0, look = LOOK, anon = 0, sum = 0;
    double from = now();
    trace *t = trace_open(path, &err);
    if (t == NULL) {
        fprintf(stderr, "%s: %s\n", path, err.text);
        return 1;
    }
    for (size_t n; (n = read(t, &sum)) > 0; events += n) {
        if (events >= look) {
            uint64_t a = memory_of("RssAnon");
            anon = a > anon ? a : anon;
            look += LOOK;
        }
    }
    double seconds = now() - from;
    figure("events", (double)events);
    figure("seconds", seconds);
    figure("cpu", cpu_time());
    figure("lost", (double)trace_loss(t)->bytes);
    figure("bytes", (double)trace_bytes(t));
    figure("peak_rss", (double)memory_of("VmHWM"));
    figure("rss_file", (double)memory_of("RssFile"));
    uint64_t a = memory_of("RssAnon");
    figure("peak_anon", (double)(a > anon ? a : anon));
    printf("sum=%016llx\n", (unsigned long long)sum);
    trace_close(&t);
    return 0;
}

struct sums {
    uint64_t events, bytes, values;
};

/* The events of one batch; what follows an event that can't be decoded is left out. */
static void decode_batch(const uint8_t *p, const uint8_t *end, const uint8_t *readable, struct sums *s) {
    s->bytes += (uint64_t)(end - p);
    while (p < end && readable - p >= WIRE_MAX_EVENT) {
        const struct trace_spec *spec = &wire_specs[*p++];
        if (!spec->timed) {
            return;
        }
        uint64_t dt, one = 0, two = 0, more;
        bool wrong = false;
        unsigned n = spec->nargs;
        p = wire_uint_fast(p, &dt, &wrong);
        if (n > 0) {
            p = wire_uint_fast(p, &one, &wrong);
        }
        if (n > 1) {
            p = wire_uint_fast(p, &two, &wrong);
        }
        for (; n > 2; n--) {
            p = wire_uint_fast(p, &more, &wrong);
        }
        s->values += dt + one + two;
        if (wrong) {
            return;
        }
        s->events++;
    }
}

static bool is_table(uint8_t first) {
    return first == TRACE_EV_STACKS || first == TRACE_EV_STRINGS || first == TRACE_EV_CPU_SAMPLES ||
           first == TRACE_EV_FREQUENCY || first == TRACE_EV_SYNC || first == TRACE_EV_END_OF_GENERATION;
}

static const uint8_t *map_file(const char *path, size_t *size) {
    struct stat st;
    int fd = open(path, O_RDONLY);
    void *map = MAP_FAILED;
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > WIRE_HEADER) {
        *size = (size_t)st.st_size;
        map = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    if (fd >= 0) {
        close(fd);
    }
    return map == MAP_FAILED ? NULL : map;
}

/* One batch; what lies behind it, NULL where it is none. */
static const uint8_t *take_batch(const uint8_t *p, const uint8_t *end, struct sums *s) {
    uint64_t head[4];
    uint8_t type = *p++, experiment = 0;
    if (type == TRACE_EV_END_OF_GENERATION) {
        return p;
    }
    if (type == TRACE_EV_EXPERIMENTAL_BATCH && p < end) {
        experiment = *p++;
    } else if (type != TRACE_EV_EVENT_BATCH) {
        return NULL;
    }
    for (int i = 0; i < 4; i++) {
        if (!wire_uint(&p, end, &head[i])) {
            return NULL;
        }
    }
    if (head[3] > (uint64_t)(end - p)) {
        return NULL;
    }
    if (experiment == 0 && head[3] > 0 && !is_table(*p)) {
        decode_batch(p, p + head[3], end, s);
    }
    return p + head[3];
}

static int decode_events(const char *path) {
    struct sums s = {0};
    size_t size = 0;
    double from = now();
    const uint8_t *data = map_file(path, &size);
    const uint8_t *p = data != NULL ? data + WIRE_HEADER : NULL, *end = data != NULL ? data + size : NULL;
    while (p != NULL && p < end) {
        p = take_batch(p, end, &s);
    }
    if (p == NULL) {
        fprintf(stderr, "%s: not a plain, whole trace of Go 1.22 on: decoding alone is not measured\n", path);
        return 1;
    }
    figure("seconds", now() - from);
    figure("events", (double)s.events);
    figure("event_bytes", (double)s.bytes);
    figure("bytes", (double)size);
    figure("values", (double)(s.values & 0xffff)); /* or nothing need be decoded */
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "read") == 0) {
        return read_events(argv[2], read_single);
    }
    if (argc == 3 && strcmp(argv[1], "bulk") == 0) {
        return read_events(argv[2], read_bulk);
    }
    if (argc == 3 && strcmp(argv[1], "decode") == 0) {
        return decode_events(argv[2]);
    }
    fputs("usage: bench_reader bulk|read|decode FILE\n", stderr);
    return 2;
}
