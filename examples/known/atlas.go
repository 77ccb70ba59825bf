// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"runtime"
	"sync"
)

// so that all of them is in the heap
var (
	chart map[string]*place
	plan  map[place]int16
)

type place struct{ x, y int32 }

// atlas: maps of several kinds at once: grown, made with room, small, of string and struct keys, cleared and filled again, maps
// within maps, sync.Map. What grows is one map of each type, so that there is no doubt about it.
func atlas() {
	const n = 4000
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprint("word number ", i)
	}
	var shared sync.Map
	mark("start")
	grown := make(map[string]*place)
	chart = grown
	for _, w := range words {
		grown[w] = nil
	}
	mark("grown")
	roomy := make(map[place]int16, n) // never grows
	plan = roomy
	for i := range n {
		roomy[place{int32(i), 1}] = 1
	}
	mark("roomy")
	small := make([]map[uint8]uint16, 300) // none has more than eight keys
	for i := range small {
		small[i] = map[uint8]uint16{}
		for k := range 8 {
			small[i][uint8(k)] = uint16(i)
		}
	}
	mark("small")
	collect("gc1")
	mark("clear")
	clear(grown)
	collect("gc2")
	mark("refill")
	for _, w := range words {
		grown[w] = nil
	}
	mark("refilled")
	collect("gc3")
	for i := range n {
		shared.Store(i, i)
	}
	mark("shared")
	collect("gc4")
	roomy, plan = nil, nil
	collect("gc5")
	mark("end")

	expect("Q11", "growths --from {start} --to {grown}", "name=map[string]*main.place", "count > 5")
	if swiss {
		// a table of 1024 slots splits; how often, the hash decides. Up to there it doubles: 1, 2, 4 ... 128 groups
		expect("Q11", "growths --from {start} --to {grown}", "name=map[string]*main.place,what=grow", "[r['new'] for r in rows] == [2, 4, 8, 16, 32, 64, 128]")
		expect("Q12", "chains --by type --to {gc1 done}", "name=map[string]*main.place,last", "groups >= %d and tables >= 4 and splits >= 3 and tables == splits + 1", n/8)
	} else {
		expect("Q11", "growths --from {start} --to {grown}", "name=map[string]*main.place", "[r['new'] for r in rows] == [1 << i for i in range(1, 11)]") // 4000 keys, 6.5 in a bucket
		expect("Q12", "chains --by type --to {gc1 done}", "name=map[string]*main.place,last", "base == 1024 and groups is None")
	}
	expect("Q11", "growths", "name=map[main.place]int16", "count == 0")
	expect("Q11", "growths", "name=map[uint8]uint16", "count == 0")
	expect("Q11", "growths --from {refill} --to {refilled}", "name=map[string]*main.place", "count == 0") // clear keeps what there is
	expect("Q13", "maps --from {start} --to {small}", "name=map[uint8]uint16", "allocs == 300 and growths == 0")
	expect("Q13", "maps --from {roomy} --to {small}", "name=map[main.place]int16", "count == 0 or growths == 0")
	expect("Q13", "maps --from {grown} --to {roomy}", "name=map[main.place]int16", "allocs >= 1 and growths == 0 and live > %d", n*10)
	expect("Q13", "maps", "name=map[main.place]int16", "live == 0")
	expect("Q13", "maps --from {refill} --to {refilled}", "name=map[string]*main.place", "count == 0 or growths == 0")
	runtime.KeepAlive([]any{grown, small, words})
	shared.Range(func(any, any) bool { return false })
}
