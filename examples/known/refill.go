// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"runtime"
	"unsafe"
)

// block lies in slots of 768 bytes without pointers, 10 in a span of one page.
type block [768]byte

const (
	blockClass = "30 noscan"
	blockBytes = 768
	blockSlots = 10
)

// refill fills so many spans, lets every other block go, collects, and fills the gaps and more.
func refill() {
	const spans, more = 30, 10
	const n, gaps = spans * blockSlots, spans * blockSlots / 2
	blocks, fresh, last := make([]*block, n), make([]*block, gaps), make([]*block, more*blockSlots)
	runtime.GC() // nobody's mcache has a span of the class, whatever came before
	mark("start")
	for i := range blocks {
		blocks[i] = new(block)
	}
	mark("filled")
	page := make([]uintptr, spans)
	for i, b := range blocks {
		p := pageOf(unsafe.Pointer(b))
		must(i%blockSlots == 0 || p == page[i/blockSlots], "the blocks fill one span after the other")
		page[i/blockSlots] = p
	}
	for i := range blocks {
		if i%2 == 1 {
			blocks[i] = nil
		}
	}
	collect("gc")
	mark("again")
	for i := range fresh {
		fresh[i] = new(block)
	}
	mark("no gaps")
	for i := range last {
		last[i] = new(block)
	}
	mark("end")
	taken, was := 0, uintptr(0)
	for _, b := range fresh {
		p := pageOf(unsafe.Pointer(b))
		if p != was {
			taken++
		}
		was = p
	}
	must(taken == spans, "each span is taken once more")

	class := "name=" + blockClass
	window := " --from {start} --to {filled}"
	expect("Q14", "refills"+window, class, "allocs == %d and refills == %d and grown == %d", n, spans, spans)
	expect("Q14", "refills"+window, class, "abs(per_1000 - 1000 * %d / %d) < 1e-9 and elem == %d", spans, n, blockBytes)
	expect("Q14", "refills --by type"+window, "name=main.block", "count == 0 or refills == %d", spans)
	expect("Q14", "refills --from {again} --to {no gaps}", class, "allocs == %d and refills == %d and grown == 0", gaps, taken)
	expect("Q14", "refills --at {again}", class+",part=before", "allocs == %d and refills == %d and grown == %d", n, spans, spans)
	expect("Q14", "refills --at {again}", class+",part=after", "allocs == %d and refills == %d and grown == %d",
		gaps+more*blockSlots, taken+more, more)
	expect("Q14", "refills", class+",part=whole", "allocs == %d and refills == %d", n+gaps+more*blockSlots, spans+taken+more)

	// the last span of a window is still in the mcache at its end
	expect("Q15", "traffic"+window, class, "refills == %d and returns == %d and ps == 1 and close == 0", spans, spans-1)
	expect("Q15", "traffic --from {gc} --to {gc done}", class, "refills == 0 and returns == 1")
	expect("Q15", "traffic --from {again} --to {end}", class, "refills == %d and returns == %d", taken+more, taken+more-1)
	expect("Q15", "traffic"+window, class, "abs(per_s - %d * 1e9 / (when('filled') - when('start'))) < 1e-3 * per_s", 2*spans-1)

	expect("Q4", "failures", class, "grown == %d and failures == 0 and needless == 0", spans+more)
	expect("Q4", "failures --from {again}", class, "grown == %d and skipped == 0 and unswept == 0 and mcache == 0", more)
	expect("Q4", "failures --from {again} --to {no gaps}", class, "count == 0 or grown == 0")
	runtime.KeepAlive(blocks)
	runtime.KeepAlive(fresh)
	runtime.KeepAlive(last)
}
