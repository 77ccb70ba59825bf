// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"runtime"
	"unsafe"
)

// Two types of one class: slots of 640 bytes, 12 in a span of one page.
type pinA struct {
	next *pinA
	body [610]byte
}

type pinB struct {
	next *pinB
	body [611]byte
}

// halves: spans of twelve slots that keep 0, 1, 3, 4, 5 objects; at most a quarter pins. Those that stay are of two types.
func halves() {
	const slots, spans, size = 12, 10, 640 // spans of each kind
	const class = "name=28 scan"
	stay := [5]int{0, 1, 3, 4, 5}
	type both struct {
		a *pinA
		b *pinB
	}
	all := make([]both, 5*spans*slots)
	runtime.GC()
	mark("start")
	var page [5 * spans]uintptr
	for i := range all {
		var p unsafe.Pointer
		if i%2 == 0 {
			all[i].a = &pinA{}
			p = unsafe.Pointer(all[i].a)
		} else {
			all[i].b = &pinB{}
			p = unsafe.Pointer(all[i].b)
		}
		must(i%slots == 0 || pageOf(p) == page[i/slots], "they fill one span after the other")
		page[i/slots] = pageOf(p)
	}
	mark("full")
	drop := func(leave func(span int) int) {
		for i := range all {
			if i%slots >= leave(i/slots) {
				all[i] = both{}
			}
		}
	}
	drop(func(span int) int { return max(stay[span%5], 4) })
	mark("some")
	collect("gc1")
	drop(func(span int) int { return stay[span%5] })
	collect("gc2")
	mark("end")
	one, three := (slots-1)*size, (slots-3)*size // what one object pins, what three do: A, B, A
	expect("Q6", "pins --at {end}", "name=main.pinA", "objects == %d and spans == %d and pinned == %d", 3*spans, 2*spans, spans*(one+three*2/3))
	expect("Q6", "pins --at {end}", "name=main.pinB", "objects == %d and spans == %d and pinned == %d and each == %d", spans, spans, spans*three/3, three/3)
	expect("Q6", "pins --at {end}", "name=main.pinA", "when('gc2') < since < when('gc2 done') and when('start') < born < when('full')")
	expect("Q6", "pins --at {end} --by class", class, "objects == %d and slots == %d and spans == %d and pinned == %d", 4*spans, 2*spans*slots, 2*spans, spans*(one+three))
	expect("Q6", "pins --at {gc1 done}", "name=main.pinA", "count == 0")
	expect("Q6", "pins --at {gc2}", "name=main.pinB", "count == 0")
	for s := range 10 {
		report, base := "pins --at {end} --by span", "base="+hex(page[s])
		switch stay[s%5] {
		case 1:
			expect("Q6", report, base, "objects == 1 and pinned == %d and each == pinned and name == 'main.pinA'", one)
		case 3:
			expect("Q6", report, base, "objects == 3 and pinned == %d and each == pinned / 3 and name == 'main.pinA'", three)
		default:
			expect("Q6", report, base, "count == 0")
		}
	}
	stages := "where --by class --at {full},{gc1 done},{end}"
	const four, left = 4*4 + 5, 1 + 3 + 4 + 5 // of five spans
	expect("Q1", stages, "at={gc1 done},"+class, "live == %d and nonempty == %d", spans*four*size, spans*(5*slots-four)*size)
	expect("Q1", stages, "at={end},"+class, "live == %d and nonempty == %d and spans_returned == %d", spans*left*size, spans*(4*slots-left)*size, spans)
	expect("Q1", "central --at {end}", "class=28,noscan=false", "nonempty == %d and empty == 0", 4*spans)
	expect("Q3", "returns", class+",place=nonempty", "n == %d and p50 > 0", spans)
	expect("Q3", "returns --by span", class, "count == %d and all(r['from'] == 'nonempty' for r in rows)", spans)
	expect("Q8", "delays --by class", "what=return,"+class, "n == %d", spans)
	runtime.KeepAlive(all)
}
