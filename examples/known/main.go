// SPDX-License-Identifier: GPL-3.0-or-later

// Known does things of which it knows what reports must say of them, and logs these answers into its own trace.
//
// Each part (-part) is about a few questions: it allocates, drops and collects so that it can count for itself, from its
// constants, the addresses of its objects, its own clock, runtime.MemStats and runtime/metrics. The collector runs when it
// is asked to, and never otherwise, unless the part is about that. Two categories of trace.Log matter:
//
//	mark    NAME: an instant that answers refer to
//	expect  QUESTION | REPORT | ROWS | CONDITION
//
// REPORT is a command with its options, where {NAME} is the instant of a mark; ROWS are field=value,... of the rows meant,
// `first` or `last`; CONDITION speaks of the fields of that row, of `rows` and `count`, and of when('NAME'), the time of a mark. tests/check-known reads
// them: what they say was never heapreel's.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/trace"
	"strconv"
	"strings"
	"unsafe"

	"heapreel.example/internal/recording"
)

var background = context.Background()

// expect logs one answer.
func expect(question, report, rows, condition string, args ...any) {
	trace.Log(background, "expect", question+" | "+report+" | "+rows+" | "+fmt.Sprintf(condition, args...))
}

// mark logs an instant.
func mark(name string) {
	trace.Log(background, "mark", name)
}

// collect is one GC cycle with all its sweeping, between two marks: "NAME" and "NAME done".
func collect(name string) {
	mark(name)
	runtime.GC()
	mark(name + " done")
	runtime.Gosched() // the background sweeper finds nothing to do, and parks: only then a trace shows that all is swept
}

// logMemStats is what the README shows: crosscheck compares these fields.
func logMemStats(ctx context.Context) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	trace.Log(ctx, "memstats", fmt.Sprintf(
		"HeapAlloc=%d HeapObjects=%d HeapInuse=%d StackInuse=%d NextGC=%d HeapReleased=%d",
		m.HeapAlloc, m.HeapObjects, m.HeapInuse, m.StackInuse, m.NextGC, m.HeapReleased))
}

// goid is the number of the calling goroutine.
func goid() int {
	var buf [64]byte
	words := strings.Fields(string(buf[:runtime.Stack(buf[:], false)]))
	id, err := strconv.Atoi(words[1])
	must(err == nil, "a stack begins with the goroutine's number")
	return id
}

// must ends the program where the heap isn't as the part needs it: better no recording than a wrong answer.
func must(ok bool, what string) {
	if !ok {
		fmt.Fprintln(os.Stderr, "known: not as it should be: "+what)
		os.Exit(1)
	}
}

const pageBytes = 8192

// pageOf is the address of the page in which an object lies; spans of the classes used here are one page.
func pageOf(p unsafe.Pointer) uintptr {
	return uintptr(p) &^ (pageBytes - 1)
}

// minor says whether the program was built by Go 1.n or later.
func minor(n int) bool {
	words := strings.FieldsFunc(runtime.Version(), func(c rune) bool { return c < '0' || c > '9' })
	must(len(words) >= 2, "a version has two numbers")
	have, err := strconv.Atoi(words[1])
	return err == nil && have >= n
}

type part struct {
	name  string
	procs int
	run   func()
	about string
}

var parts = []part{
	{"leak", 1, leak, "so many objects more with each cycle (Q1, Q13, Q16, Q19, Q20)"},
	{"slots", 1, slots, "spans that empty, spans that one object pins, slots that are reused (Q1, Q2, Q3, Q6, Q8)"},
	{"maps", 1, maps, "a map grown step by step (Q5, Q11, Q12, Q13)"},
	{"refill", 1, refill, "so many full spans of a class (Q4, Q14, Q15)"},
	{"pair", 2, pair, "two Ps at one class (Q4, Q15, Q16)"},
	{"work", 1, work, "a goroutine that works, sleeps, collects (Q7, Q10, Q17, Q18)"},
	{"kinds", 1, kinds, "so many of each kind of thing that Go allocates (Q1, Q8, Q16, Q20)"},
	{"trends", 1, trends, "leaks that stop, come and go, two at once (Q20)"},
	{"seldom", 1, seldom, "leaks slower than the collector, and what only looks like one (Q20)"},
	{"fates", 1, fates, "in which cycle each goes: groups, finalizers, large objects, slots that another type takes (Q1, Q2, Q3, Q7, Q8, Q20)"},
	{"tiny", 1, tiny, "tiny objects that share blocks (Q2, Q8, Q14, Q20)"},
	{"people", 1, people, "who allocates, in which region, for which task (Q7, Q16, Q20)"},
	{"halves", 1, halves, "spans that keep so many of eight, of two types (Q1, Q3, Q6, Q8)"},
	{"quiet", 1, quiet, "GOGC=off: slots that wait for known times (Q4, Q7, Q8, Q10, Q14, Q17, Q18, Q19)"},
	{"atlas", 1, atlas, "maps of several kinds side by side (Q11, Q12, Q13)"},
	{"churn", 1, churn, "a live heap of fixed size, replaced again and again, with -gogc (Q9, Q17)"},
}

var (
	rounds = flag.Int("rounds", 7, "leak: rounds, each with one collection")
	leaks  = flag.Int("leak", 100, "leak: objects kept in each round")
	drops  = flag.Int("drop", 400, "leak: objects dropped in each round")
	gogc   = flag.Int("gogc", 100, "churn: the GOGC")
)

func main() {
	opt := recording.Flags("known.trace", false)
	name := flag.String("part", "leak", "what to do; `PART` is leak, slots, maps ...; another word lists them")
	flag.Parse()
	for _, p := range parts {
		if p.name != *name {
			continue
		}
		runtime.GOMAXPROCS(p.procs)
		debug.SetGCPercent(-1)
		logMemStats(background) // what logging needs is there from now on
		runtime.GC()            // and mcaches are empty
		stop := opt.Start()
		defer stop()
		p.run()
		return
	}
	fmt.Fprintln(os.Stderr, "known: no such part; there are:")
	for _, p := range parts {
		fmt.Fprintf(os.Stderr, "  %-7s %s\n", p.name, p.about)
	}
	os.Exit(2)
}
