/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * results.h - the part of core.h that is about commands and their results: values and rows, sinks that write them, the
 * options that commands take, the command table and how to run one. core.h includes it; its terms and units hold here.
 */
#ifndef HEAPREEL_RESULTS_H
#define HEAPREEL_RESULTS_H

#include "core/core.h"

enum format { FORMAT_TEXT, FORMAT_CSV, FORMAT_JSONL, FORMAT_CBOR };

enum value_kind {
    VALUE_NULL,
    VALUE_INT,
    VALUE_UINT,
    VALUE_BOOL,
    VALUE_TEXT,
    VALUE_ADDRESS,
    VALUE_PAIR,
    VALUE_COUNTS,
    VALUE_FRAMES,
    VALUE_REAL
};

/* How people read a column; machine formats always give exact numbers. */
enum unit { UNIT_NONE, UNIT_COUNT, UNIT_BYTES, UNIT_TIME, UNIT_DURATION, UNIT_SHARE };
enum { VALUE_PLAIN = 0x7f };

/*
 * What a value speaks of, so that a screen can lead there: machine-readable forms don't show it. A column says it of
 * all its values (or'ed to its unit); a single value may say it of itself, with the reel's own number of the thing.
 * Times lead to that instant without being told to.
 */
enum leads {
    LEADS_NOWHERE,
    LEADS_TIME,      /* ns */
    LEADS_CYCLE,     /* the number of a GC cycle */
    LEADS_PROC,      /* the number of a P */
    LEADS_BUCKET,    /* an address */
    LEADS_SPAN,      /* of values alone, as the rest: a span's life */
    LEADS_CLASS,     /* a span class */
    LEADS_TYPE,      /* a type */
    LEADS_GOROUTINE, /* a goroutine's index */
    LEADS_LIMIT
};

/* Or'ed to a column's unit. */
enum {
    UNIT_MASK = 0x7f,
    UNIT_HIDDEN = 0x80, /* text output leaves the column out */
    UNIT_LEADS = 8,     /* from this bit on: enum leads, four bits */
    IS_MIXED = 0x4000,  /* texts stand in it too, whatever its unit */
    IS_FLAG = 0x8000,   /* true, false or null */
    TO_CYCLE = LEADS_CYCLE << UNIT_LEADS,
    TO_PROC = LEADS_PROC << UNIT_LEADS,
    TO_BUCKET = LEADS_BUCKET << UNIT_LEADS
};

struct result_column {
    const char *name;
    uint16_t unit;
    const char *about; /* one line for help */
};

struct count_entry {
    text name;
    uint64_t n;
};

struct value {
    uint8_t kind;
    uint8_t unit; /* where it isn't the column's; VALUE_PLAIN: none. For people: machine-readable forms don't show it */
    bool unsure;  /* text output marks it with ? */
    uint8_t leads; /* enum leads, where `id` is set */
    uint32_t id;
    union {
        int64_t i;
        uint64_t u;
        bool b;
        double real; /* finite */
        text s;
        int64_t pair[2];
        struct {
            const struct count_entry *at;
            size_t n;
        } counts; /* a map from name to count */
        struct {
            const struct trace_frame *at;
            size_t n;
        } frames; /* a stack */
    };
};

/*
 * One value as text output shows it, in the unit of its column, made harmless. `r` gives addresses their form. dst is
 * always terminated (cap > 0); returns the length.
 */
size_t value_shown(const struct value *v, unsigned unit, const reel *r, bool ascii, char *dst, size_t cap);

/* Where rows go. The columns stay good until `end`. `row` gets ncols values; extra ones (for `events`) may follow:
 * names != NULL. */
struct sink {
    bool (*begin)(struct sink *s, const struct result_column *cols, size_t ncols);
    bool (*row)(struct sink *s, const struct value *v, const char *const *extra_names, const struct value *extra,
                size_t nextra);
    bool (*end)(struct sink *s);
    void (*note)(struct sink *s, const char *line); /* a line for people about the rows; text output shows it */
    bool record;    /* set before begin: rows read best as lists of names and values; text output does so */
    bool ascii;     /* set before begin: text output in plain ASCII */
    unsigned width; /* set before begin: columns that lines of text output may take, 0: any number */
    bool refused;   /* --where didn't let the last row through */
    int error;      /* errno of the first write that failed, 0 none; EPIPE: the reader went away */
};

/*
 * A sink that writes `fmt` to `out`. `r` gives addresses their form; may be NULL. Free with sink_free (does not close
 * out). row and end return false once writing fails (EPIPE).
 */
struct sink *sink_new(enum format fmt, FILE *out, const reel *r);
void sink_free(struct sink **s);

/*
 * One command over several recordings: a sink before one of sink_new, which puts the column `file` before all others.
 * Say whose rows come next (`file` is not copied); what is wrong with them says many_sink_error, NULL: nothing. Freeing
 * it ends the output; the sink behind it stays the caller's.
 */
struct sink *many_sink_new(struct sink *to);
void many_sink_file(struct sink *s, const char *file, const reel *r);
const char *many_sink_error(const struct sink *s);
bool many_sink_free(struct sink **s);

/* A file that appears under its name only once it is whole. Pipes and devices are written directly. */
struct out_file;
/* NULL with a line in error[256] where it can't be made. */
struct out_file *out_file_open(const char *path, char error[256]);
FILE *out_file_stream(struct out_file *o);
/* Give the file its name (keep) or drop it; frees *o. False with a line in error where keeping failed. */
bool out_file_close(struct out_file **o, bool keep, char error[256]);

/* Options that every command takes; texts are NULL where not given and belong to the caller. */
struct command_options {
    const char *at, *from, *to; /* TIME */
    const char *since;          /* TIME */
    const char *where;          /* a filter of rows, see filter.h */
    const char *output;         /* -o */
    const char *log;            /* gctrace and scavtrace lines */
    const char *fail_if;        /* a condition on rows */
    const char *by;             /* reports: what a row is */
    const char *top;            /* how many rows at most; of reports: types, classes ... */
    bool stacks, objects, anonymize;
    bool format_set;
    uint8_t format; /* enum format, where format_set */
};

struct command_env {
    reel *reel; /* NULL: not loaded; commands that read the trace alone work on `path` */
    const char *path;
    const char *shown_path; /* what the user calls it; NULL: path */
    int64_t now;            /* default instant: the cursor's in the terminal, the end on the command line */
    enum format format;
    bool (*stop)(void *); /* asked now and then; true: stop quietly. May be NULL */
    void *stop_arg;
    void (*progress)(void *, double share); /* told now and then how much of a long command is done. May be NULL */
    void *progress_arg;
    char error[256];            /* set where a command fails */
    bool unreadable;            /* the failure is the trace's, not the command's */
    bool failed_if;             /* a row was as --fail-if says */
    char matched[400];          /* which, in one line; empty: none was */
    int status;                 /* 0, 1 damaged, 2 wrong use: the exit status */
    struct command_options opt; /* defaults; options among a command's words go before them */
    bool ascii;                 /* text output in plain ASCII (command_print) */
    unsigned width;             /* columns that its lines may take, 0: any number */
    bool own_top;               /* the command does --top itself (report_top) */
    char damage[512];           /* status 1: one line that says what was lost, where, and what was kept */
    char warning[160];          /* one line: the trace is newer than this program, or not alone in its file. No fault */
};

struct command {
    const char *name;
    const char *args;  /* "ADDR", "" */
    const char *about; /* one line */
    const char *help;  /* a paragraph */
    bool needs_reel;   /* false: reads the trace itself */
    bool hidden;
    const char *question; /* reports: what they answer, as "Q8"; else NULL */
    const struct result_column *cols;
    size_t ncols;
    bool (*run)(struct command_env *env, int argc, char **argv, struct sink *out);
    const char *const *by; /* what --by takes, NULL at the end, the usual one first; NULL: the command takes no --by */
    bool at_cursor;        /* where --at isn't given it is `now` */
    bool between;          /* it compares the instants --since and --at */
};
size_t command_table(const struct command **out);
const struct command *command_find(const char *name); /* NULL; unique prefixes are taken */

/*
 * Run a command given as words (argv[0] is its name; options --at, --from, --to, --since, --stacks, --format ...
 * anywhere after it) into `out`. False with env->error set where it failed; env->status holds the exit status.
 */
bool command_run(struct command_env *env, int argc, char **argv, struct sink *out);
/*
 * The same, writing to `out` in the format that --format or env->format asks for, or to the file of -o. True where
 * the reader of `out` went away: that is no fault.
 */
bool command_print(struct command_env *env, int argc, char **argv, FILE *out);
/* Whether these words are a command that can be run: its name, its options. False with env->error set. */
bool command_check(struct command_env *env, int argc, char **argv);
/* The same, and what options they have, with those of env->opt. */
bool command_options_of(struct command_env *env, int argc, char **argv, struct command_options *opt);
/* Whether these words need a loaded reel: by the command's nature, or because a TIME among them does. */
bool command_wants_reel(const struct command_env *env, int argc, char **argv);

/* One of the options that commands take. */
struct command_option {
    const char *name;  /* "--at" */
    const char *brief; /* "-o" or NULL */
    const char *arg;   /* "TIME", NULL: takes none */
    const char *about;
};
size_t command_option_table(const struct command_option **out);
/*
 * Read the option at argv[*i] into *opt and move *i to its last word. 1 done, 0 not one of these options, -1 wrong,
 * with a line in error[256].
 */
int command_option_read(struct command_options *opt, int argc, char **argv, int *i, char error[256]);
/* The manual's section about commands, as roff, made from the table. */
void command_dump_man(FILE *out);
/* The nearest of a set of names to a mistyped one, NULL where none is near. next(arg, i) gives name i, NULL at the end.
 */
const char *name_nearest(const char *word, const char *(*next)(const void *arg, size_t i), const void *arg);

/* Split a line into words (quotes '"and\ as a shell does). Returns count, -1 unbalanced; free with words_free. */
int words_split(const char *line, char ***out);
void words_free(char ***w, int n);

#endif
