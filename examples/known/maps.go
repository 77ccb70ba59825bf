// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"runtime"
	"strings"
	"unsafe"
)

var table map[int64]int64

const mapName = "map[int64]int64"

// array is one of a map's arrays: of buckets (Go up to 1.23), or of groups.
type array struct {
	addr uintptr
	n    int
}

// growth is an array and the one that it replaced; of two halves, the same one.
type growth struct {
	old, new array
	split    bool
}

// watcher looks at the map's own memory after each insert, and so sees its arrays come.
type watcher struct {
	arrays   []array // now
	grown    []growth
	singles  map[uintptr]bool // overflow buckets that were allocated one by one, since the last collection
	ever     int              // how many of them there were in all
	overflow int              // of them, those in the array's chains now
	splits   int
	old      bool // an array is still being moved
	sizes    [16]uintptr
}

func word(p unsafe.Pointer, offset uintptr) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Add(p, offset))
}

// buckets reads runtime.hmap (Go 1.23, runtime/map.go): B, buckets, oldbuckets.
func (w *watcher) buckets(h unsafe.Pointer) []array {
	const bucketBytes, perArray = 144, 16
	b := *(*uint8)(unsafe.Add(h, 9))
	first := word(h, 16)
	w.old = word(h, 24) != nil
	if first == nil {
		return nil
	}
	n := 1 << b
	end := uintptr(first) // of the array with the spare buckets behind it
	if b >= 4 {
		bytes := (n + n/perArray) * bucketBytes
		if w.sizes[b] == 0 { // what the allocator makes of it
			w.sizes[b] = uintptr(cap(append([]byte(nil), make([]byte, bytes)...)))
		}
		end += w.sizes[b]
	}
	w.overflow = 0
	for i := range n {
		for next := word(unsafe.Add(first, i*bucketBytes), bucketBytes-8); next != nil; next = word(next, bucketBytes-8) {
			if uintptr(next) < uintptr(first) || uintptr(next) >= end {
				if !w.singles[uintptr(next)] {
					w.singles[uintptr(next)] = true
					w.ever++
				}
				w.overflow++
			}
		}
	}
	return []array{{uintptr(first), n}}
}

// groups reads maps.Map and maps.table (from Go 1.24, internal/runtime/maps): directory, capacity, groups.
func (w *watcher) groups(m unsafe.Pointer) (found []array) {
	dir, n := word(m, 16), int(uintptr(word(m, 24)))
	if n == 0 {
		if dir == nil {
			return nil
		}
		return []array{{uintptr(dir), 1}}
	}
	for i := range n {
		t := word(dir, uintptr(i)*8)
		one := array{uintptr(word(t, 16)), int(*(*uint16)(unsafe.Add(t, 2))) / 8}
		if len(found) == 0 || found[len(found)-1] != one { // a table may stand in several places in a row
			found = append(found, one)
		}
	}
	return found
}

func has(list []array, x array) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

// look notes what changed since the last look.
func (w *watcher) look() {
	head := *(*unsafe.Pointer)(unsafe.Pointer(&table))
	var now []array
	if swiss {
		now = w.groups(head)
	} else {
		now = w.buckets(head)
	}
	var gone, come []array
	for _, x := range w.arrays {
		if !has(now, x) {
			gone = append(gone, x)
		}
	}
	for _, x := range now {
		if !has(w.arrays, x) {
			come = append(come, x)
		}
	}
	w.arrays = now
	if len(gone) == 0 {
		return
	}
	must(len(gone) == 1 && len(come) <= 2, "one array is replaced at a time")
	for _, x := range come {
		w.grown = append(w.grown, growth{gone[0], x, len(come) == 2})
	}
	if len(come) == 2 {
		w.splits++
	}
}

func (w *watcher) fill(from, to int64) {
	for k := from; k < to; k++ {
		table[k] = k
		w.look()
	}
	must(!w.old, "the old array is moved")
}

func list(g []growth, get func(growth) int) string {
	words := make([]string, len(g))
	for i, x := range g {
		words[i] = itoa(get(x))
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// maps fills a map in two stages with a collection behind each, drops it, and collects.
func maps() {
	w := watcher{singles: make(map[uintptr]bool, 4000), grown: make([]growth, 0, 100)}
	const first, second = 3000, 6000
	mark("start")
	table = make(map[int64]int64)
	w.fill(0, first)
	mark("filled")
	collect("gc1")
	one, overflow1, arrays1 := len(w.grown), w.overflow, append([]array(nil), w.arrays...)
	singles1 := w.ever
	clear(w.singles) // addresses may come again
	w.look()
	w.ever = singles1
	mark("more")
	w.fill(first, second)
	mark("filled more")
	collect("gc2")
	for k := range int64(second) { // frees nothing; a range over the table itself would be compiled as clear
		delete(table, k)
	}
	collect("gc3")
	arrays2, overflow2 := append([]array(nil), w.arrays...), w.overflow
	table = nil
	collect("gc4")
	mark("end")

	groups := func(list []array) (n int) {
		for _, x := range list {
			n += x.n
		}
		return n
	}
	name := "name=" + mapName
	g := w.grown
	expect("Q11", "growths", name, "count == %d", len(g))
	expect("Q11", "growths", name, "[r['new'] for r in rows] == %s", list(g, func(x growth) int { return x.new.n }))
	plain := 0 // growths without a doubt which array was replaced
	for plain < len(g) && !g[plain].split {
		plain++
	}
	expect("Q11", "growths --to {filled}", name, "[r['old'] for r in rows][:%d] == %s", min(plain, one),
		list(g[:min(plain, one)], func(x growth) int { return x.old.n }))
	for i, x := range g[:plain] {
		cycle := 1
		if i >= one {
			cycle = 2
		}
		mine := "new_addr=" + hex(x.new.addr) + ",old_addr=" + hex(x.old.addr) // addresses may come again
		expect("Q11", "growths", mine, "count == 1 and what == 'grow' and sure == True")
		expect("Q11", "growths", mine, "gc == %d and phase == 'sweep' and when('gc%d') < freed < when('gc%d done')", cycle, cycle, cycle)
		expect("Q11", "growths", mine, "beside == freed - t and dead_from <= dead_to <= freed and dead_to > when('gc%d')", cycle)
	}
	expect("Q11", "growths", name+",what=split", "count == %d", 2*w.splits)
	expect("Q11", "growths --from {more} --to {filled more}", name, "count == %d", len(g)-one)

	if swiss {
		last := name + ",last"
		expect("Q12", "chains --by type --to {gc1 done}", last, "groups == %d and tables == %d and chain is None", groups(arrays1), len(arrays1))
		expect("Q12", "chains --by type --to {gc3 done}", last, "groups == %d and tables == %d and splits == %d",
			groups(arrays2), len(arrays2), w.splits)
		expect("Q12", "chains --by type", last, "tables is None and groups is None")
		expect("Q13", "maps", name, "allocs == %d and growths == %d and live == 0", len(g)+1, len(g))
		expect("Q13", "maps", name, "abs(per_10k - 10000 * %d / %d) < 1e-9 and overflow is None", len(g), len(g)+1)
		expect("Q13", "maps --from {more} --to {filled more}", name, "allocs == %d and growths == %d", len(g)-one, len(g)-one)
		expect("Q5", "sfr", "", "sum(r['overflow'] for r in rows) == 0 and all(r['sfr'] is None for r in rows)")
	} else {
		last := name + ",last"
		base := func(a []array) int { return a[0].n }
		all := w.ever
		buckets := groups(arrays1)*0 + 1 // the first one, and all that came
		for _, x := range g {
			buckets += x.new.n
		}
		expect("Q12", "chains --by type --to {gc1 done}", last, "overflow == %d and base == %d", overflow1, base(arrays1))
		expect("Q12", "chains --by type --to {gc3 done}", last, "overflow == %d and base == %d and abs(chain - %d / %d) < 1e-9",
			overflow2, base(arrays2), overflow2, base(arrays2))
		expect("Q12", "chains --by type", last, "base is None and groups is None")
		expect("Q13", "maps", name, "allocs == %d and growths == %d and live == 0", len(g)+1+all, len(g))
		expect("Q13", "maps", name, "overflows == %d and abs(overflow - %d / %d) < 1e-9", all, all, all+buckets)
		expect("Q13", "maps --from {more} --to {filled more}", name, "allocs == %d and growths == %d", len(g)-one+all-singles1, len(g)-one)
		expect("Q5", "sfr", "", "sum(r['overflow'] for r in rows) == %d", all)
		expect("Q5", "sfr --from {more} --to {filled more}", "", "sum(r['overflow'] for r in rows) == %d", all-singles1)
	}
	bands := "all(r['band'] == ('normal' if r['sfr'] < 0.05 else 'watch' if r['sfr'] < 0.15 else 'severe') for r in rows if r['spans'] and r['sfr'] is not None)"
	expect("Q5", "sfr", "", "count == 20 and %s", bands)
	expect("Q13", "maps --to {filled more}", name, "live > 0")
	must(len(fmt.Sprint(w.arrays)) > 0, "the arrays are known")
	runtime.KeepAlive(w)
}
