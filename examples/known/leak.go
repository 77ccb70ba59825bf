// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"runtime"
	"runtime/trace"
	"strings"
)

// leaked is kept for ever, garbage never; both have sizes that nothing else here has.
type leaked struct {
	next *leaked
	body [200]byte
}

type garbage struct {
	next *garbage
	body [300]byte
}

var (
	kept  *leaked
	waste *garbage
)

const leakedBytes, garbageBytes = 208, 320

// leak keeps and drops objects in each round, and collects.
func leak() {
	var before, after runtime.MemStats
	objects := make([]uint64, 0, *rounds)
	for n := range *rounds {
		runtime.ReadMemStats(&before)
		trace.WithRegion(background, "fill", func() {
			for range *leaks {
				kept = &leaked{next: kept}
			}
			for range *drops {
				waste = &garbage{next: waste}
			}
			waste = nil
		})
		runtime.ReadMemStats(&after)
		objects = append(objects, after.Mallocs-before.Mallocs)
		mark("full " + itoa(n))
		runtime.GC()
		runtime.Gosched()
		logMemStats(background)
	}
	mark("end")
	n, l, d, me := *rounds, *leaks, *drops, goid()

	expect("Q20", "leaks", "name=main.leaked", "growth == %d and growth_bytes == %d and steady == 1", l, l*leakedBytes)
	expect("Q20", "leaks", "name=main.leaked", "objects == %d and bytes == %d", n*l, n*l*leakedBytes)
	// the objects of round i survived n - i + 1 cycles
	expect("Q20", "leaks", "name=main.leaked", "age == %d", (n+1)/2)
	expect("Q20", "leaks --by age", "name=main.leaked",
		"count == %d and sorted(r['age'] for r in rows) == list(range(1, %d)) and all(r['objects'] == %d for r in rows)", n, n+1, l)
	expect("Q20", "leaks", "name=main.garbage", "count == 0 or objects == 0 and growth == 0")
	if n <= 8 {
		expect("Q20", "leaks", "name=main.leaked", "trend == {str(i): %d * i for i in range(1, %d)}", l, n+1)
	}
	expect("Q20", "leaks --by class", "name=15 scan", "abs(growth - %d) < 1 and steady == 1", l)
	expect("Q20", "grown --since {full 0} --at {end}", "name=main.leaked",
		"d_objects == %d and d_bytes == %d and objects == %d", (n-1)*l, (n-1)*l*leakedBytes, n*l)
	expect("Q20", "grown --since start --at {end} --by goroutine", "g="+itoa(me), "d_objects >= %d and d_objects < %d", n*l, n*l+100)
	expect("Q20", "grown --since gc:2:mark --at gc:4:mark", "name=main.leaked", "d_objects == %d", 2*l)
	expect("Q20", "grown --since gc:2:mark --at gc:4:mark --by class", "name=20 scan", "d_objects == 0")

	expect("Q16", "allocators --by region", "name=fill", "%d <= objects <= %d", n*(l+d), sum(objects))
	expect("Q16", "allocators --by region", "name=fill", "%d <= bytes < %d",
		n*(l*leakedBytes+d*garbageBytes), n*(l*leakedBytes+d*garbageBytes)+20000)
	expect("Q16", "allocators", "g="+itoa(me), "name == 'main.main' or name == 'runtime.main'")
	expect("Q16", "allocators", "g="+itoa(me), "objects >= %d and share > 0.9", n*(l+d))
	expect("Q16", "types", "type=main.garbage", "allocs == %d and frees == %d and live == 0", n*d, n*d)
	expect("Q16", "types", "type=main.leaked", "allocs == %d and frees == 0 and live == %d", n*l, n*l)

	expect("Q1", "where --by type --at {end}", "name=main.leaked", "live == %d and objects == %d", n*l*leakedBytes, n*l)
	expect("Q1", "where --by type --at {full 3}", "name=main.garbage", "live == %d", d*garbageBytes)
	expect("Q1", "where --by type --at {end}", "name=main.garbage", "count == 0 or live == 0")
	expect("Q19", "crosscheck", "source=memstats,what=HeapAlloc", "count == %d and all(r['agrees'] for r in rows)", n)
	expect("Q19", "crosscheck", "source=memstats,what=HeapObjects", "count == %d and all(r['agrees'] for r in rows)", n)
	expect("Q19", "crosscheck", "source=memstats,what=HeapInuse", "count == %d and all(r['diff'] == 0 for r in rows)", n)
	expect("Q19", "crosscheck", "source=metric,what=marked", "count == %d and all(r['agrees'] for r in rows)", n)
	// with the lines of GODEBUG=gctrace=1,scavtrace=1
	for _, what := range []string{"heap at begin", "heap marked", "assists, CPU time"} {
		expect("Q19", "crosscheck --log {log}", "source=gctrace,what="+strings.ReplaceAll(what, ",", ";"), "count == %d and all(r['agrees'] for r in rows)", n)
	}
	expect("Q19", "crosscheck --log {log}", "source=gctrace,what=heap marked", "[r['gc'] for r in rows] == list(range(1, %d))", n+1)
	expect("Q19", "where --log {log} --at gc:5:end,{end}", "last", "released is not None and released %% 1024 == 0")
	runtime.KeepAlive(kept)
}

func sum(x []uint64) (s uint64) {
	for _, n := range x {
		s += n
	}
	return s
}
