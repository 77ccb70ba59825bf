/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * belt.c - handing slots over, under one lock: it is taken a few times for thousands of events.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "core/belt.h"

#include <stdlib.h>

#ifdef HAVE_THREADS

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>

#define NS INT64_C(1000000000)

struct belt {
    pthread_mutex_t lock, alone;
    pthread_cond_t given, put_down;
    uint64_t put, taken; /* slots in all */
    bool flushed;        /* what was put is to be taken at once */
    bool stopped;
    pthread_t thread;
    void (*work)(void *arg, struct belt *b);
    void *arg;
};

static void *run(void *belt) {
    struct belt *b = belt;
    b->work(b->arg, b);
    return NULL;
}

/* Signals are for the thread that knows what to do with them. */
static bool start_thread(struct belt *b) {
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
        return false;
    }
    bool ok = pthread_create(&b->thread, NULL, run, b) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

static void free_belt(struct belt *b) {
    pthread_cond_destroy(&b->given);
    pthread_cond_destroy(&b->put_down);
    pthread_mutex_destroy(&b->lock);
    pthread_mutex_destroy(&b->alone);
    free(b);
}

/* Deadlines are of the clock that now_ns shows. */
static void init_timed(pthread_cond_t *c) {
    pthread_condattr_t a;
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_cond_init(c, &a);
    pthread_condattr_destroy(&a);
}

struct belt *belt_start(void (*work)(void *arg, struct belt *b), void *arg) {
    struct belt *b = calloc(1, sizeof *b);
    if (b == NULL) {
        return NULL;
    }
    b->work = work;
    b->arg = arg;
    pthread_mutex_init(&b->lock, NULL);
    pthread_mutex_init(&b->alone, NULL);
    pthread_cond_init(&b->given, NULL);
    init_timed(&b->put_down);
    if (!start_thread(b)) {
        free_belt(b);
        return NULL;
    }
    return b;
}

void belt_stop(struct belt **bp) {
    struct belt *b = *bp;
    if (b == NULL) {
        return;
    }
    pthread_mutex_lock(&b->lock);
    b->stopped = true;
    pthread_cond_broadcast(&b->given);
    pthread_cond_broadcast(&b->put_down);
    pthread_mutex_unlock(&b->lock);
    pthread_join(b->thread, NULL);
    free_belt(b);
    *bp = NULL;
}

/* Wait until no more than `most` slots are full. */
static void wait_for_given(struct belt *b, uint64_t most) {
    if (b->put != b->taken) {
        b->flushed = true;
        pthread_cond_signal(&b->put_down);
    }
    while (b->put - b->taken > most && !b->stopped) {
        pthread_cond_wait(&b->given, &b->lock);
    }
}

int belt_room(struct belt *b) {
    pthread_mutex_lock(&b->lock);
    if (b->put - b->taken == BELT_SLOTS) {
        wait_for_given(b, BELT_SLOTS / 2);
    }
    int slot = b->stopped ? BELT_NONE : (int)(b->put % BELT_SLOTS);
    pthread_mutex_unlock(&b->lock);
    return slot;
}

void belt_put(struct belt *b) {
    pthread_mutex_lock(&b->lock);
    b->put++;
    if (b->put - b->taken == BELT_SLOTS / 2) {
        b->flushed = true;
        pthread_cond_signal(&b->put_down);
    }
    pthread_mutex_unlock(&b->lock);
}

void belt_flush(struct belt *b) {
    pthread_mutex_lock(&b->lock);
    b->flushed = true;
    pthread_cond_signal(&b->put_down);
    pthread_mutex_unlock(&b->lock);
}

bool belt_drain(struct belt *b) {
    pthread_mutex_lock(&b->lock);
    wait_for_given(b, 0);
    bool ok = !b->stopped;
    pthread_mutex_unlock(&b->lock);
    return ok;
}

/* False: it is late. */
static bool wait_for_put(struct belt *b, int64_t deadline) {
    if (deadline == INT64_MAX) {
        pthread_cond_wait(&b->put_down, &b->lock);
        return true;
    }
    struct timespec at = {.tv_sec = (time_t)(deadline / NS), .tv_nsec = (long)(deadline % NS)};
    return pthread_cond_timedwait(&b->put_down, &b->lock, &at) == 0;
}

int belt_load_until(struct belt *b, int64_t deadline) {
    pthread_mutex_lock(&b->lock);
    b->flushed &= b->put != b->taken;
    while ((b->put == b->taken || !b->flushed) && !b->stopped && wait_for_put(b, deadline)) {
    }
    int slot = b->stopped || b->put == b->taken ? BELT_NONE : (int)(b->taken % BELT_SLOTS);
    pthread_mutex_unlock(&b->lock);
    return slot;
}

int belt_load(struct belt *b) {
    return belt_load_until(b, INT64_MAX);
}

void belt_give(struct belt *b) {
    pthread_mutex_lock(&b->lock);
    b->taken++;
    uint64_t left = b->put - b->taken;
    if (left == BELT_SLOTS / 2 || left == 0) {
        pthread_cond_signal(&b->given);
    }
    pthread_mutex_unlock(&b->lock);
}

void belt_alone(struct belt *b, void (*work)(void *arg), void *arg) {
    pthread_mutex_lock(&b->alone);
    work(arg);
    pthread_mutex_unlock(&b->alone);
}

unsigned belt_processors(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

#else

struct belt *belt_start(void (*work)(void *arg, struct belt *b), void *arg) {
    (void)work;
    (void)arg;
    return NULL;
}
void belt_stop(struct belt **b) {
    *b = NULL;
}
int belt_room(struct belt *b) {
    (void)b;
    return BELT_NONE;
}
void belt_put(struct belt *b) {
    (void)b;
}
void belt_flush(struct belt *b) {
    (void)b;
}
bool belt_drain(struct belt *b) {
    (void)b;
    return false;
}
int belt_load(struct belt *b) {
    (void)b;
    return BELT_NONE;
}
int belt_load_until(struct belt *b, int64_t deadline) {
    (void)b;
    (void)deadline;
    return BELT_NONE;
}
void belt_give(struct belt *b) {
    (void)b;
}
void belt_alone(struct belt *b, void (*work)(void *arg), void *arg) {
    (void)b;
    work(arg);
}
unsigned belt_processors(void) {
    return 1;
}

#endif
