// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"io"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"strings"
	"sync"
	"time"
	"unique"
)

type link struct {
	prev, next *link
	value      []byte
}

// lists keeps doubly linked lists, cuts them, and sets finalizers on links, which keeps what hangs on them for a cycle more.
func (w *worker) lists() {
	w.n++
	head, _ := w.ring[w.n%31].(*link)
	x := &link{next: head}
	if head != nil {
		head.prev = x
	}
	if w.rnd.Intn(6) == 0 {
		x.value = make([]byte, w.rnd.Intn(90))
	}
	if w.rnd.Intn(25) == 0 {
		runtime.SetFinalizer(x, func(x *link) { x.value = nil })
	}
	w.ring[w.n%31] = x
	switch w.rnd.Intn(60) {
	case 0:
		w.ring[w.n%31] = nil
	case 1:
		for y, i := x, 0; y != nil; y, i = y.next, i+1 {
			if i > 20 {
				y.next = nil
			}
		}
	case 2:
		for y := x; y != nil && y.next != nil; y = y.next {
			y.next = y.next.next // each second one goes
		}
	}
}

// builders grows texts and buffers, piece by piece.
func (w *worker) builders() {
	var b strings.Builder
	for range w.rnd.Intn(300) {
		b.WriteString("some text ")
	}
	w.keep(b.String())
	buf := bytes.NewBuffer(make([]byte, 0, 1+w.rnd.Intn(64)))
	for range w.rnd.Intn(40) {
		buf.Write(make([]byte, w.rnd.Intn(200)))
	}
	if w.rnd.Intn(3) == 0 {
		w.keep(buf)
	}
	w.keep(strings.Split(b.String(), " ")[:b.Len()/100])
	w.keep(strings.ToUpper(b.String()[:b.Len()/7]))
}

// slices appends to slices of pointers and of numbers, which move as they grow.
func (w *worker) slices() {
	switch w.n++; w.rnd.Intn(4) {
	case 0:
		s, _ := w.ring[0].([]*rec)
		for range 1 + w.rnd.Intn(400) {
			s = append(s, nil)
		}
		s[len(s)-1] = &rec{id: w.n}
		if len(s) > 30000 {
			s = nil
		}
		w.ring[0] = s
	case 1:
		s, _ := w.ring[1].([]int32)
		s = append(s, make([]int32, w.rnd.Intn(3000))...)
		if len(s) > 200000 {
			s = nil
		}
		w.ring[1] = s
	case 2:
		w.keep(make([]string, 1+w.rnd.Intn(60)))
	default:
		w.keep(make([][2]float64, 1+w.rnd.Intn(20)))
	}
}

// sizes has types made at run time, of every size class, with pointers and without.
func (w *worker) sizes() {
	n := 1 + w.rnd.Intn(1<<w.rnd.Intn(12))
	if w.rnd.Intn(2) == 0 {
		w.keep(reflect.New(reflect.ArrayOf(n, reflect.TypeFor[*rec]())).Interface())
	} else {
		w.keep(reflect.New(reflect.ArrayOf(8*n, reflect.TypeFor[byte]())).Interface())
	}
}

// bursts starts many goroutines that live for a moment; some hold their thread, some wait in the kernel, so that others
// take their Ps.
func (w *worker) bursts() {
	var wg sync.WaitGroup
	for i := range 5 + w.rnd.Intn(40) {
		wg.Add(1)
		go func(depth int) {
			defer wg.Done()
			switch i % 16 {
			case 0:
				runtime.LockOSThread()
				if depth%2 == 0 {
					defer runtime.UnlockOSThread() // else the thread ends with it
				}
			case 1:
				if r, out, err := os.Pipe(); err == nil {
					_, _ = out.Write([]byte{1})
					out.Close()
					_, _ = io.ReadAll(r)
					r.Close()
				}
			case 2:
				time.Sleep(10 * time.Microsecond)
			}
			dive(depth, 3)
			s := make([]*rec, depth)
			runtime.KeepAlive(s)
		}(w.rnd.Intn(60))
	}
	wg.Wait()
	w.mixed()
}

// knobs turns everything that can be turned while a program runs.
func (w *worker) knobs() {
	w.n++
	switch w.rnd.Intn(1500) {
	case 0:
		debug.SetGCPercent(w.rnd.Intn(300))
	case 1:
		debug.SetGCPercent(-1)
	case 2:
		debug.SetMemoryLimit(int64(8+w.rnd.Intn(40)) << 20)
	case 3, 4:
		runtime.GOMAXPROCS(1 + w.rnd.Intn(5))
	case 5:
		debug.FreeOSMemory()
	case 6:
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
	case 7:
		all := metrics.All()
		s := make([]metrics.Sample, len(all))
		for i := range all {
			s[i].Name = all[i].Name
		}
		metrics.Read(s)
	case 8:
		_ = pprof.Lookup("heap").WriteTo(io.Discard, 1)
	case 9:
		_ = pprof.Lookup("goroutine").WriteTo(io.Discard, 2)
	case 10:
		buf := make([]byte, 1<<16)
		runtime.Stack(buf, true)
	case 11:
		var s debug.GCStats
		debug.ReadGCStats(&s)
	case 12:
		go runtime.GC()
	default:
		[]func(*worker){(*worker).mixed, (*worker).tiny, (*worker).pooled, (*worker).sizes}[w.n%4](w)
	}
}

// handles keeps weak pointers and unique texts beside what they point to.
func (w *worker) handles() {
	r := &rec{id: w.n}
	w.n++
	w.keep(weakPointer(r))
	if w.rnd.Intn(3) > 0 {
		w.keep(r)
	}
	w.keep(unique.Make(strings.Repeat("x", w.rnd.Intn(40)) + string(rune('a'+w.rnd.Intn(26)))))
	w.keep(unique.Make([2]int{w.rnd.Intn(500), w.n % 7}))
}

// chatter lets goroutines talk: channels, timers, select and maps that come and go with them.
func (w *worker) chatter() {
	c, quit := make(chan *rec, w.rnd.Intn(20)), make(chan struct{})
	go func() {
		t := time.NewTimer(time.Hour)
		defer t.Stop()
		seen := map[int]*rec{}
		for {
			select {
			case r := <-c:
				seen[r.id] = r
			case <-t.C:
			case <-quit:
				return
			}
		}
	}()
	for i := range w.rnd.Intn(50) {
		c <- &rec{id: i}
	}
	close(quit)
	w.keep(c)
}
