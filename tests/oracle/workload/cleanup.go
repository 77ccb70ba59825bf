// SPDX-License-Identifier: GPL-3.0-or-later

//go:build go1.24

package main

import (
	"runtime"
	"weak"
)

// cleanups has cleanups on objects of all sizes, tiny ones among them, and maps of weak pointers.
func (w *worker) cleanups() {
	w.n++
	if w.weak == nil {
		w.weak = map[int]any{}
	}
	switch w.rnd.Intn(5) {
	case 0:
		x := new(int32)
		c := runtime.AddCleanup(x, func(n int) { garbageOf(n) }, w.n)
		if w.rnd.Intn(2) == 0 {
			c.Stop()
		}
		w.keep(x)
	case 1:
		x := &big{}
		w.weak[w.n%500] = weak.Make(x)
		for range 3 {
			runtime.AddCleanup(x, func(n int) { garbageOf(n) }, 5)
		}
		w.keep(x)
	case 2:
		if p, ok := w.weak[w.rnd.Intn(500)].(weak.Pointer[big]); ok {
			if x := p.Value(); x != nil {
				w.keep(x)
			}
		}
	case 3:
		x := make([]byte, 40000)
		runtime.AddCleanup(&x[0], func(n int) { garbageOf(n) }, 700)
		w.keep(x)
	default:
		w.finalizers()
		w.mixed()
	}
}

func garbageOf(n int) {
	for range n % 20 {
		garbage = make([]byte, n%3000)
	}
}
