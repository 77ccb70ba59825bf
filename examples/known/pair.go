// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"
)

// tile lies in slots of 2688 bytes without pointers, 3 in a span of one page.
type tile [2680]byte

const (
	tileClass = "40 noscan"
	tileSlots = 3
)

// wait spins: the goroutine keeps its P, so the other one is on the other P.
func wait(x *atomic.Int32, n int32) {
	for x.Load() != n {
	}
}

// clocked is an allocation with the program's clock on both sides of it.
type clocked struct {
	from, to time.Duration
	tile     *tile
}

func (c *clocked) make(start time.Time) {
	c.from = time.Since(start)
	c.tile = new(tile)
	c.to = time.Since(start)
}

// pair has two goroutines, each on its own P, take spans of one class: by turns, close and far apart.
func pair() {
	const each, far = 6, 4 // spans each
	mine, others := make([]clocked, each*tileSlots), make([]clocked, each*tileSlots)
	later := make([]clocked, far*tileSlots)
	var turn, ready atomic.Int32
	var other int
	start := time.Now()
	mark("start")
	done := make(chan bool)
	go func() {
		other = goid()
		ready.Store(1)
		wait(&turn, 1)
		for i := range others { // a tile each, by turns
			wait(&turn, int32(2*i+1))
			others[i].make(start)
			turn.Store(int32(2*i + 2))
		}
		ready.Store(2)
		wait(&ready, 3)
		done <- true
	}()
	wait(&ready, 1)
	for i := range mine {
		wait(&turn, int32(2*i))
		mine[i].make(start)
		turn.Store(int32(2*i + 1))
	}
	wait(&ready, 2)
	mark("close done")
	busy(100 * time.Microsecond)
	mark("far")
	for i := range later {
		later[i].make(start)
		if i%tileSlots == 0 {
			busy(100 * time.Microsecond)
		}
	}
	mark("far done")
	ready.Store(3)
	<-done
	mark("end")

	// each goroutine filled its own spans, unless a preemption got in between
	for i := range mine {
		k := i / tileSlots * tileSlots
		must(pageOf(unsafe.Pointer(mine[i].tile)) == pageOf(unsafe.Pointer(mine[k].tile)), "one goroutine filled the span")
		must(pageOf(unsafe.Pointer(others[i].tile)) == pageOf(unsafe.Pointer(others[k].tile)), "the other filled the span")
	}
	for i := range later {
		k := i / tileSlots * tileSlots
		must(pageOf(unsafe.Pointer(later[i].tile)) == pageOf(unsafe.Pointer(later[k].tile)), "the goroutine stayed on its P")
	}
	class := "name=" + tileClass
	window := " --from {start} --to {close done}"
	expect("Q15", "traffic"+window, class, "refills == %d and returns == %d and ps == 2 and ps_close <= 2", 2*each, 2*each-2)
	surely, maybe := near(mine, others)
	expect("Q15", "traffic"+window, class, "%d <= close <= %d", surely, maybe)
	expect("Q15", "traffic --from {far} --to {far done}", class, "refills == %d and ps == 1 and close == 0 and ps_close == 1", far)

	// the first to grow a span found none; the second one found it in the other P's mcache; from then on it goes on so
	expect("Q4", "failures"+window, class, "grown == %d and skipped == 0 and unswept == 0", 2*each)
	expect("Q4", "failures"+window, class, "mcache == %d and failures == mcache", withheld(mine, others))
	expect("Q4", "failures --from {far} --to {far done}", class, "grown == %d and mcache == 0", far)
	expect("Q16", "allocators --from {start} --to {close done}", "g="+itoa(other), "objects >= %d and objects < %d", each*tileSlots, each*tileSlots+40)
	expect("Q16", "allocators --from {start} --to {close done}", "g="+itoa(other), "bytes >= %d and name == 'main.pair.func1'", each*tileSlots*2688)
	expect("Q16", "allocators --by entry --from {start} --to {close done}", "name=main.pair.func1", "objects >= %d and gs == 1", each*tileSlots)
	runtime.KeepAlive(mine)
	runtime.KeepAlive(others)
	runtime.KeepAlive(later)
}

// withheld counts the spans grown while the other goroutine's span had free slots: tiles were made by turns, mine first.
func withheld(mine, others []clocked) (n int) {
	for i := range mine {
		if i%tileSlots != 0 {
			continue
		}
		// when I grow, the other has made i tiles; when the other grows, I have made i + 1
		if i%tileSlots != 0 {
			n++
		}
		if (i+1)%tileSlots != 0 {
			n++
		}
	}
	return n
}

// near counts moves of spans that were surely, and perhaps, within 10 us of the other goroutine's last ones. Each span
// comes once and, but for the first, the one before it goes at the same time.
func near(mine, others []clocked) (surely, maybe int) {
	const close, slack = 10 * time.Microsecond, 2 * time.Microsecond
	moves := func(i int) int {
		if i == 0 {
			return 1
		}
		return 2
	}
	for i := 0; i < len(mine); i += tileSlots {
		if i > 0 {
			before := &others[i-tileSlots]
			if mine[i].to-before.from < close-slack {
				surely += moves(i)
			}
			if mine[i].from-before.to < close+slack {
				maybe += moves(i)
			}
		}
		if others[i].to-mine[i].from < close-slack {
			surely += moves(i)
		}
		if others[i].from-mine[i].to < close+slack {
			maybe += moves(i)
		}
	}
	return surely, maybe
}
