/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * command_table.c - every command, once: the prompt, the command line, the help and the manual read this table.
 *
 * Names and columns are an interface that scripts rely on: add freely, rename nothing.
 */
#include "core/command.h"

#include <string.h>

#define COLUMNS(name, n) .cols = name##_columns, .ncols = n, .run = name##_run

static const struct command commands[] = {
    {"info", "", "What the file is and holds, without building the heap",
     "Reads the trace to its end and counts. `kinds` maps the name of each kind of event to how many there are. Says "
     "what "
     "the trace lacks, and how to record it.",
     false, false, NULL, COLUMNS(info, INFO_COLUMNS)},
    {"summary", "", "The heap in numbers at one instant",
     "One row: the heap at --at (the end of the trace where not given). What is counted from inferred places of spans "
     "is "
     "marked: `sure` is false, text output adds a question mark.",
     true, false, NULL, COLUMNS(summary, SUMMARY_COLUMNS)},
    {"cycles", "", "GC cycles: when, how long, what they freed",
     "One row a GC cycle. Cycle 0 was under way when the trace began. Each phase is a pair [from, to], or null where "
     "the "
     "trace doesn't hold it; text output shows how long it took.",
     true, false, NULL, COLUMNS(cycles, CYCLES_COLUMNS)},
    {"phases", "", "Changes of the GC phase, in order of time",
     "One row a change: from `t` on, the program is in this phase. --from and --to cut out a part.", true, false, NULL,
     COLUMNS(phases, PHASES_COLUMNS)},
    {"sweeps", "", "What each P swept after each GC cycle",
     "One row a GC cycle and P: what it freed, by itself or in the background sweeper's name, and the sweeping that "
     "its allocations had to do. --from and --to choose the cycles that sweep in between. What was swept without "
     "freeing anything leaves no event and is not counted.",
     true, false, COLUMNS(sweeps, SWEEPS_COLUMNS)},
    {"spans", "", "Spans in use at one instant", "One row a span in use at --at, ordered by address.", true, false,
     NULL, COLUMNS(spans, SPANS_COLUMNS)},
    {"central", "", "mcentral: span classes in use at one instant",
     "One row a span class in use at --at. mcentral's lists are called nonempty (spans with a free slot; the field is "
     "`partial` in today's runtime) and empty (spans without one; `full` today).",
     true, false, NULL, COLUMNS(central, CENTRAL_COLUMNS)},
    {"types", "", "Types of live objects at one instant",
     "One row a type, the greatest first. The row without a name is for objects whose allocation named no type: "
     "strings, "
     "byte buffers, most of what lived when the trace began. --since TIME adds what has changed since then.",
     true, false, NULL, COLUMNS(types, TYPES_COLUMNS)},
    {"bucket", "ADDR", "The life of one bucket: the slot that holds ADDR",
     "One row an event in the life of the slot that holds ADDR: objects allocated and freed in it, its span coming "
     "and going, its span entering and leaving an mcache. Where ADDR comes from: the base column of spans or pins --by "
     "span, old_addr of growths, or a pointer that the program printed, as a trace.Log with %p.",
     true, false, "Q2", COLUMNS(bucket, BUCKET_COLUMNS)},
    {"span", "ADDR", "The life of the span that holds ADDR",
     "One row an event in the life of the span that holds ADDR: where it was, whose mcache held it, how many objects "
     "lived "
     "in it. --objects adds a row for each object allocated or freed. ADDR: any address in it, as its base in the rows "
     "of spans or pins --by span.",
     true, false, NULL, COLUMNS(span, SPAN_COLUMNS)},
    {"notes", "", "Annotations of the program: logs, regions, tasks",
     "One row for each trace.Log, trace.WithRegion and trace.NewTask of the program. --from and --to cut out a part.",
     true, false, NULL, COLUMNS(notes, NOTES_COLUMNS)},
    {"ranges", "", "Stops of the world, mark assists and sweeps, with who and how long",
     "One row a stretch of time in which the world was stopped, a goroutine assisted marking, or spans were swept. "
     "--from "
     "and --to cut out a part.",
     true, false, NULL, COLUMNS(ranges, RANGES_COLUMNS)},
    {"goroutines", "", "Goroutines and the functions they run",
     "One row a goroutine, in the order in which the trace shows "
     "them.",
     true, false, NULL, COLUMNS(goroutines, GOROUTINES_COLUMNS)},
    {"fields", "", "What a filter may ask, in / and in the heap map",
     "One row a field of the filter language. --where takes the columns of its command as fields instead: `help "
     "COMMAND` "
     "lists those.",
     false, false, NULL, COLUMNS(fields, FIELDS_COLUMNS)},
    {"glossary", "[WORD]", "What a word or number on the screen means, and where Go's sources have it",
     "Without WORD all words. WORD may also be the name of a column or a field; where no entry has it, those that "
     "mention "
     "it are shown. Needs no trace: heapreel glossary nonempty.",
     false, false, NULL, COLUMNS(glossary, GLOSSARY_COLUMNS)},
    {"bookmarks", "", "Bookmarks that were set in this trace",
     "One row a bookmark, in order of time. They are set in the terminal (b) and kept with the trace; @name stands for "
     "their time wherever a TIME may stand.",
     true, false, NULL, COLUMNS(bookmarks, BOOKMARKS_COLUMNS)},
    {"events", "", "Every event, in order",
     "One row an event: time, context, name, then the event's own arguments under the names of Go's event table. Where "
     "such a "
     "name is p, m or g the argument is called arg_p, arg_m, arg_g, since p, m and g are always the context: who "
     "emitted "
     "the event, -1 for none. Heap object events add type_name where it is known. --stacks adds stack and new_stack: "
     "arrays of frames, leaf first, each with func, file, line, pc. --from and --to cut out a part. In csv the "
     "arguments "
     "of all events together are the columns, so that every line has the same ones.",
     false, false, NULL, COLUMNS(events, EVENTS_COLUMNS)},
    {"reports", "", "The reports: which question each one answers",
     "One row a report. They are commands like the others: --from and --to cut out a part, --at says when, --by what a "
     "row is. Needs no trace: heapreel reports.",
     false, false, NULL, COLUMNS(reports, REPORTS_COLUMNS)},
    {"where", "", "Where the memory is, at instants side by side",
     "One row an instant of --at, which may be several with commas between them: --at start,gc:1:end,gc:2:end. Without "
     "--at: "
     "the start, the ends of up to eight GC cycles, and the end. --by class and --by type take each span class and "
     "each "
     "type apart: a free slot counts for the type that was last in it.",
     true, false, "Q1", COLUMNS(where, WHERE_COLUMNS), .by = where_by, .at_cursor = true},
    {"delays", "", "How long until freed buckets are reused, and empty spans go back",
     "A bucket is free from the sweep that frees it to the next allocation in it; a span is empty from its last free "
     "until it "
     "goes back to mheap. --by class and --by type (of the freed object) add rows for these. Percentiles of more than "
     "4096 "
     "delays are exact to 0.4 %. --from and --to cut out a part.",
     true, false, "Q8", COLUMNS(delays, DELAYS_COLUMNS), .by = delays_by},
    {"returns", "", "The way of spans back to mheap: how long in each place",
     "Of spans that went back in the window: how long they were in mcaches and on mcentral's lists, from the last "
     "mcache to "
     "mheap, and from the last free. --by span: one row a span, in the order in which they went, with grown, uncached, "
     "freed "
     "and returned.",
     true, false, "Q3", COLUMNS(returns, RETURNS_COLUMNS), .by = returns_by},
    {"failures", "", "Spans grown though free slots of the class were there, and why",
     "A refill that finds no span grows one. Where the class had free slots all the same they were skipped (swept, on "
     "the "
     "nonempty list), unswept, or in the mcache of another P. Worst class first.",
     true, false, "Q4", COLUMNS(failures, FAILURES_COLUMNS)},
    {"sfr", "", "Span fragmentation rate: overflow buckets for each span, over time",
     "The window in 20 intervals: single overflow buckets allocated (maps up to Go 1.23) for each heap span allocated; "
     "below "
     "0.05 is normal, 0.05 to 0.15 to be watched, from 0.15 severe. Swiss maps (Go 1.24) have no overflow buckets.",
     true, false, "Q5", COLUMNS(sfr, SFR_COLUMNS)},
    {"pins", "", "Which few live objects pin nearly empty spans",
     "Of spans in no mcache with at most a quarter of their slots live, at --at: by type of these objects (--by class, "
     "--by "
     "span), the bytes that they pin and since when.",
     true, false, "Q6", COLUMNS(pins, PINS_COLUMNS), .by = pins_by, .at_cursor = true},
    {"growths", "", "How maps grow: old and new arrays side by side",
     "One row an array of buckets or groups that replaced another. When the old one became unreachable no event says: "
     "dead_from and dead_to are its bounds. Where several arrays may be the old one, none is named.",
     true, false, "Q11", COLUMNS(growths, GROWTHS_COLUMNS)},
    {"chains", "", "Overflow buckets and chain length of maps over time; tables and groups",
     "20 instants over the window: overflow buckets for each base bucket (maps up to Go 1.23), live groups and tables "
     "and "
     "splits up to then (Swiss maps, from Go 1.24). --by type adds each map type.",
     true, false, "Q12", COLUMNS(chains, CHAINS_COLUMNS), .by = chains_by},
    {"maps", "", "What each map type costs: growths, overflow, slots never reused",
     "One row a map type, by the bytes of its arrays, buckets and groups in the window; headers, tables and "
     "directories of all "
     "maps are one row.",
     true, false, "Q13", COLUMNS(maps, MAPS_COLUMNS)},
    {"refills", "", "How often allocations miss the mcache, by span class or type",
     "Refills for each 1000 allocations. --by type counts a refill for the type of the first object in the span. With "
     "--at, "
     "before and after that instant.",
     true, false, "Q14", COLUMNS(refills, REFILLS_COLUMNS), .by = refills_by},
    {"traffic", "", "Which span classes move most between mcaches and mcentral, and by how many Ps at once",
     "Spans that came into mcaches and left them. `close` counts moves within 10 us of one of the same class by "
     "another P: the "
     "visible part of contention on mcentral.",
     true, false, "Q15", COLUMNS(traffic, TRAFFIC_COLUMNS)},
    {"allocators", "", "Which goroutines allocate most",
     "By goroutine, by entry function, by the innermost region or by its task.", true, false, "Q16",
     COLUMNS(allocators, ALLOCATORS_COLUMNS), .by = allocators_by},
    {"charged", "", "Mark assists and sweeping that goroutines had to do",
     "By goroutine, entry function, region or task; --by event: each one, when, how long, whose, in which region.",
     true, false, "Q17", COLUMNS(charged, CHARGED_COLUMNS), .by = charged_by},
    {"compare", "[FILE...]", "Recordings side by side, or two instants of one, with ratios",
     "Sets the recording beside those named: heapreel compare A B C, or at the prompt compare B. --by class and --by "
     "type "
     "add the ten classes or types with most allocations (--top), with their reuse and return. Ratios are to the "
     "first. "
     "--from and --to cut out a part of each. Without FILE, --since and --at give two instants of this recording.",
     true, false, "Q9", COLUMNS(compare, COMPARE_COLUMNS), .by = compare_by, .at_cursor = true, .between = true},
    {"aftermath", "[ADDR|NAME]", "What came after each annotation: the next GC cycle, its phases, a bucket's sweep",
     "One row an annotation of the program (a log, the end of a region or task), with how long it took until the next "
     "GC cycle "
     "began, marked, ended marking, swept, and had swept all; then least, median, P90 and P99. NAME: only annotations "
     "that "
     "contain it. ADDR: also until the sweep freed the bucket that holds it.",
     true, false, "Q7", COLUMNS(aftermath, AFTERMATH_COLUMNS)},
    {"turns", "", "Turning points: where live objects drop, and whether the goal followed",
     "One row a drop of at least a tenth of the most objects that ever lived, from its peak; confirmed where the heap "
     "goal "
     "changed by a twentieth up to the end of the second GC cycle after it. Text output draws the curves.",
     true, false, "Q10", COLUMNS(turns, TURNS_COLUMNS)},
    {"procs", "", "What each P did, and the mutator utilisation that follows",
     "One row a P, all of them, and the stretches of 1 ms to 1 s with the least utilisation. --by time: 20 stretches "
     "of the "
     "window.",
     true, false, "Q18", COLUMNS(procs, PROCS_COLUMNS), .by = procs_by},
    {"crosscheck", "", "The rebuilt heap against metrics, gctrace, scavtrace and MemStats",
     "One row a comparison: what the trace's own metrics say at each GC cycle, gctrace and scavtrace lines of --log, "
     "and runtime.MemStats fields that the program logged under the category memstats (HeapAlloc=..., "
     "HeapObjects=...), beside "
     "what heapreel rebuilt. Heap live is counted as the runtime does, by what refills take: where it agrees, spans, "
     "objects and places do.",
     true, false, "Q19", COLUMNS(crosscheck, CROSSCHECK_COLUMNS)},
    {"grown", "", "What grew between two instants, by type, class, span or goroutine",
     "Between --since (the start where not given) and --at, by --by. Greatest growth first.", true, false, "Q20",
     COLUMNS(grown, GROWN_COLUMNS), .by = grown_by, .at_cursor = true, .between = true},
    {"leaks", "", "Leak suspects: what survives cycle after cycle, and grows",
     "One row a type (--by class: a span class), suspects first: what grows in half of the cycles or more, or seldom, "
     "but without ever falling back. Counted are objects that survived at least one GC cycle: what was allocated since "
     "the last marking began is left out, and so is what was found dead. growth is the slope of a line through the "
     "survivors of all cycles. --by age: one row a type and number of cycles survived. --at is when to look, --since "
     "where the cycles begin that count. For CI: leaks --fail-if 'suspect=yes growth_bytes>10kB'. What grew since an "
     "instant, however it went: grown.",
     true, false, "Q20", COLUMNS(leaks, LEAKS_COLUMNS), .by = leaks_by, .at_cursor = true},
    {"perfetto", "FILE", "Write a timeline for ui.perfetto.dev",
     "Writes FILE in the JSON form that ui.perfetto.dev and chrome://tracing open: curves of the heap, GC cycles and "
     "phases, stops of the world, mark assists, sweeps, and the program's regions, tasks and logs. Curves are sampled: "
     "each point is the value at its instant, and all extremes are kept. --from and --to cut out a part.",
     true, false, NULL, .cols = export_columns, .ncols = EXPORT_COLUMNS, .run = perfetto_run},
    {"pprof", "FILE", "Write the live heap for go tool pprof",
     "Writes FILE as `go tool pprof` reads it: objects and bytes, live at --at and allocated since the trace began. A "
     "trace has no stacks of allocations; in their place stand, from the leaf, the type, the span class, and what the "
     "goroutine runs that allocated it, or (before the trace). Bytes are those of slots.",
     true, false, NULL, .cols = export_columns, .ncols = EXPORT_COLUMNS, .run = pprof_run},
    {"save", "FILE", "Write the reel to FILE, which then opens at once, as a trace does",
     "FILE holds the whole recording: the heap at every instant, and the events. heapreel FILE shows it as it does the "
     "trace, without loading, and every command gives the same answers. --from and --to save a part: it begins with "
     "the "
     "heap at --from, times stay what they are, and instants outside of it are refused. --anonymize puts stand-ins in "
     "the place of "
     "the names of types, functions and files and of the texts of annotations: the same one for the same text in all "
     "files that are saved with "
     "the same key, which is made at first and kept in heapreel/pseudonym.key under $XDG_CONFIG_HOME or ~/.config.",
     true, false, NULL, COLUMNS(save, SAVE_COLUMNS)},
    {"help", "[COMMAND]", "This list, or what one command does", "Without COMMAND, a list of all commands.", false,
     false, NULL, COLUMNS(help, HELP_COLUMNS)},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

size_t command_table(const struct command **out) {
    *out = commands;
    return COMMANDS;
}

const struct command *command_find(const char *name) {
    const struct command *found = NULL;
    size_t len = strlen(name), matches = 0;
    for (size_t i = 0; len > 0 && i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
        if (strncmp(commands[i].name, name, len) == 0) {
            matches++;
            found = &commands[i];
        }
    }
    return matches == 1 ? found : NULL;
}
