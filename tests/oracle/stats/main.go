// SPDX-License-Identifier: GPL-3.0-or-later

// Stats records a trace of one of several shapes of programs (-shape), in which it logs, again and again, what the
// runtime itself says of its heap: runtime.MemStats, and the addresses of some objects that are alive. cmpstats compares.
//
// Reading MemStats stops the world and flushes all mcaches, so its figures are exact; they belong to the instant at which
// the world is started again, not to that of the log.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/trace"
	"strings"
	"sync"
	"unsafe"
)

type node struct {
	next *node
	pad  [5]int
}

func main() {
	out := flag.String("o", "trace", "write the trace to `FILE`")
	seed := flag.Int64("seed", 1, "random seed")
	rounds := flag.Int("rounds", 12, "reports of each sort")
	start := flag.String("start", "rest", "when tracing starts: rest, mark, sweep")
	shape := flag.String("shape", "objects", "what the program does: objects, maps, stacks, encoded, turns, profiled")
	flag.Parse()
	w := &work{rnd: rand.New(rand.NewSource(*seed)), keep: make([]any, 4000), step: shapes[*shape]}
	if w.step == nil {
		fmt.Fprintln(os.Stderr, "stats: no such shape:", *shape)
		os.Exit(2)
	}
	w.churn(6000)
	file, err := os.Create(*out)
	check(err)
	buf := bufio.NewWriterSize(file, 1<<16)
	check(os.Setenv("GODEBUG", "traceallocfree=1"))
	w.until(*start)
	check(trace.Start(buf))
	rests := *shape != "stacks" // there a memory limit has it collect at any time
	for i := 0; i < *rounds; i++ {
		w.churn(500 + w.rnd.Intn(3000))
		runtime.GC() // sweeps all
		w.report(rests)
		w.together(1 + w.rnd.Intn(4))
		w.report(rests)
		w.churn(2000)
		w.collect()
		w.report(false) // in mid-sweep
	}
	trace.Stop()
	check(buf.Flush())
	check(file.Close())
}

type work struct {
	rnd  *rand.Rand
	keep []any
	step func(*work) any // makes something that is kept for a while
	m    map[string]*node
	wide map[[20]int]int // keys over 128 bytes are objects of their own
}

var shapes = map[string]func(*work) any{"objects": (*work).object, "maps": (*work).maps, "stacks": (*work).stacks,
	"encoded": (*work).encoded, "turns": (*work).turns, "profiled": (*work).profiled}

func (w *work) churn(n int) {
	for i := 0; i < n; i++ {
		w.keep[w.rnd.Intn(len(w.keep))] = w.step(w)
	}
}

func (w *work) object() any {
	switch r := w.rnd.Intn(100); {
	case r < 40:
		return &node{}
	case r < 60:
		return make([]byte, 1+w.rnd.Intn(3000))
	case r < 75:
		return make([]*node, 1+w.rnd.Intn(500))
	case r < 95:
		return fmt.Sprint(w.rnd.Int63()) // tiny ones
	default:
		return make([]byte, 30000+w.rnd.Intn(100000))
	}
}

// maps fills maps and empties them, by and by or at once.
func (w *work) maps() any {
	if w.m == nil {
		w.m, w.wide = map[string]*node{}, map[[20]int]int{}
	}
	n := w.rnd.Intn(1 << 16)
	w.m[fmt.Sprint(n)] = &node{}
	w.wide[[20]int{n}] = n
	switch w.rnd.Intn(3000) {
	case 0:
		clear(w.m)
	case 1:
		for k := range w.wide {
			delete(w.wide, k)
		}
	case 2:
		w.m, w.wide = nil, nil
	case 3:
		debug.SetGCPercent(50 << w.rnd.Intn(3))
	}
	return w.object()
}

func dive(n int) int {
	var frame [200]byte
	frame[n%200] = 1
	if n > 0 {
		return dive(n-1) + int(frame[n/2%200])
	}
	return 0
}

// stacks grows and leaves stacks, sets finalizers, and gives memory back.
func (w *work) stacks() any {
	switch w.rnd.Intn(400) {
	case 0:
		var wg sync.WaitGroup
		wg.Add(1)
		go func() { defer wg.Done(); dive(w.rnd.Intn(300)) }()
		wg.Wait()
	case 1:
		x := &node{}
		runtime.SetFinalizer(x, func(x *node) { x.next = nil })
		return x
	case 2:
		debug.FreeOSMemory()
	case 3:
		debug.SetMemoryLimit(int64(40+w.rnd.Intn(40)) << 20)
	}
	return w.object()
}

// together has goroutines allocate at once, and waits for them.
func (w *work) together(n int) {
	var wg sync.WaitGroup
	for i := 0; i < n; i++ {
		part := &work{rnd: rand.New(rand.NewSource(w.rnd.Int63())), keep: make([]any, 200), step: w.step}
		wg.Add(1)
		go func() {
			defer wg.Done()
			part.churn(500)
		}()
	}
	wg.Wait()
}

// until waits for the begin of a mark or a sweep.
func (w *work) until(phase string) {
	switch phase {
	case "mark":
		go runtime.GC()
		runtime.Gosched()
	case "sweep":
		w.collect()
	}
}

var garbage []byte

// collect makes garbage until a collection comes of it, and leaves the sweeping to others.
func (w *work) collect() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	for n := m.NumGC; m.NumGC == n; runtime.ReadMemStats(&m) {
		for i := 0; i < 200; i++ {
			garbage = make([]byte, 4096)
		}
	}
}

var m runtime.MemStats

func (w *work) report(rest bool) {
	runtime.ReadMemStats(&m)
	var sizes strings.Builder
	for _, s := range m.BySize[1:] {
		if n := s.Mallocs - s.Frees; n > 0 {
			fmt.Fprintf(&sizes, "%d:%d ", s.Size, n)
		}
	}
	alive := make([]strings.Builder, 2) // a log keeps 1024 bytes
	for i := 0; i < 60*len(alive); i++ {
		alive := &alive[i/60]
		switch x := w.keep[w.rnd.Intn(len(w.keep))].(type) {
		case *node:
			fmt.Fprintf(alive, "%#x ", uintptr(unsafe.Pointer(x)))
		case []byte:
			fmt.Fprintf(alive, "%#x ", uintptr(unsafe.Pointer(unsafe.SliceData(x))))
		}
	}
	trace.Log(context.Background(), "memstats", fmt.Sprint(rest, m.HeapObjects, m.HeapAlloc))
	trace.Log(context.Background(), "sizes", sizes.String())
	for i := range alive {
		trace.Log(context.Background(), "alive", alive[i].String())
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
