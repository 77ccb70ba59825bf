/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * task.c - a turn is handed to and fro between two threads, under one lock.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "core/clock.h"
#include "tui/task.h"

#include <stdlib.h>

#ifdef HAVE_THREADS
#include <pthread.h>
#include <signal.h>
#endif

struct task {
    void (*run)(void *arg, struct task *t);
    void *arg;
    int64_t until; /* end of the turn, 0: none */
    bool stopped, over;
#ifdef HAVE_THREADS
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t handed; /* `its` has changed */
    bool its;              /* the turn is the task's */
#endif
};

#ifdef HAVE_THREADS

/* Hand the turn over and wait until it comes back. */
static void hand(struct task *t, bool its) {
    pthread_mutex_lock(&t->lock);
    t->its = its;
    pthread_cond_signal(&t->handed);
    while (t->its == its && !t->over)
        pthread_cond_wait(&t->handed, &t->lock);
    pthread_mutex_unlock(&t->lock);
}

static void *body(void *arg) {
    struct task *t = arg;
    pthread_mutex_lock(&t->lock);
    while (!t->its)
        pthread_cond_wait(&t->handed, &t->lock);
    pthread_mutex_unlock(&t->lock);
    if (!t->stopped)
        t->run(t->arg, t);
    pthread_mutex_lock(&t->lock);
    t->over = true;
    t->its = false;
    pthread_cond_signal(&t->handed);
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

/* Signals are for the thread that knows what to do with them. */
static bool start(struct task *t) {
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return false;
    bool ok = pthread_create(&t->thread, NULL, body, t) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

struct task *task_new(void (*run)(void *arg, struct task *t), void *arg) {
    struct task *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->run = run;
    t->arg = arg;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->handed, NULL);
    if (start(t))
        return t;
    pthread_cond_destroy(&t->handed);
    pthread_mutex_destroy(&t->lock);
    free(t);
    return NULL;
}

void task_free(struct task **tp) {
    struct task *t = *tp;
    if (!t)
        return;
    t->stopped = true;
    while (task_turn(t, 0))
        ;
    pthread_join(t->thread, NULL);
    pthread_cond_destroy(&t->handed);
    pthread_mutex_destroy(&t->lock);
    free(t);
    *tp = NULL;
}

bool task_turn(struct task *t, int64_t budget_ns) {
    if (t->over)
        return false;
    t->until = budget_ns ? now_ns() + budget_ns : 0;
    hand(t, true);
    return !t->over;
}

bool task_pause(struct task *t) {
    if (!t->stopped && t->until && now_ns() >= t->until)
        hand(t, false);
    return t->stopped;
}

#else

struct task *task_new(void (*run)(void *arg, struct task *t), void *arg) {
    struct task *t = calloc(1, sizeof *t);
    if (t)
        *t = (struct task){.run = run, .arg = arg};
    return t;
}

void task_free(struct task **t) {
    free(*t);
    *t = NULL;
}

bool task_turn(struct task *t, int64_t budget_ns) {
    t->until = budget_ns ? now_ns() + budget_ns : 0;
    if (!t->over && !t->stopped)
        t->run(t->arg, t);
    t->over = true;
    return false;
}

bool task_pause(struct task *t) {
    return t->stopped;
}

#endif
