// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"runtime"
	"runtime/trace"
	"sync"
	"unsafe"
)

// parcel lies in slots of 1408 bytes.
type parcel struct {
	next *parcel
	body [1390]byte
}

// packer allocates n parcels in a region inside a region of a task.
func packer(ctx context.Context, n int, keep **parcel) {
	defer trace.StartRegion(ctx, "outer").End()
	for range n {
		*keep = &parcel{next: *keep}
	}
	trace.WithRegion(ctx, "inner", func() {
		for range 2 * n {
			*keep = &parcel{next: *keep}
		}
	})
}

func loader(ctx context.Context, n int, keep **parcel) {
	for range n {
		*keep = &parcel{next: *keep}
	}
}

// people: who allocates how many, in which region, for which task; two goroutines with one entry function, one with
// another, one after the other on one P.
func people() {
	const first, second, third = 30, 50, 70
	var a, b, c *parcel
	big, bigTask := trace.NewTask(background, "big")
	small, smallTask := trace.NewTask(background, "small")
	ids := make([]int, 3)
	var wait sync.WaitGroup
	runtime.GC()
	mark("start")
	wait.Add(1)
	go func() { ids[0] = goid(); packer(big, first, &a); wait.Done() }()
	wait.Wait()
	mark("first")
	wait.Add(1)
	go func() { ids[1] = goid(); packer(small, second, &b); wait.Done() }()
	wait.Wait()
	mark("second")
	wait.Add(1)
	go func() { ids[2] = goid(); loader(big, third, &c); wait.Done() }()
	wait.Wait()
	mark("third")
	bigTask.End()
	smallTask.End()
	b = nil
	collect("gc1")
	mark("end")
	pages := map[uintptr]bool{}
	for x := a; x != nil; x = x.next {
		pages[pageOf(unsafe.Pointer(x))] = true
	}
	const bytes = 1408
	near := "%d <= objects <= %d + 60"
	for i, n := range []int{3 * first, 3 * second, third} {
		expect("Q16", "allocators --from {start} --to {third}", "g="+itoa(ids[i]), near+" and bytes >= %d and name == 'main.people.func%d'", n, n, n*bytes, i+1)
		expect("Q16", "allocators --by entry --from {start} --to {third}", "name=main.people.func"+itoa(i+1), near+" and gs == 1", n, n)
		alive := n
		if i == 1 {
			alive = 0
		}
		expect("Q20", "grown --since {start} --at {end} --by goroutine", "g="+itoa(ids[i]), "count == 0 and %d == 0 or abs(d_objects - %d) <= 60 and abs(d_bytes - %d) < 8192", alive, alive, alive*bytes)
	}
	expect("Q16", "allocators --by region --from {start} --to {third}", "name=inner", near, 2*(first+second), 2*(first+second))
	expect("Q16", "allocators --by region --from {start} --to {third}", "name=outer", near, first+second, first+second)
	expect("Q16", "allocators --by region --from {start} --to {first}", "name=inner", near, 2*first, 2*first)
	expect("Q16", "allocators --by region --from {second} --to {third}", "", "all(r['name'] not in ('inner', 'outer') for r in rows)")
	expect("Q16", "allocators --by task --from {start} --to {third}", "name=big", near, 3*first, 3*first)
	expect("Q16", "allocators --by task --from {start} --to {third}", "name=small", near, 3*second, 3*second)
	expect("Q16", "allocators --from {start} --to {third}", "", "abs(sum(r['share'] for r in rows) - 1) < 1e-6")
	expect("Q16", "allocators --from {start} --to {third}", "g="+itoa(ids[1]), "abs(objects_s - objects * 1e9 / (when('third') - when('start'))) < 0.01 * objects_s")
	expect("Q7", "aftermath", "what=task,name=big", "gc == 2")
	expect("Q7", "aftermath inner", "what=region", "count == 2 and all(r['gc'] == 2 for r in rows)")
	expect("Q20", "grown --since {start} --at {end}", "name=main.parcel", "d_objects == %d", 3*first+third)
	runtime.KeepAlive([]*parcel{a, b, c})
}
