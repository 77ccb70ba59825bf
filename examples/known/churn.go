// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"runtime"
	"runtime/debug"
	"runtime/trace"
	"strconv"
	"time"
)

// brick lies in slots of 6784 bytes, 6 in a span of five pages.
type brick struct {
	next *brick
	body [6760]byte
}

var wall [800]*brick

// churn keeps 800 bricks and replaces them, one after the other, six times over; -gogc says how often that collects.
// What the whole recording must come to is logged as figures, which `compare` must set side by side.
func churn() {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	debug.SetGCPercent(*gogc)
	mark("start")
	trace.WithRegion(background, "churn", func() {
		for n := range 6 * len(wall) {
			wall[n%len(wall)] = &brick{}
			busy(20 * time.Microsecond) // or the program would outrun the collector
		}
	})
	mark("end")
	debug.SetGCPercent(-1)
	runtime.GC()
	runtime.ReadMemStats(&after)
	mark("collected")
	figure := func(by, measure, name string, value uint64) {
		trace.Log(background, "figure", by+" | "+measure+" | "+name+" | "+strconv.FormatUint(value, 10))
	}
	figure("all", "gc_cycles", "all", uint64(after.NumGC-before.NumGC))
	figure("type", "allocs", "main.brick", uint64(6*len(wall)))
	figure("type", "frees", "main.brick", uint64(5*len(wall)))
	expect("Q9", "cycles", "", "len([r for r in rows if r['gc'] > 0]) == %d", after.NumGC-before.NumGC)
	expect("Q9", "types --at {collected}", "type=main.brick", "live == %d and allocs == %d and frees == %d",
		len(wall), 6*len(wall), 5*len(wall))
	expect("Q9", "compare --since {start} --at {collected} --by type", "measure=objects,name=main.brick", "a in (0, None) and b == %d", len(wall))
	expect("Q16", "allocators --by region", "name=churn", "objects >= %d and objects < %d", 6*len(wall), 6*len(wall)+200)
}
