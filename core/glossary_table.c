/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * glossary_table.c - the words. Each column, field, label and row of the screen must be among the names: a test walks
 * the program's tables. What a column counts in one command says that command's own help; here is what the notion is.
 */
#include "core/glossary.h"

static const struct glossary_entry table[] = {
    {"heap", "the heap",
     "The memory that the runtime hands out to the program's values: spans of pages. heapreel rebuilds it as it was at "
     "the cursor.",
     "runtime/mheap.go: mheap", "The heap and its parts"},
    {"page", "pages, its pages",
     "8192 bytes, the unit in which mheap hands memory to spans. Not the operating system's page.",
     "runtime/malloc.go: pageSize", NULL},
    {"arena", "",
     "64 MB of address space on most 64-bit machines, in which mheap gets memory from the operating system. The map's "
     "coarsest scales show whole arenas.",
     "runtime/malloc.go: heapArenaBytes", NULL},
    {"span", "spans, base, kind, heap spans, what, span_bytes, bytes of heap spans, span-exists, span-alloc, span-free",
     "A run of pages with one use: cut into slots of one size, or holding one large object, or a stack. It comes from "
     "mheap, moves between mcaches and mcentral, and goes back when nothing in it is live.",
     "runtime/mheap.go: mspan", NULL},
    {"slot", "slots",
     "One place for one object in a span. Free, or holding an object; objects never move between slots. The runtime "
     "says element.",
     "runtime/mheap.go: nelems", NULL},
    {"bucket", "bucket's life",
     "One slot of a span over its whole life: the objects that were in it one after another, and the time in between. "
     "Go's maps have buckets of their own: see group and overflow bucket.",
     NULL, NULL},
    {"elem", "element, elements, in a span of",
     "The size of each slot of a span. It is that of the size class; an object may be smaller, the rest is lost.",
     "runtime/mheap.go: elemsize", NULL},
    {"size class", "class, sizeclass",
     "One of 67 sizes of slots, 8 bytes to 32 KB, to which a small object's size is rounded up. 0 stands for large "
     "objects.",
     "internal/runtime/gc/sizeclasses.go: SizeClassToSize", NULL},
    {"span class", "spanclass, span classes",
     "A size class, and whether objects hold pointers: twice the class, plus one for noscan. mcentral has a pair of "
     "lists, and each mcache a span, for each span class.",
     "runtime/mheap.go: spanClass", NULL},
    {"noscan", "", "Objects without pointers: the collector marks them but doesn't look into them.",
     "runtime/mheap.go: noscan", NULL},
    {"scan", "", "Objects that may hold pointers: the collector looks into each one that is reachable.",
     "runtime/mheap.go: noscan", NULL},
    {"large", "",
     "An object of more than 32 KB. It has a span for itself, straight from mheap, and never is in an mcache.",
     "runtime/malloc.go: mallocgcLarge", NULL},
    {"tiny", "tiny allocator, suballoc",
     "Objects without pointers of less than 16 bytes share a slot of 16: the first one makes an alloc, those that are "
     "put beside it later a suballoc. The slot is free again when none of them is reachable.",
     "runtime/malloc.go: maxTinySize", NULL},
    {"object", "objects, alloc, allocated, allocs, exists, objects_then, d_objects, objects_s, newest",
     "What one allocation of the program put into a slot. The trace tells address, type and time, not the line of "
     "code.",
     "runtime/traceallocfree.go: HeapObjectAlloc", NULL},
    {"live", "live objects, in use, holds, now, live +/-, d_live, lasted, object_bytes, bytes of objects",
     "A slot counts as live from its allocation until a sweep frees it. The object in it may be unreachable long "
     "before: no event tells when it died, only when it was found dead.",
     "runtime/traceallocfree.go: HeapObjectFree", NULL},
    {"free", "freed, frees, free slots, free_slots, objects_freed, bytes_freed, unused",
     "A slot is freed when the sweep of its span finds no mark on it. Until it is allocated again it is a free slot: "
     "memory of the heap that the program doesn't use.",
     "runtime/traceallocfree.go: HeapObjectFree", NULL},
    {"held", "held_ns, held for, lasted, live, longest",
     "From an object's allocation to its free: how long it took its slot. Includes the time when it was dead but not "
     "swept yet.",
     NULL, NULL},
    {"idle slot", "idle_ns", "From a slot's free to its next allocation: how long it lay unused.", NULL, NULL},
    {"type", "type it allocated, object's type",
     "The type that the runtime was given with an allocation, by its name without the path. For slices and arrays it "
     "is that of an element. Strings, byte buffers and much of the snapshot have none.",
     "internal/abi/type.go: Type", NULL},
    {"size", "", "Bytes: of a type's value, or of the slot that an object takes.", "internal/abi/type.go: Type", NULL},
    {"bytes", "bytes_then, d_bytes, bytes_s, change, growth_bytes",
     "Sizes of objects are those of their slots, since this is what they cost; sizes of spans are whole pages.", NULL,
     NULL},
    {"rest", "", "Bytes of spans that belong to no slot: the tail that is too short for one more, and mark bits.",
     "runtime/mheap.go: npages", NULL},
    {"pinned", "pins, each",
     "A span goes back only when it is empty. A few live objects keep, or pin, the free slots around them.", NULL,
     NULL},
    {"stack span", "stack, stacks, stack_bytes, stack spans, bytes of stacks",
     "A span that holds goroutines' stacks. It has no slots and is on no list.", "runtime/stack.go: stackalloc", NULL},
    {"manual span", "manual",
     "A span that the runtime manages by hand: stacks, and work buffers of the collector. The trace doesn't tell at "
     "first which of them it is.",
     "runtime/mheap.go: mSpanManual", NULL},
    {"group", "groups, array, old, new, old_addr, new_addr",
     "Maps since Go 1.24 keep eight keys and values in a group; groups come in arrays. Up to Go 1.23 these were "
     "buckets.",
     "internal/runtime/maps/group.go: groupsReference", NULL},
    {"table", "tables, splits",
     "An array of groups with up to 1024 slots. A map that outgrows it splits it into two; nothing is freed before the "
     "old one is swept.",
     "internal/runtime/maps/table.go: table", NULL},
    {"overflow bucket", "overflow, overflows, chain, base buckets, sfr, band",
     "Up to Go 1.23 a map bucket with more than eight entries got another one chained to it. sfr is how many of them "
     "there are for each heap span: below 0.05 is usual, above 0.15 severe.",
     "internal/runtime/maps/map.go: Map", NULL},
    {"growth", "growths, grow, per_10k, beside, dead_from, dead_to",
     "A map that gets too full moves to a larger array. Old and new lie side by side until the old one is found dead.",
     "internal/runtime/maps/table.go: grow", NULL},

    {"place", "where, list, lists, in, moved",
     "Where a span of small objects is: in the mcache of a P, or on the nonempty or the empty list of mcentral. No "
     "event says so: heapreel concludes it from what happens to the span.",
     "runtime/mcentral.go: mcentral", "Where spans are"},
    {"mcache", "mcaches, cached, mcache_ns, free_in_mcache, free in mcaches, its mcache",
     "Each P's own store: one span of each span class, from which this P allocates without a lock. Its free slots are "
     "for this P alone.",
     "runtime/mcache.go: mcache", NULL},
    {"mcentral", "lists of mcentral",
     "The common store: for each span class the spans that are in no mcache, in two lists, nonempty and empty, and "
     "each of them in two parts, swept and unswept.",
     "runtime/mcentral.go: mcentral", NULL},
    {"nonempty", "partial, nonempty_ns, free_in_nonempty, free in nonempty",
     "mcentral's list of spans with a free slot, from which mcaches are refilled. Today's runtime calls it partial.",
     "runtime/mcentral.go: partial", NULL},
    {"empty", "full, empty_ns",
     "mcentral's list of spans without a free slot: empty of room, full of objects. Today's runtime calls it full. A "
     "sweep that frees a slot moves the span to nonempty.",
     "runtime/mcentral.go: full", NULL},
    {"swept", "spans_swept, swept_bytes",
     "After marking, a span must be swept before its free slots can be used: what isn't marked is freed. Swept is what "
     "has been through that since the last mark; ? where no event tells.",
     "runtime/mheap.go: sweepgen", NULL},
    {"unswept", "stale",
     "Marking has ended and the span wasn't swept yet: its dead objects still take their slots, nobody can allocate in "
     "it.",
     "runtime/mheap.go: sweepgen", NULL},
    {"mheap", "idle pages",
     "The runtime's store of pages. A span with no live object is given back to it when it is swept; another span of "
     "any class may take the pages.",
     "runtime/mheap.go: mheap", NULL},
    {"refill", "refills, refilled, per_1000",
     "The mcache's span is full: it goes to the empty list, and mcentral gives a swept nonempty span, sweeps one, or "
     "grows. 1000 allocations with few refills are cheap ones.",
     "runtime/mcache.go: refill", NULL},
    {"uncached", "returns, traffic, close, ps, ps_close, per_s",
     "A span left its mcache: full and replaced, or flushed. Spans that move between mcaches and mcentral often, by "
     "several Ps at once, mean waiting at mcentral's lists.",
     "runtime/mcentral.go: uncacheSpan", NULL},
    {"flushed", "flush, stats",
     "After mark termination each P gives all spans of its mcache back to mcentral before it goes on. ReadMemStats "
     "makes all Ps do so.",
     "runtime/mcache.go: prepareForSweep", NULL},
    {"grown", "grow a span, span-alloc", "mcentral had no span with room: a fresh one was taken from mheap.",
     "runtime/mcentral.go: grow", NULL},
    {"failure", "failures, skipped, needless, rate",
     "A span was grown though its class had free slots elsewhere: in a swept span that was passed over, in one not "
     "swept yet, or in the mcache of another P.",
     "runtime/mcentral.go: cacheSpan", NULL},
    {"returned", "spans_returned, spans_freed, given back, gone, waited, emptied",
     "A span that its sweep finds without any live object goes back to mheap.", "runtime/mheap.go: freeSpan", NULL},
    {"reuse", "delays, share", "A freed bucket is allocated again. Until then it is free; the time is the reuse delay.",
     NULL, NULL},
    {"idle pages", "idle",
     "Pages that were in a span and are in none now: free in mheap, or the operating system's again. For a P: not "
     "running, or for 10 us and more without a goroutine.",
     "runtime/mheap.go: freeSpan", NULL},
    {"released", "scavenged", "Memory given back to the operating system. No trace tells; GODEBUG=scavtrace=1 does.",
     "runtime/mgcscavenge.go: scavenger", NULL},
    {"evicted", "proc-gone, cut, seen, start",
     "Other reasons for a span's place: its pages were handed out anew, its P was taken away, the trace ends in the "
     "middle of the move, an allocation showed whose it is, it was there when the trace began.",
     NULL, NULL},
    {"because", "why, reason, proof, proof_g, proof_p",
     "Why a span is where it is: the last change of its place, and the event that proves it where there is one.", NULL,
     NULL},

    {"GC cycle", "gc, cycle, cycles, begin, age, map age, age in gc cycles",
     "One collection: sweep termination, mark, mark termination, then sweep. Counted from the first that the trace "
     "shows; 0 was under way when it began. An object's age is how many it has survived.",
     "runtime/mgc.go: gcStart", "The collector"},
    {"phase", "phases, off, GC off",
     "What the collector is doing. Off: everything is swept, and the next cycle hasn't begun.",
     "runtime/mgc.go: gcphase", NULL},
    {"sweepterm", "sweep termination",
     "A cycle begins: the world stops for a moment, and what the last one left unswept is swept.",
     "runtime/mgc.go: stwGCSweepTerm", NULL},
    {"mark", "marking, concurrent mark, mark worker, gc_begin",
     "What is reachable is found and marked while the program runs on; a quarter of the Ps works for it. What is "
     "allocated meanwhile counts as marked.",
     "runtime/mgc.go: gcBgMarkWorker", NULL},
    {"markterm", "mark termination",
     "The end of marking: the world stops for a moment. From here on every span is unswept, and every mcache is to be "
     "flushed.",
     "runtime/mgc.go: gcMarkTermination", NULL},
    {"sweep", "sweep_end, ranges, sweeps, sweeping, range_ns, sweep_ns, sweep-begin",
     "Span by span, what isn't marked is freed: by the background sweeper, and by allocations that need a span or owe "
     "some sweeping first.",
     "runtime/mgcsweep.go: bgsweep", NULL},
    {"reclaimed", "reclaimed_bytes, reclaim",
     "Sweeping that an allocation of whole pages must do before mheap may grow, and the bytes that were freed by it.",
     "runtime/mheap.go: reclaim", NULL},
    {"assist", "assists, assist_ns, mark assist, charged",
     "A goroutine that allocates while marking goes on must help: it marks in proportion to what it allocates. Its own "
     "work waits meanwhile.",
     "runtime/mgcmark.go: gcAssistAlloc", NULL},
    {"stopped", "stops, stop, stw, stop the world",
     "The world is stopped: no goroutine runs. The collector does so twice a cycle; tracing and ReadMemStats do, too.",
     "runtime/proc.go: stopTheWorldWithSema", NULL},
    {"heap live", "heap_live, heap_begin, heap_end, marked, after, before and after",
     "The live heap as the collector counts it: what the last cycle marked, and all that was allocated since then, "
     "dead "
     "or not. So it falls at a cycle's end only.",
     "runtime/mgcpacer.go: heapLive", NULL},
    {"heap goal", "goal, heap_goal, goal_after, next goal, confirmed",
     "The heap live at which the next cycle is to be done: with GOGC=100 twice what was marked, at least 4 MB.",
     "runtime/mgcpacer.go: heapGoal", NULL},
    {"utilisation", "util, mutator utilisation",
     "The share of a stretch of time that was left to the program by the collector: what Ps weren't stopped, marking, "
     "assisting or sweeping.",
     "internal/trace/gc.go: MutatorUtilization", NULL},
    {"survivor", "trend, steady, growth, lasting, leaks, suspect, suspects",
     "An object that was still there after a cycle. Types whose survivors become more with each cycle are suspects of "
     "a leak.",
     NULL, NULL},
    {"turning point", "turns, peak, low, fell, took",
     "A peak or a low of the heap. A drop is confirmed where the heap goal followed it down.", NULL, NULL},

    {"P", "procs, processor, row procs",
     "A processor in the scheduler's sense: the right to run Go code, of which there are GOMAXPROCS. Each has an "
     "mcache.",
     "runtime/runtime2.go: p", "Who does it"},
    {"goroutine", "g, gs, by, runs, created",
     "Who did it: the goroutine by its number. No G: the runtime itself, outside of any goroutine.",
     "runtime/runtime2.go: g", NULL},
    {"entry", "function", "The function that a goroutine was started with by a go statement.",
     "runtime/proc.go: newproc", NULL},
    {"M", "thread", "A thread of the operating system, which needs a P to run Go code.", "runtime/runtime2.go: m",
     NULL},
    {"mutator", "", "The collector's word for the program itself, which changes the heap.",
     "internal/trace/gc.go: MutatorUtilization", NULL},
    {"background sweeper", "bgsweep",
     "A goroutine of the runtime that sweeps when nothing else wants to run. That it goes to sleep proves that all is "
     "swept.",
     "runtime/mgcsweep.go: bgsweep", NULL},
    {"note", "notes, annotation, log, region, regions, task, message, value, name, aftermath",
     "What the program itself writes into the trace: trace.Log, trace.WithRegion, trace.NewTask.",
     "runtime/trace/annotation.go: WithRegion", NULL},

    {"trace", "version, generations, file, file_bytes, procs at the end",
     "What runtime/trace records: events with times, in generations of about a second each.",
     "runtime/trace.go: traceAdvance", "The trace"},
    {"event", "ev, events, kinds, next event, its history",
     "One thing that the runtime reported. Those of the heap are there only with GODEBUG=traceallocfree=1.",
     "internal/trace/tracev2/events.go: EvHeapObjectAlloc", NULL},
    {"allocfree", "",
     "Whether the trace has alloc/free events: record with GODEBUG=traceallocfree=1. Without them there are cycles, "
     "phases and the heap's curve, and no spans or objects.",
     "runtime/runtime1.go: traceallocfree", NULL},
    {"before", "objects_before, bytes_before, there when the trace began, snapshot, born, since",
     "Of the time before the trace began. When tracing starts the runtime writes down every span and object; since "
     "when they are there nobody knows.",
     "runtime/traceallocfree.go: traceSnapshotMemory", NULL},
    {"time", "t, at, from, to, end, first, last, duration, when, next, from A, overall, in view",
     "Seconds since the trace's first event, to the nanosecond. Different threads' clocks may differ a little.", NULL,
     NULL},
    {"life", "allocated and freed", "From the first to the last that the trace tells about it.", NULL, NULL},
    {"addr", "address",
     "Where it lies in the process. A flight recorder's trace has only distances from the heap's begin.",
     "runtime/traceallocfree.go: traceHeapObjectID", NULL},
    {"lost", "lost_at, lost_bytes, damaged, events missing",
     "Parts of the trace that made no sense and were not read. Events are missing there: what was in the heap then is "
     "not sure from there on.",
     NULL, NULL},
    {"crosscheck", "ours, theirs, diff, agrees, source",
     "What heapreel has rebuilt beside what the runtime itself says: metrics in the trace, gctrace, MemStats.",
     "runtime/mstats.go: MemStats", NULL},

    {"sure", "inferred, ?",
     "Follows from events. What is only concluded is marked by a ? and called inferred, or not sure.", NULL,
     "This program"},
    {"unknown", "unknown_bytes, unknown_ns",
     "The trace doesn't tell. Never shown as a guess: it looks unknown on the map and is null in output.", NULL, NULL},
    {"fact", "facts, pos, place change, gc-end",
     "One change of the heap that an event makes, or several prove. A position is a number of facts: several may have "
     "the same time.",
     NULL, NULL},
    {"reel", "save", "A saved recording that opens at once: all facts, with what is needed to wind to any of them.",
     NULL, NULL},
    {"cursor", "the film", "The instant that every pane shows. Keys and the mouse move it; the film plays it on.", NULL,
     NULL},
    {"mark A", "A, B, at A, since A, then, change since a, mark B, objects_then",
     "An instant to compare with: with A set, panes show what changed since then.", NULL, NULL},
    {"bookmark", "bookmarks", "An instant with a name; @name stands for it wherever a time may stand.", NULL, NULL},
    {"match", "hits, finding", "What a search found: its column is underlined on the axis of the timeline.", NULL,
     NULL},
    {"beside it", "", "The neighbours: what lies before and after it, in memory or in time.", NULL, NULL},
    {"occupancy", "kind and occupancy, map", "How much of a cell's slots is live: the fuller, the darker.", NULL, NULL},
    {"shown", "row, what it shows", "Whether a row of the timeline is on.", NULL, NULL},
    {"percentile", "p50, p90, p99, min, max, mean, n",
     "p90: of 100 cases 90 took no longer. n is how many there were. More than 4096 are exact to 0.4 %.", NULL, NULL},
    {"comparison", "a, b, ratio, measure, unit, compare",
     "Recordings or instants side by side; ratios are to the first.", NULL, NULL},
    {"report", "question, what it tells, this row, computing",
     "One of some twenty questions about what happens to memory, with rows and often a picture. A row leads to what it "
     "speaks of; by is what a row is.",
     NULL, NULL},
    {"row of output", "about, args, command, word, names, field, of, takes, part",
     "Columns of lists about this program itself: commands, fields, reports.", NULL, NULL},
};

size_t glossary_table(const struct glossary_entry **out) {
    *out = table;
    return sizeof table / sizeof *table;
}
