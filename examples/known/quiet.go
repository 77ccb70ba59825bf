// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"runtime"
	"runtime/debug"
	"time"
)

// tray lies in slots of 3072 bytes, 8 in a span of three pages.
type tray struct {
	next *tray
	body [3000]byte
}

// quiet: GOGC=off, and collections when the program asks: free slots that wait for known times before others take them; a goal
// that isn't there; falls that no goal confirms.
func quiet() {
	const n, waits = 160, 4
	trays := make([]*tray, n)
	debug.SetGCPercent(-1)
	runtime.GC()
	mark("start")
	for i := range trays {
		trays[i] = &tray{}
	}
	mark("full")
	for i := range trays {
		if i%2 == 0 {
			trays[i] = nil
		}
	}
	collect("gc1")
	nap := []time.Duration{2 * time.Millisecond, 8 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond}
	again := make([]*tray, 0, n/2)
	begun := time.Now()
	var at [waits]time.Duration
	for k := range waits {
		time.Sleep(nap[k] - time.Since(begun))
		at[k] = time.Since(begun)
		for range n / 8 {
			again = append(again, &tray{})
		}
	}
	mark("again")
	clear(trays)
	clear(again)
	collect("gc2")
	mark("end")
	// Q8: a quarter each waited so long, from the sweep of gc1 on
	type share struct {
		column string
		k      int
	}
	window := "delays --by type --from {gc1} --to {gc2}"
	expect("Q8", window, "what=reuse,name=main.tray", "n == %d and freed == %d and share == 1", n/2, n/2)
	for _, s := range []share{{"min", 0}, {"p90", 3}, {"p99", 3}, {"max", 3}} {
		expect("Q8", window, "what=reuse,name=main.tray", "%d <= %s < %d + when('gc1 done') - when('gc1') + 2000000", at[s.k], s.column, at[s.k])
	}
	mean := (at[0] + at[1] + at[2] + at[3]) / waits
	expect("Q8", window, "what=reuse,name=main.tray", "%d <= mean < %d + when('gc1 done') - when('gc1') + 2000000", mean, mean)
	expect("Q8", window, "what=reuse,name=main.tray", "%d <= p50 < %d + when('gc1 done') - when('gc1') + 2000000", at[1], at[1])
	expect("Q8", "delays --by type --from {gc1 done} --to {again}", "what=reuse,name=main.tray", "count == 0 or n == 0 and freed == 0") // both ends count
	expect("Q8", "delays --by type --to {gc1 done}", "what=reuse,name=main.tray", "n == 0 and freed == %d", n/2)
	// no new span while there are slots
	expect("Q14", "refills --from {gc1 done} --to {again}", "name=41 scan", "allocs == %d and grown == 0", n/2)
	expect("Q4", "failures --from {gc1 done} --to {again}", "name=41 scan", "count == 0 or grown == 0")
	// Q10: fallen twice, and there is no goal that could say so
	expect("Q10", "turns", "", "all(r['goal'] is None and r['goal_after'] is None and r['confirmed'] is None for r in rows)")
	expect("Q8", "cycles", "", "len([r for r in rows if r['gc'] > 0]) == 3")
	expect("Q17", "charged", "", "all(r['assists'] == 0 for r in rows)")
	expect("Q18", "procs --from {gc1 done} --to {again}", "name=all", "mark == 0 and assist == 0 and idle > 0.8 * %d", at[3])
	expect("Q7", "aftermath again", "what=log,name=mark: again", "gc == 3 and gc_begin < when('gc2 done') - when('again')")
	expect("Q7", "aftermath end", "name=mark: end", "gc is None and gc_begin is None and sweep_end is None")
	expect("Q19", "crosscheck", "source=metric,what=marked", "count >= 2 and all(r['agrees'] for r in rows)")
	runtime.KeepAlive(trays)
}
