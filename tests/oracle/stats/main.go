// SPDX-License-Identifier: GPL-3.0-or-later

// Stats records a trace in which it logs, again and again, what the runtime itself says of its heap: runtime.MemStats,
// and the addresses of some objects that are alive. cmpstats compares.
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
	flag.Parse()
	w := &work{rnd: rand.New(rand.NewSource(*seed)), keep: make([]any, 4000)}
	w.churn(6000)
	file, err := os.Create(*out)
	check(err)
	buf := bufio.NewWriterSize(file, 1<<16)
	check(os.Setenv("GODEBUG", "traceallocfree=1"))
	w.until(*start)
	check(trace.Start(buf))
	for i := 0; i < *rounds; i++ {
		w.churn(500 + w.rnd.Intn(3000))
		runtime.GC() // sweeps all
		w.report(true)
		w.together(1 + w.rnd.Intn(4))
		w.report(true)
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
}

func (w *work) churn(n int) {
	for i := 0; i < n; i++ {
		var x any
		switch r := w.rnd.Intn(100); {
		case r < 40:
			x = &node{}
		case r < 60:
			x = make([]byte, 1+w.rnd.Intn(3000))
		case r < 75:
			x = make([]*node, 1+w.rnd.Intn(500))
		case r < 95:
			x = fmt.Sprint(w.rnd.Int63()) // tiny ones
		default:
			x = make([]byte, 30000+w.rnd.Intn(100000))
		}
		w.keep[w.rnd.Intn(len(w.keep))] = x
	}
}

// together has goroutines allocate at once, and waits for them.
func (w *work) together(n int) {
	var wg sync.WaitGroup
	for i := 0; i < n; i++ {
		part := &work{rnd: rand.New(rand.NewSource(w.rnd.Int63())), keep: make([]any, 200)}
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
	var sizes, alive strings.Builder
	for _, s := range m.BySize[1:] {
		if n := s.Mallocs - s.Frees; n > 0 {
			fmt.Fprintf(&sizes, "%d:%d ", s.Size, n)
		}
	}
	for i := 0; i < 20; i++ {
		switch x := w.keep[w.rnd.Intn(len(w.keep))].(type) {
		case *node:
			fmt.Fprintf(&alive, "%#x ", uintptr(unsafe.Pointer(x)))
		case []byte:
			fmt.Fprintf(&alive, "%#x ", uintptr(unsafe.Pointer(unsafe.SliceData(x))))
		}
	}
	// A log keeps 1024 bytes.
	trace.Log(context.Background(), "memstats", fmt.Sprint(rest, m.HeapObjects, m.HeapAlloc))
	trace.Log(context.Background(), "sizes", sizes.String())
	trace.Log(context.Background(), "alive", alive.String())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
