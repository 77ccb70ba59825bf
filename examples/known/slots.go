// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"runtime"
	"strconv"
	"unsafe"
)

// cell lies in slots of 704 bytes, 11 in a span of one page: nothing else here does.
type cell struct {
	next *cell
	body [680]byte
}

const (
	cellClass = "29 scan"
	cellBytes = 704
	cellSlots = 11
	cellSpans = 20
)

func itoa(n int) string { return strconv.Itoa(n) }

func hex(p uintptr) string { return fmt.Sprintf("0x%x", p) }

// slots fills 20 spans and three slots of one more, lets go of some of it, and takes slots again two cycles later: those
// of the last span first, then freed ones.
func slots() {
	const n = cellSpans*cellSlots + 3
	const dead, single, most, again = 5, 7, 8, 50 // spans that empty, that keep one, that lose four; cells made anew
	cells, fresh := make([]*cell, n), make([]*cell, again)
	var page [cellSpans + 1]uintptr
	freed := make(map[uintptr]bool)
	me := goid()
	mark("start")
	for i := range cells {
		cells[i] = &cell{}
	}
	mark("filled")
	for i, c := range cells {
		p := pageOf(unsafe.Pointer(c))
		must(i%cellSlots == 0 || p == page[i/cellSlots], "the cells fill one span after the other")
		page[i/cellSlots] = p
	}
	// in span s: nothing stays, one cell, all but four
	for i := range cells {
		s, k := i/cellSlots, i%cellSlots
		stays := s == cellSpans || s >= dead && s < dead+single && k == s%cellSlots || s >= dead+single && k >= 4
		if !stays {
			freed[uintptr(unsafe.Pointer(cells[i]))] = true
			cells[i] = nil
		}
	}
	mark("dropped")
	collect("gc1")
	collect("gc2")
	collect("gc3")
	mark("again")
	for i := range fresh {
		fresh[i] = &cell{}
	}
	mark("done")
	reused := 0
	for _, c := range fresh {
		if freed[uintptr(unsafe.Pointer(c))] {
			reused++
		}
	}
	must(reused >= again-(cellSlots-3), "the new cells lie where old ones were, or in the span that was never full")
	must(freed[uintptr(unsafe.Pointer(fresh[again-1]))], "the last one does")

	// Q1: where the memory is at each stage
	class := "at=%s,name=" + cellClass
	row := func(at string) string { return fmt.Sprintf(class, at) }
	stages := "where --by class --at start,{filled},{dropped},{gc1 done},{gc3 done}"
	const left = single + most*7 + 3
	for _, at := range []string{"{filled}", "{dropped}"} {
		expect("Q1", stages, row(at), "live == %d and nonempty == 0 and spans == %d", n*cellBytes, cellSpans+1)
		expect("Q1", stages, row(at), "mcache == %d and returned == 0", (cellSlots-3)*cellBytes)
	}
	expect("Q1", stages, row("start"), "live == 0 and spans == 0")
	expect("Q1", stages, row("{gc1 done}"), "live == %d and objects == %d", left*cellBytes, left)
	expect("Q1", stages, row("{gc1 done}"), "mcache == 0 and nonempty == %d and unknown == 0",
		((single+most+1)*cellSlots-left)*cellBytes)
	expect("Q1", stages, row("{gc1 done}"), "spans == %d and spans_returned == %d and returned == %d",
		single+most+1, dead, dead*pageBytes)
	expect("Q1", stages, row("{gc3 done}"), "live == %d and mcache == 0 and spans_returned == 0", left*cellBytes)
	expect("Q1", "central --at {gc1 done}", "class=29,noscan=false", "nonempty == %d and empty == 0 and mcache == 0", single+most+1)
	expect("Q1", "central --at {filled}", "class=29,noscan=false", "nonempty == 0 and empty == %d and mcache == 1", cellSpans)
	expect("Q1", "where --by type --at {filled},{gc1 done}", "at={gc1 done},name=main.cell", "live == %d", left*cellBytes)

	// Q2: one slot's life; Q3: its span's
	addr := hex(uintptr(unsafe.Pointer(fresh[again-1])))
	expect("Q2", "bucket "+addr, "ev=alloc", "count == 2 and all(r['type'] == 'main.cell' for r in rows)")
	expect("Q2", "bucket "+addr, "ev=alloc,first", "g == %d and p == 0 and when('start') < t < when('filled') and gc == 0", me)
	expect("Q2", "bucket "+addr, "ev=free", "count == 1 and gc == 1 and phase == 'sweep' and when('gc1') < t < when('gc1 done')")
	expect("Q2", "bucket "+addr, "ev=free", "when('gc1') - when('filled') < held_ns < when('gc1 done') - when('start')")
	expect("Q2", "bucket "+addr, "ev=alloc,last", "g == %d and when('again') < t < when('done') and gc == 3", me)
	expect("Q2", "bucket "+addr, "ev=alloc,last", "when('again') - when('gc1 done') < idle_ns < when('done') - when('gc1')")
	expect("Q2", "bucket "+hex(uintptr(unsafe.Pointer(cells[(dead+single)*cellSlots+5]))), "ev=free", "count == 0")
	for s := 0; s < dead; s++ {
		one := "base=" + hex(page[s]) + ",first" // its pages may go the way again
		expect("Q3", "returns --by span", one, "gc == 1 and name == '%s'", cellClass)
		expect("Q3", "returns --by span", one, "when('start') < grown < uncached < when('filled')")
		expect("Q3", "returns --by span", one, "when('gc1') < freed <= returned < when('gc1 done') and from_ == 'empty'")
		expect("Q3", "returns --by span", one, "unknown_ns == 0 and mcache_ns == uncached - grown and empty_ns == returned - uncached")
	}
	expect("Q3", "returns", "name="+cellClass+",place=emptied", "n == %d and max < when('gc1 done') - when('gc1')", dead)
	expect("Q3", "returns", "name="+cellClass+",place=life", "n == %d and max < when('gc1 done') - when('start')", dead)
	expect("Q3", "returns", "name="+cellClass+",place=waited", "n == %d and p50 > when('gc1') - when('filled')", dead)
	expect("Q3", "span "+hex(page[0]), "ev=span-alloc,first", "when('start') < t < when('filled')")
	expect("Q3", "span "+hex(page[0]), "ev=span-free,first", "gc == 1 and phase == 'sweep'")
	expect("Q3", "span "+hex(page[0]), "ev=cached,first", "p == 0")
	expect("Q3", "span "+hex(page[cellSpans]), "ev=uncached,first", "when('gc1') < t < when('gc1 done')")

	// Q6: what pins
	expect("Q6", "pins --at {gc3 done}", "name=main.cell", "objects == %d and spans == %d and pinned == %d and each == %d",
		single, single, single*(cellSlots-1)*cellBytes, (cellSlots-1)*cellBytes)
	expect("Q6", "pins --at {gc3 done}", "name=main.cell", "when('gc1') < since < when('gc1 done') and when('start') < born < when('filled')")
	expect("Q6", "pins --by class --at {gc3 done}", "name="+cellClass, "objects == %d and slots == %d", single, single*cellSlots)
	for s := dead; s < dead+single; s++ {
		expect("Q6", "pins --by span --at {gc3 done}", "base="+hex(page[s]),
			"objects == 1 and pinned == %d and name == 'main.cell'", (cellSlots-1)*cellBytes)
	}
	expect("Q6", "pins --by span --at {gc3 done}", "base="+hex(page[dead+single]), "count == 0")
	expect("Q6", "pins --by span --at {filled}", "name=main.cell", "count == 0")

	// Q8: from free to reuse: two cycles later, and never sooner
	lost := dead*cellSlots + single*(cellSlots-1) + most*4
	for _, by := range []string{"type", "class"} {
		name := map[string]string{"type": "main.cell", "class": cellClass}[by]
		expect("Q8", "delays --by "+by, "what=reuse,name="+name, "n == %d and freed == %d and abs(share - %d / %d) < 1e-9",
			reused, lost, reused, lost)
		expect("Q8", "delays --by "+by, "what=reuse,name="+name,
			"when('again') - when('gc1 done') < min <= p50 <= p99 <= max < when('done') - when('gc1')")
	}
	expect("Q8", "delays --by class", "what=return,name="+cellClass, "n == %d and max < when('gc1 done') - when('gc1')", dead)
	expect("Q8", "delays --by type --to {gc3 done}", "what=reuse,name=main.cell", "n == 0 and freed == %d", lost)
	expect("Q8", "cycles", "gc=1", "objects_freed >= %d and spans_freed >= %d", lost, dead)
	expect("Q8", "cycles", "gc=3", "objects_freed < 100")
	runtime.KeepAlive(cells)
	runtime.KeepAlive(fresh)
}
