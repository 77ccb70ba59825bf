// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"runtime"
	"unsafe"
)

// tiny objects without pointers share blocks of 16 bytes; a block goes when the last in it is gone.
func tiny() {
	const n = 6400
	bytes := make([]*[4]byte, n)
	runtime.GC()
	mark("start")
	for i := range bytes {
		bytes[i] = new([4]byte)
	}
	mark("full")
	blocks := map[uintptr]bool{}
	for _, b := range bytes {
		blocks[uintptr(unsafe.Pointer(b))&^15] = true
	}
	all := len(blocks)
	// one of each block stays, for the first half; of the others nothing
	keep := map[uintptr]bool{}
	var one, gone string
	for i, b := range bytes {
		block := uintptr(unsafe.Pointer(b)) &^ 15
		if i >= n/2 || keep[block] {
			bytes[i] = nil
			if i >= n/2+64 && gone == "" && block%pageBytes == 128 {
				gone = hex(block)
			}
		} else {
			keep[block] = true
			one = hex(block)
		}
	}
	left := len(keep)
	blocks = nil
	collect("gc1")
	collect("gc2")
	mark("end")
	must(gone != "", "a block of the second half")
	expect("Q20", "grown --since {start} --at {full} --by class", "name=2 noscan", "%d <= d_objects <= %d + 10", all, all)
	expect("Q20", "grown --since {start} --at {end} --by class", "name=2 noscan", "%d <= d_objects <= %d + 10", left, left)
	expect("Q14", "refills --from {start} --to {full}", "name=2 noscan", "%d <= allocs <= %d + 10", all, all)
	expect("Q8", "cycles", "gc=2", "objects_freed >= %d - 10", all-left)
	expect("Q2", "bucket "+gone, "ev=free", "count == 1 and gc == 2")
	expect("Q2", "bucket "+one, "ev=free", "count == 0")
	expect("Q2", "bucket "+one, "ev=alloc", "count == 1 and when('start') < t < when('full')")
	expect("Q20", "leaks --by class", "name=2 noscan", "objects >= %d", left)
	runtime.KeepAlive(bytes)
}
