// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"runtime"
	"time"
	"unsafe"
)

// doomed objects of group k are let go before cycle k; 832 bytes have no class, 896 have: 9 in a span of one page.
type doomed struct {
	next *doomed
	body [880]byte
}

// watched objects have a finalizer: the cycle that finds them dead keeps them for it, the next one frees them.
type watched struct {
	next *watched
	body [1260]byte // 1280
}

// guest takes the slots that host left.
type host struct {
	next *host
	body [2030]byte // 2048
}

type guest struct {
	other *host
	body  [2030]byte
}

type huge [13 * pageBytes / 8]*byte // 13 pages

// fates: in which cycle each goes, as told by reports: groups that go one after the other, finalizers, slots that another
// type takes, large objects.
func fates() {
	const cycles, hosts, larges = 5, 40, 12
	groups := make([]*doomed, cycles+1)
	one := make([]string, cycles+1)
	lost := make([]int, cycles+1)
	for k := 1; k <= cycles; k++ {
		lost[k] = 10*k + 3
		for range lost[k] {
			groups[k] = &doomed{next: groups[k]}
		}
		one[k] = hex(uintptr(unsafe.Pointer(groups[k])))
	}
	watch := make([]*watched, 30)
	finalized := 0
	for i := range watch {
		x := &watched{}
		runtime.SetFinalizer(x, func(*watched) { finalized++ })
		watch[i] = x
	}
	last := hex(uintptr(unsafe.Pointer(watch[7])))
	olds := make([]*host, hosts)
	for i := range olds {
		olds[i] = &host{}
	}
	big := make([]*huge, larges)
	at := make([]string, larges)
	for i := range big {
		big[i] = new(huge)
		at[i] = hex(uintptr(unsafe.Pointer(big[i])))
	}
	mark("made")
	free := make(map[uintptr]bool, hosts)
	for k := 1; k <= cycles; k++ {
		groups[k] = nil
		switch k {
		case 2:
			runtime.KeepAlive(watch)
			watch = nil
			for i := 0; i < larges; i += 3 {
				big[i] = nil
			}
		case 3:
			for i := range olds {
				if i%4 == 0 { // or whole spans would go
					continue
				}
				free[uintptr(unsafe.Pointer(olds[i]))] = true
				olds[i] = nil
			}
		}
		mark(fmt.Sprint("drop ", k))
		if k == 3 {
			for finalized < 30 { // the goroutine that runs finalizers must have let go of them
				time.Sleep(time.Millisecond)
			}
		}
		collect(fmt.Sprint("gc", k))
	}
	time.Sleep(15 * time.Millisecond)
	guests := make([]*guest, hosts)
	other := 0
	done := make(chan bool)
	go func() {
		other = goid()
		for i := range guests {
			guests[i] = &guest{}
		}
		done <- true
	}()
	<-done
	mark("end")
	taken, stays := 0, make(map[uintptr]bool) // a span that went and came again is another one
	for _, h := range olds {
		if h != nil {
			stays[pageOf(unsafe.Pointer(h))] = true
		}
	}
	var again string
	for _, g := range guests {
		if free[uintptr(unsafe.Pointer(g))] && stays[pageOf(unsafe.Pointer(g))] {
			taken++
			again = hex(uintptr(unsafe.Pointer(g)))
		}
	}
	must(taken > 0, "a guest lies where a host was")

	all := 0
	for k := 1; k <= cycles; k++ {
		all += lost[k]
		expect("Q2", "bucket "+one[k], "ev=free,first", "gc == %d and when('gc%d') < t < when('gc%d done')", k, k, k)
		expect("Q7", "aftermath "+one[k], "name=mark: drop "+itoa(k), "gc == %d and when('gc%d') < t + swept < when('gc%d done')", k, k, k)
		expect("Q7", "aftermath "+one[cycles], "name=mark: drop "+itoa(k), "when('gc%d') < t + swept < when('gc%d done')", cycles, cycles)
		expect("Q20", fmt.Sprintf("grown --since {gc%d} --at {gc%d done}", k, k), "name=main.doomed", "d_objects == %d", -lost[k])
		expect("Q8", fmt.Sprintf("delays --by type --from {gc%d} --to {gc%d done}", k, k), "what=reuse,name=main.doomed", "freed == %d and n == 0 and share == 0", lost[k])
		expect("Q1", fmt.Sprintf("where --by type --at {gc%d done}", k), "name=main.doomed", "sum(r['objects'] for r in rows) == %d", total(lost[k+1:]))
		expect("Q8", "cycles", "gc="+itoa(k), "objects_freed >= %d", lost[k])
	}
	expect("Q16", "types --at {end}", "type=main.doomed", "allocs == %d and frees == %d and live == 0", all, all)
	expect("Q20", "leaks --at {drop 3}", "name=main.doomed", "objects == %d and growth < 0 and steady == 0", lost[3]+lost[4]+lost[5])
	// Q2, Q20: finalizers: found dead in cycle 2, freed in cycle 3
	expect("Q2", "bucket "+last, "ev=free,first", "gc == 3")
	expect("Q20", "grown --since {made} --at {gc2 done}", "name=main.watched", "d_objects == 0")
	expect("Q20", "grown --since {made} --at {gc3 done}", "name=main.watched", "d_objects == -30")
	expect("Q7", "aftermath "+last, "name=mark: drop 2", "gc == 2 and t + swept > when('gc3')")
	// Q8: guests in slots of hosts, by another goroutine
	expect("Q8", "delays --by type", "what=reuse,name=main.host", "n == %d and freed == %d and min > %d", taken, len(free), 15*time.Millisecond)
	expect("Q8", "delays --by type", "what=reuse,name=main.guest", "count == 0")
	expect("Q2", "bucket "+again, "ev=alloc,type=main.guest", "count == 1 and g == %d and idle_ns > %d", other, 15*time.Millisecond)
	expect("Q2", "bucket "+again, "ev=free,type=main.host", "count == 1 and gc == 3 and g != %d", other)
	// Q3, Q8: large objects go back with their span at once
	gone := (larges + 2) / 3
	expect("Q3", "returns --from {gc2} --to {gc2 done}", "name=large scan,place=life", "n == %d", gone)
	expect("Q3", "returns --from {gc2} --to {gc2 done}", "name=large scan,place=mcache", "all(r['n'] == 0 or r['max'] == 0 for r in rows)")
	expect("Q8", "delays --by class --from {made}", "what=return,name=large scan", "n == %d", gone)
	for i := range at {
		want := "count == 0"
		if i%3 == 0 {
			want = "count == 1 and gc == 2 and freed <= returned and name == 'large scan'"
		}
		expect("Q3", "returns --by span --from {made}", "base="+at[i], want)
	}
	stages := "where --by class --at {made},{gc1 done},{gc2 done}"
	expect("Q1", stages, "at={gc2 done},name=large scan", "spans_returned == %d and returned == %d", gone, gone*13*pageBytes)
	expect("Q1", stages, "name=large scan", "all(r['nonempty'] == 0 and r['mcache'] == 0 and r['unknown'] == 0 for r in rows)")
	expect("Q1", stages, "name=large scan", "[rows[0]['live'] - r['live'] for r in rows] == [0, 0, %d]", gone*13*pageBytes)
	expect("Q20", "grown --since {made} --at {end}", "name=main.huge", "d_objects == %d and d_bytes == %d", -gone, -gone*13*pageBytes)
	expect("Q20", "grown --since {made} --at {end} --by span", "base="+at[0], "d_objects == -1 or objects == 1")
	expect("Q20", "grown --since {made} --at {end} --by span", "base="+at[1], "d_objects == 0 and objects == 1")
	expect("Q6", "pins --at {gc5 done} --by class", "name=large scan", "count == 0")
	runtime.KeepAlive([]any{big, guests, groups, olds})
}

func total(x []int) (s int) {
	for _, n := range x {
		s += n
	}
	return s
}
