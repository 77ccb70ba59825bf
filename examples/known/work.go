// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/trace"
	"time"
	"unsafe"
)

// record is large, so that few of them make a heap whose goal moves; 8192 bytes, one in a span.
type record struct {
	next *record
	body [8000]byte
}

var (
	records *record
	ballast []byte
)

// seconds reads CPU times that the runtime counts for itself; they are brought up to date when a cycle ends.
func seconds(names ...string) (sum float64) {
	samples := make([]metrics.Sample, len(names))
	for i, name := range names {
		samples[i].Name = "/cpu/classes/gc/mark/" + name + ":cpu-seconds"
	}
	metrics.Read(samples)
	for _, s := range samples {
		sum += s.Value.Float64()
	}
	return sum
}

func busy(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
	}
}

func goal() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.NextGC
}

// work spins, sleeps and collects, each for a known time; then builds two heaps and drops them.
func work() {
	const spin, nap = 20 * time.Millisecond, 30 * time.Millisecond
	me := goid()
	mark("spin")
	busy(spin)
	mark("spun")
	time.Sleep(nap)
	mark("slept")

	// Q18: one P, so all of it is one row
	all := "name=P0"
	expect("Q18", "procs --from {spin} --to {spun}", all, "mutator >= 0.97 * (when('spun') - when('spin')) and mark == 0 and idle < 1e6")
	expect("Q18", "procs --from {spin} --to {spun}", "name=all", "util > 0.97 and mutator >= %d", int64(float64(spin)*0.97))
	expect("Q18", "procs --from {spun} --to {slept}", all, "idle >= 0.95 * %d and util > 0.95", int64(nap))
	expect("Q18", "procs", "name=P1", "count == 0")

	// Q7: annotations, and a cycle a known time later
	ctx, task := trace.NewTask(background, "cleanup")
	records = &record{}
	address := hex(uintptr(unsafe.Pointer(records)))
	records = nil
	trace.WithRegion(ctx, "delete", func() { busy(time.Millisecond) })
	mark("deleted")
	trace.Log(ctx, "map", "delete done")
	mark("logged")
	busy(5 * time.Millisecond)
	collect("gc1")
	task.End()
	mark("ended")
	busy(3 * time.Millisecond)
	collect("gc2")
	for _, kind := range []string{"log", "region"} {
		name := map[string]string{"log": "map: delete done", "region": "delete"}[kind]
		after := "aftermath " + address
		one := "what=" + kind + ",name=" + name
		expect("Q7", after, one, "gc == 1 and %d <= gc_begin <= mark < markterm <= sweep <= swept < sweep_end", 5*time.Millisecond)
		expect("Q7", after, one, "when('gc1') <= t + gc_begin and t + swept < when('gc1 done') and t + sweep_end < when('gc2 done')")
	}
	expect("Q7", "aftermath", "what=task,name=cleanup", "gc == 2 and %d <= gc_begin < when('gc2 done') - when('gc1 done')", 3*time.Millisecond)
	expect("Q7", "aftermath delete", "what=log,name=map: delete done", "when('deleted') < t < when('logged')")
	expect("Q7", "aftermath delete", "what=min", "gc_begin == min(r['gc_begin'] for r in all_rows if r['what'] in ('log', 'region'))")
	expect("Q7", "aftermath delete", "what=p99", "sweep_end == max(r['sweep_end'] for r in all_rows if r['what'] in ('log', 'region'))")

	// Q10: two falls, the first of them with a change of the goal
	ballast = make([]byte, 64<<20)
	debug.SetGCPercent(100)
	collect("gc3")
	const many, small = 1500, 3000
	for range many {
		records = &record{next: records}
	}
	collect("gc4")
	before := goal()
	mark("peak")
	records = nil
	collect("gc5")
	after := goal()
	collect("gc6")
	mark("low")
	expect("Q10", "turns --from {gc4} --to {low}", "first", "when('gc4') < t < low <= when('gc5 done') and fell >= %d and peak >= %d", many-300, many)
	expect("Q10", "turns --from {gc4} --to {low}", "first", "goal == %d and confirmed == True", before)
	expect("Q10", "turns --from {gc4} --to {low}", "first", "abs(goal_after - %d) < 0.01 * %d", after, after)
	for range small {
		notes = &note{next: notes}
	}
	collect("gc7")
	mark("small peak")
	notes = nil
	collect("gc8")
	collect("gc9")
	collect("gc10")
	mark("small low")
	expect("Q10", "turns --from {small peak} --to {small low}", "first", "fell >= %d and t + took == low and t < when('gc8 done')", small-300)
	expect("Q10", "turns --from {small peak} --to {small low}", "first", "confirmed == False and goal_after < 1.05 * goal")
	expect("Q10", "turns", "", "count == 2 or all(r['fell'] < %d for r in rows[2:])", small)
	debug.SetGCPercent(-1)

	// Q17, Q18: a cycle that has much to mark while the program allocates; the runtime counts what it charges
	pointers := make([]*note, 1<<20)
	one := &note{}
	for i := range pointers {
		pointers[i] = one
	}
	runtime.GC()
	mark("quiet")
	assists, workers := seconds("assist"), seconds("dedicated", "idle")
	mark("assisted")
	debug.SetGCPercent(5)
	trace.WithRegion(background, "storm", func() {
		for range 2000 {
			records = &record{}
		}
	})
	debug.SetGCPercent(-1)
	runtime.GC()
	mark("assisted done")
	assists, workers = seconds("assist")-assists, seconds("dedicated", "idle")-workers
	must(assists > 0.0005, "the goroutine had to assist")
	window := " --from {assisted} --to {assisted done}"
	expect("Q17", "charged"+window, "g="+itoa(me), "assists > 0 and longest <= assist_ns and name in ('main.main', 'runtime.main')")
	expect("Q17", "charged"+window, "g="+itoa(me), "assist_ns > 0.9 * %d - 500000", int64(assists*1e9)) // with the time that it had to wait
	expect("Q17", "charged --by region"+window, "name=storm", "assists > 0 and swept > 0")
	expect("Q17", "charged --by event"+window, "what=assist", "count > 0 and all(r['g'] == %d for r in rows)", me)
	expect("Q17", "charged --to {quiet}", "g="+itoa(me), "count == 0 or assists == 0")
	expect("Q18", "procs"+window, all, "abs(mark - %d) < 0.25 * %d + 1e6", int64(workers*1e9), int64(workers*1e9))
	expect("Q18", "procs"+window, all, "abs(assist - %d) < 0.25 * %d + 5e5", int64(assists*1e9), int64(assists*1e9))
	runtime.KeepAlive(ballast)
	runtime.KeepAlive(pointers)
}

// note is small: so many of them hardly move the goal.
type note struct {
	next *note
	body [1]int64
}

var notes *note
