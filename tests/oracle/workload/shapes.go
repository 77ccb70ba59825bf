// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
)

// keys is a worker's set of maps with keys and values of many sorts.
type keys struct {
	strings map[string]string
	structs map[pair][]byte
	arrays  map[[5]int32]*rec
	wide    map[[40]int64]int   // keys over 128 bytes are objects of their own
	broad   map[uint16][30]*rec // and so are values
	any     map[any]any
	floats  map[float64]struct{}
	nested  map[int]map[byte]string
}

type pair struct {
	name string
	n    int
}

// manyKeys fills maps of all sorts, and empties each in a way of its own.
func (w *worker) manyKeys() {
	if w.k == nil {
		w.k = &keys{strings: map[string]string{}, structs: map[pair][]byte{}, arrays: map[[5]int32]*rec{},
			wide: map[[40]int64]int{}, broad: map[uint16][30]*rec{}, any: map[any]any{}, floats: map[float64]struct{}{},
			nested: map[int]map[byte]string{}}
	}
	k, n := w.k, w.rnd.Intn(1<<20)
	w.n++
	switch w.rnd.Intn(8) {
	case 0:
		k.strings[strconv.Itoa(n)] = fmt.Sprint("value ", n)
	case 1:
		k.structs[pair{strconv.Itoa(n % 1000), n}] = make([]byte, n%300)
	case 2:
		k.arrays[[5]int32{int32(n)}] = &rec{id: n}
	case 3:
		k.wide[[40]int64{int64(n)}] = n
	case 4:
		k.broad[uint16(n)] = [30]*rec{{id: n}}
	case 5:
		k.any[n] = float64(n)
		k.any[strconv.Itoa(n)] = &rec{}
	case 6:
		k.floats[float64(n)] = struct{}{}
	default:
		if k.nested[n%100] == nil {
			k.nested[n%100] = map[byte]string{}
		}
		k.nested[n%100][byte(n>>8)] = strconv.Itoa(n)
	}
	switch w.rnd.Intn(2000) {
	case 0:
		clear(k.strings)
		clear(k.floats)
	case 1:
		for x := range k.structs {
			delete(k.structs, x)
		}
	case 2:
		k.arrays, k.wide = map[[5]int32]*rec{}, map[[40]int64]int{}
	case 3:
		for x := range k.any {
			if w.rnd.Intn(3) > 0 {
				delete(k.any, x)
			}
		}
	case 4:
		clear(k.nested)
		clear(k.broad)
	}
}

// limited works under a memory limit, with stacks that grow deep and are left, objects with finalizers, and memory given back.
func (w *worker) limited() {
	w.n++
	switch r := w.rnd.Intn(1000); {
	case r == 0:
		debug.SetMemoryLimit(int64(12+w.rnd.Intn(40)) << 20)
	case r == 1:
		debug.FreeOSMemory()
	case r == 2:
		runtime.GC()
	case r < 20:
		var wg sync.WaitGroup
		for range 1 + w.rnd.Intn(3) {
			wg.Add(1)
			go func(depth int) {
				defer wg.Done()
				dive(depth, 1)
				garbage := make([]*rec, depth)
				dive(depth/2, 2)
				runtime.KeepAlive(garbage)
			}(w.rnd.Intn(400))
		}
		wg.Wait()
	case r < 30:
		w.finalizers()
	case r < 40:
		w.keep(make([]byte, 32<<10<<w.rnd.Intn(6)))
	case r < 60:
		w.keep(append(make([]*rec, w.rnd.Intn(9000)), &rec{id: r}))
	default:
		w.mixed()
	}
}
