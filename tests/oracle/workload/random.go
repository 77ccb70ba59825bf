// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"math/rand"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
	"unique"
)

// random is a workload made up by its seed: each goroutine draws how often it takes each kind of step, and now and then
// does something rare, that moves spans in a way of its own.
func (w *worker) random() {
	if w.odds == nil {
		w.drawOdds()
	}
	pick := w.rnd.Intn(w.odds[len(w.odds)-1])
	for i, end := range w.odds {
		if pick < end {
			common[i](w)
			break
		}
	}
	if w.rnd.Intn(w.rarely) == 0 {
		rare[w.rnd.Intn(len(rare))](w)
	}
}

var common = []func(*worker){
	(*worker).maps, (*worker).mixed, (*worker).tiny, (*worker).trees, (*worker).stacks, (*worker).pooled,
	(*worker).oneSize, (*worker).batch,
}

var rare = []func(*worker){
	func(*worker) { runtime.GC() },
	func(*worker) { debug.FreeOSMemory() },
	func(w *worker) { debug.SetGCPercent(20 + w.rnd.Intn(300)) },
	func(w *worker) { runtime.GOMAXPROCS(1 + w.rnd.Intn(4)) },
	func(*worker) { var m runtime.MemStats; runtime.ReadMemStats(&m) },
	(*worker).finalizers,
	func(w *worker) { w.keep(make([]byte, 40000+w.rnd.Intn(400000))) },
	func(w *worker) { w.keep(make([]*rec, 5000+w.rnd.Intn(20000))) },
	func(w *worker) { // much dies at once
		for i := range w.ring {
			if w.rnd.Intn(4) > 0 {
				w.ring[i] = nil
			}
		}
	},
	func(w *worker) { time.Sleep(time.Duration(w.rnd.Intn(300)) * time.Microsecond) },
	(*worker).weakly,
}

func (w *worker) drawOdds() {
	sum := 0
	for range common {
		if w.rnd.Intn(3) > 0 {
			sum += w.rnd.Intn(20)
		}
		w.odds = append(w.odds, sum)
	}
	if sum == 0 {
		w.odds[len(w.odds)-1] = 1
	}
	w.rarely = 100 + w.rnd.Intn(1000)
	w.size = 1 + w.rnd.Intn(2000)
}

var pool = sync.Pool{New: func() any { return new([300]byte) }}

func (w *worker) pooled() {
	b := pool.Get().(*[300]byte)
	b[w.rnd.Intn(len(b))]++
	if w.rnd.Intn(5) > 0 {
		pool.Put(b)
	} else {
		w.keep(b)
	}
}

// oneSize fills spans of one class, with pointers or without.
func (w *worker) oneSize() {
	if w.size%2 == 0 {
		w.keep(make([]byte, w.size))
	} else {
		w.keep(make([]*rec, 1+w.size/8))
	}
}

// batch lives and dies together.
func (w *worker) batch() {
	list := make([]*rec, 50+w.rnd.Intn(200))
	for i := range list {
		list[i] = &rec{id: i}
	}
	w.keep(list)
}

// finalizers keep what is dead for a cycle more, and sweep the span they are set in out of turn.
func (w *worker) finalizers() {
	for range 1 + w.rnd.Intn(20) {
		r := &rec{id: w.n}
		runtime.SetFinalizer(r, func(r *rec) { r.next = nil })
		w.keep(r)
		// in an old span too
		if old, ok := w.ring[w.rnd.Intn(len(w.ring))].(*rec); ok && old.pad[0] == 0 {
			old.pad[0] = 1
			func() {
				defer func() { _ = recover() }()
				runtime.SetFinalizer(old, nil)
			}()
		}
	}
}

func (w *worker) weakly() {
	for range 1 + w.rnd.Intn(50) {
		w.keep(unique.Make(w.rnd.Intn(1 << 30)))
		w.keep(weakPointer(&rec{id: w.n}))
	}
}

// shape draws what the program as a whole is like.
func shape(seed int64) (workers, ballast, live int) {
	r := rand.New(rand.NewSource(seed))
	return 1 + r.Intn(6), r.Intn(40000), 50 + r.Intn(4000)
}
