// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// deep has hundreds of goroutines that live on; their stacks grow at their own time, and shrink with the collections.
func (w *worker) deep() {
	w.n++
	if w.depths == nil {
		w.depths = make([]chan int, 150)
		for i := range w.depths {
			c := make(chan int)
			w.depths[i] = c
			go func() {
				var mine []*rec
				for depth := range c {
					dive(depth, byte(depth))
					mine = append(mine, &rec{id: depth})
					if len(mine) > 20 {
						mine = nil
					}
				}
			}()
		}
	}
	i := w.rnd.Intn(len(w.depths))
	w.depths[i] <- w.rnd.Intn(30)
	if w.rnd.Intn(40) == 0 {
		w.depths[i] <- w.rnd.Intn(3000) // up to a megabyte
	}
	if w.rnd.Intn(100) == 0 {
		close(w.depths[i])
		c := make(chan int)
		w.depths[i] = c
		go func() {
			for range c {
				runtime.Gosched()
			}
		}()
	}
	w.mixed()
}

// appends grows few slices without pointers to some megabytes, and throws them away.
func (w *worker) appends() {
	i := w.rnd.Intn(4)
	s, _ := w.ring[i].([]byte)
	for range w.rnd.Intn(50) {
		s = append(s, make([]byte, w.rnd.Intn(2000))...)
	}
	if len(s) > 1<<20<<w.rnd.Intn(3) {
		s = nil
	}
	w.ring[i] = s
	ints, _ := w.ring[4+i].([]int64)
	ints = append(ints, int64(i))
	for len(ints) < cap(ints) {
		ints = append(ints, 1)
	}
	if len(ints) > 1<<17 {
		ints = append([]int64(nil), ints[:w.rnd.Intn(100)]...)
	}
	w.ring[4+i] = ints
	w.tiny()
}

type wide struct {
	link  *rec
	bytes [700]byte
}

// channels hands large elements over, leaves goroutines behind that wait for ever, and has timers fire.
func (w *worker) channels() {
	switch w.n++; w.rnd.Intn(6) {
	case 0:
		c := make(chan wide, w.rnd.Intn(8))
		go func() {
			for x := range c {
				if x.link != nil && x.link.id%2 == 0 {
					return // the sender is left waiting where the channel is full
				}
			}
		}()
		go func() {
			for i := range 5 {
				select {
				case c <- wide{link: &rec{id: i}}:
				case <-time.After(time.Duration(i) * time.Millisecond):
					return
				}
			}
			close(c)
		}()
	case 1:
		if w.n%30 == 0 { // leaked
			big := make([]*rec, 10+w.rnd.Intn(500))
			go func() { <-make(chan int); runtime.KeepAlive(big) }()
		}
	case 2:
		x := &rec{}
		w.keep(time.AfterFunc(time.Duration(w.rnd.Intn(3000))*time.Microsecond, func() { x.next = &rec{} }))
	case 3:
		t := time.NewTicker(time.Millisecond)
		w.keep(t)
		defer t.Stop()
		<-t.C
	case 4:
		var mu sync.Mutex
		cond := sync.NewCond(&mu)
		var wg sync.WaitGroup
		var n atomic.Int32
		for range w.rnd.Intn(12) {
			wg.Add(1)
			go func() {
				defer wg.Done()
				mu.Lock()
				n.Add(1)
				cond.Wait()
				mu.Unlock()
				_ = make([]*rec, 30)
			}()
		}
		time.Sleep(50 * time.Microsecond)
		go func() {
			for range 100 {
				cond.Broadcast()
				time.Sleep(20 * time.Microsecond)
			}
		}()
		waited := make(chan bool)
		go func() { wg.Wait(); close(waited) }()
		select {
		case <-waited:
		case <-time.After(5 * time.Millisecond):
		}
	default:
		w.mixed()
	}
}

// byHand switches the collector off, and collects by hand: alone, two at once, with memory given back.
func (w *worker) byHand() {
	w.n++
	switch w.rnd.Intn(900) {
	case 0:
		debug.SetGCPercent(-1)
	case 1:
		runtime.GC()
	case 2:
		var wg sync.WaitGroup
		for range 3 {
			wg.Add(1)
			go func() { defer wg.Done(); runtime.GC() }()
		}
		wg.Wait()
	case 3:
		debug.FreeOSMemory()
	case 4:
		debug.SetGCPercent(10 + w.rnd.Intn(90))
	case 5:
		debug.SetMemoryLimit(int64(6+w.rnd.Intn(10)) << 20) // below what is alive: collects again and again
		for range 200 {
			w.mixed()
		}
		debug.SetMemoryLimit(1 << 40)
	default:
		w.mixed()
	}
}

// calls waits in the kernel, so that Ps are taken away, and runs on locked threads.
func (w *worker) calls() {
	w.n++
	switch w.rnd.Intn(30) {
	case 0:
		r, out, err := os.Pipe()
		check(err)
		go func() {
			time.Sleep(time.Duration(w.n%500) * time.Microsecond)
			_, _ = out.Write(make([]byte, 100))
			out.Close()
		}()
		fd := int(r.Fd()) // a pipe that blocks its thread from here on
		_ = fd
		b, _ := io.ReadAll(r)
		r.Close()
		w.keep(b)
	case 1:
		done := make(chan bool)
		go func() {
			runtime.LockOSThread()
			for range 20 {
				w := make([]*rec, 10)
				runtime.Gosched()
				runtime.KeepAlive(w)
			}
			close(done)
		}()
		<-done
	case 2:
		func() {
			defer func() { _ = recover() }()
			var m map[string]*rec
			m["x"] = &rec{}
		}()
	case 3:
		_, _ = os.ReadDir("/proc/self/fd")
	case 4:
		b, _ := os.ReadFile("/proc/self/status")
		w.keep(b)
	default:
		w.texts()
	}
}

// waves has all that is alive die at once, again and again: most spans of a sweep go back to the heap.
func (w *worker) waves() {
	w.n++
	if w.n%700 == 0 {
		for i := range w.ring {
			if w.n%1400 == 0 || i%64 != 0 {
				w.ring[i] = nil
			}
		}
	}
	n := w.n / 100 % 60
	switch w.n % 3 {
	case 0:
		w.keep(make([]*rec, 1+n))
	case 1:
		w.keep(make([]byte, 1+n*n*3))
	default:
		w.keep(&rec{})
	}
}
