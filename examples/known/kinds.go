// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"runtime"
	"strings"
)

// boxed is generic: each instance is a type of its own.
type boxed[T any] struct {
	value T
	next  *boxed[T]
}

// shape is put into interfaces: the conversion allocates.
type shape struct{ a, b, c, d, e int64 }

type ring struct {
	left, right *ring
	chans       chan *ring
}

type grid [37]*ring

// kinds keeps so many of each kind of thing that Go allocates, drops every other one, and collects.
func kinds() {
	const n = 200
	var (
		ints   = make([]*boxed[int64], 0, n)
		texts  = make([]*boxed[string], 0, n)
		values = make([]any, 0, n)
		funcs  = make([]func() int, 0, n)
		chans  = make([]chan *ring, 0, n)
		plain  = make([]chan int64, 0, n)
		bytes  = make([][]byte, 0, n)
		words  = make([]string, 0, n)
		grids  = make([]*grid, 0, n)
		rings  = make([]*ring, 0, n)
	)
	long := strings.Repeat("x", 1100)
	collect("gc0")
	mark("start")
	for i := range n {
		ints = append(ints, &boxed[int64]{value: int64(i)})
		texts = append(texts, &boxed[string]{})
		values = append(values, shape{a: int64(i)})
		x, y, z := i, &ints[i].value, &texts[i].value
		funcs = append(funcs, func() int { return x + int(*y) + len(*z) })
		chans = append(chans, make(chan *ring, 50))  // a header and a buffer of 400 bytes, 416 in its class
		plain = append(plain, make(chan int64, 100)) // one object, 96 + 800 bytes, 896 in its class
		bytes = append(bytes, make([]byte, 1900))    // 2048
		words = append(words, strings.Clone(long))   // 1152
		grids = append(grids, new(grid))
		rings = append(rings, &ring{})
	}
	mark("full")
	for i := 0; i < n; i += 2 {
		ints[i], texts[i], values[i], funcs[i], chans[i] = nil, nil, nil, nil, nil
		plain[i], bytes[i], words[i], grids[i], rings[i] = nil, nil, "", nil, nil
	}
	collect("gc1")
	mark("end")
	const closure = "struct { F uintptr; X0 int; X1 *int64; X2 *string }"
	exact := []struct {
		name  string
		bytes int
	}{
		{"main.boxed[int64]", 16}, {"main.boxed[string]", 24}, {"main.shape", 48}, {closure, 32},
		{"main.ring", 24}, {"main.grid", 320}, {"runtime.hchan", 112},
	}
	for _, x := range exact {
		only, since := " --where name="+x.name, "types --since {start} --at {end} --where type="+x.name
		if x.name == closure {
			only, since = " --where name~int64;", "types --since {start} --at {end} --where type~int64;" // the only one so big
		}
		expect("Q20", "grown --since {start} --at {full}"+only, "last", "d_objects == %d and d_bytes == %d", n, n*x.bytes)
		expect("Q20", "grown --since {start} --at {end}"+only, "last", "d_objects == %d and d_bytes == %d", n/2, n/2*x.bytes)
		expect("Q20", "grown --since {full} --at {end}"+only, "last", "d_objects == %d", -n/2)
		expect("Q16", since, "last", "d_live == %d", n/2)
		expect("Q8", "delays --by type --from {full}"+only, "what=reuse,by=type,last", "freed == %d", n/2)
		expect("Q1", "where --by type --at {full},{end}"+only, "at={end},last", "live == objects * %d and objects >= %d", x.bytes, n/2)
	}
	expect("Q20", "grown --since {start} --at {end}", "name=uint8", "d_bytes == %d", n/2*2048)
	expect("Q20", "grown --since {start} --at {full} --by class", "name=38 noscan", "d_objects == %d and d_bytes == %d", n, n*2048)
	expect("Q20", "leaks --at {end}", "name=main.shape", "objects == %d and bytes == %d and age == 1", n/2, n/2*48)
	runtime.KeepAlive([]any{ints, texts, values, funcs, chans, plain, bytes, words, grids, rings})
}
