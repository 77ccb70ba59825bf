// SPDX-License-Identifier: GPL-3.0-or-later

// Workload allocates in one of several ways while its trace is recorded, and stops tracing at a chosen sort of moment.
//
// The oracle runs it under gdb and reads the heap at the very moment when tracing ends. GOMAXPROCS and GOGC come from
// the environment.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/trace"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

type rec struct {
	id   int
	name string
	next *rec
	pad  [4]int64
}

type tree struct {
	left, right *tree
	key         int
}

type big struct {
	links [90]*rec // more than 512 bytes with pointers: such objects begin with a header
}

// a worker is one goroutine's share of a workload; step does a little of it.
type worker struct {
	rnd  *rand.Rand
	ring []any
	m    map[int]*rec
	k    *keys
	t    *tree
	n    int

	depths []chan int  // of deep
	weak   map[int]any // of cleanups

	// of random
	odds         []int // sums
	rarely, size int
}

func (w *worker) keep(x any) {
	w.ring[w.rnd.Intn(len(w.ring))] = x
}

func (w *worker) maps() {
	if w.m == nil {
		w.m = map[int]*rec{}
	}
	w.n++
	switch phase := w.n % 6000; {
	case phase < 3000:
		w.m[w.rnd.Int()] = &rec{id: w.n, name: strconv.Itoa(w.n + 1000)}
	case phase == 3000:
		for k := range w.m {
			if w.rnd.Intn(4) > 0 {
				delete(w.m, k)
			}
		}
	case phase == 5999 && w.rnd.Intn(3) == 0:
		w.m = nil
	default:
		for k := range w.m {
			delete(w.m, k)
			break
		}
		if w.rnd.Intn(3) == 0 {
			w.m[w.n] = &rec{id: w.n}
		}
	}
}

func (w *worker) mixed() {
	switch r := w.rnd.Intn(100); {
	case r < 15:
		w.keep(strconv.Itoa(100 + w.rnd.Intn(100000)))
	case r < 30:
		w.keep(&rec{name: "n", next: &rec{}})
	case r < 45:
		w.keep(make([]byte, 1+w.rnd.Intn(600)))
	case r < 60:
		w.keep(make([]*rec, 1+w.rnd.Intn(60)))
	case r < 70:
		w.keep(&big{})
	case r < 80:
		w.keep(make([]byte, 600+w.rnd.Intn(8000)))
	case r < 88:
		w.keep(make([]*rec, 60+w.rnd.Intn(2000)))
	case r < 92:
		v := w.rnd.Int63()
		w.keep(&v)
	case r < 99:
		w.keep(new(tree))
	default:
		w.keep(make([]byte, 8192+w.rnd.Intn(60000)))
	}
}

func (w *worker) large() {
	if w.rnd.Intn(2) == 0 {
		w.keep(make([]byte, 30000+w.rnd.Intn(300000)))
	} else {
		w.keep(make([]*rec, 4000+w.rnd.Intn(20000)))
	}
	if w.n++; w.n%8 == 0 {
		time.Sleep(50 * time.Microsecond)
	}
}

func (w *worker) tiny() {
	w.keep(strconv.Itoa(1000 + w.rnd.Intn(1<<40)))
	if w.rnd.Intn(8) == 0 {
		w.keep(new(byte))
	}
}

// trees keeps many small objects with pointers alive, and replaces some.
func (w *worker) trees() {
	at := &w.t
	key := w.rnd.Intn(1 << 20)
	for *at != nil {
		if w.rnd.Intn(200) == 0 {
			*at = nil // a whole branch goes
			break
		}
		if key < (*at).key {
			at = &(*at).left
		} else {
			at = &(*at).right
		}
	}
	*at = &tree{key: key}
}

func dive(n int, c byte) byte {
	var frame [300]byte
	for i := range frame {
		frame[i] = c
	}
	if n > 0 {
		return dive(n-1, c+1) + frame[n%300]
	}
	return frame[7]
}

// stacks makes goroutines whose stacks grow; the collector shrinks those that live on.
func (w *worker) stacks() {
	var wg sync.WaitGroup
	for i := 0; i < 1+w.rnd.Intn(6); i++ {
		wg.Add(1)
		go func(depth int) {
			defer wg.Done()
			dive(depth, 1)
			if depth%3 == 0 {
				time.Sleep(time.Millisecond)
			}
		}(w.rnd.Intn(120))
	}
	wg.Wait()
	w.keep(&rec{name: strconv.Itoa(w.n)})
	w.mixed()
}

// procs is mixed, with GOMAXPROCS changing.
func (w *worker) procs() {
	if w.n++; w.n%400 == 399 {
		runtime.GOMAXPROCS(1 + w.rnd.Intn(4))
	}
	w.mixed()
}

var workloads = map[string]func(*worker){
	"map": (*worker).maps, "mixed": (*worker).mixed, "large": (*worker).large, "tiny": (*worker).tiny,
	"tree": (*worker).trees, "stacks": (*worker).stacks, "procs": (*worker).procs, "random": (*worker).random,
	"keys": (*worker).manyKeys, "limit": (*worker).limited, "lists": (*worker).lists, "builders": (*worker).builders,
	"slices": (*worker).slices, "sizes": (*worker).sizes, "bursts": (*worker).bursts, "knobs": (*worker).knobs,
	"handles": (*worker).handles, "chatter": (*worker).chatter, "pools": (*worker).pooled,
	"encoded": (*worker).encoded, "texts": (*worker).texts, "numbers": (*worker).numbers, "concurrent": (*worker).concurrent,
	"deep": (*worker).deep, "appends": (*worker).appends, "channels": (*worker).channels, "byhand": (*worker).byHand,
	"calls": (*worker).calls, "waves": (*worker).waves, "cleanups": (*worker).cleanups,
	"parsed": (*worker).parsed, "pictures": (*worker).pictures, "sorted": (*worker).sorted, "archives": (*worker).archives,
	"signed": (*worker).signed, "logged": (*worker).logged, "profiled": (*worker).profiled, "matrices": (*worker).matrices,
}

func main() {
	out := flag.String("o", "trace", "write the trace to `FILE`")
	name := flag.String("workload", "map", "which one, of those listed above")
	end := flag.String("end", "rest", "when tracing stops: rest, running, busy, mark, sweep")
	start := flag.String("start", "rest", "when tracing starts: rest, mark, sweep")
	ops := flag.Int("ops", 20000, "steps of each goroutine before the end comes")
	live := flag.Int("live", 1500, "objects that each goroutine keeps alive")
	ballast := flag.Int("ballast", 20000, "objects made before tracing begins")
	workers := flag.Int("workers", 3, "goroutines")
	gc := flag.Bool("gc", true, "collect before tracing and twice while it runs, whatever GOGC says")
	middle := flag.Int("marks", 0, "instants in the middle of the trace at which the heap is read as well")
	before := flag.Int("before", 0, "traces that are begun and ended before the one that counts")
	seed := flag.Int64("seed", 1, "random seed")
	flag.Parse()
	step := workloads[*name]
	if step == nil {
		fmt.Fprintln(os.Stderr, "workload: no such workload:", *name)
		os.Exit(2)
	}

	if *name == "random" {
		*workers, *ballast, *live = shape(*seed)
	}
	old := ballastOf(*ballast, *seed)
	if *gc {
		runtime.GC()
	}
	var slow []*rec
	if *end == "mark" || *start == "mark" {
		slow = slowToMark()
	}
	file, err := os.Create(*out)
	check(err)
	buf := bufio.NewWriterSize(file, 1<<16)
	check(os.Setenv("GODEBUG", "traceallocfree=1"))
	for i := range *before {
		check(trace.Start(io.Discard))
		old = append(old, ballastOf(3000, *seed+int64(i))...)
		trace.Stop()
	}
	if *start != "rest" {
		await(*start, nil, *seed)
	}
	check(trace.Start(buf))

	var done, halt atomic.Int64 // workers through with their steps; 1: all are to stop
	var wg sync.WaitGroup
	for i := 0; i < *workers; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			w := &worker{rnd: rand.New(rand.NewSource(*seed*1000 + int64(i))), ring: make([]any, *live)}
			for n := 0; halt.Load() == 0; n++ {
				resting.RLock()
				step(w)
				resting.RUnlock()
				if *gc && i == 0 && (n == *ops/3 || n == *ops/2) {
					runtime.GC()
				}
				if n == *ops {
					done.Add(1)
				}
				if n >= *ops {
					if *end == "rest" {
						break
					}
					if *end != "busy" {
						time.Sleep(20 * time.Microsecond) // go on, but slowly: the trace stays small
					}
				}
			}
			runtime.KeepAlive(w)
		}(i)
	}
	marks(*middle, *seed)
	for done.Load() < int64(*workers) {
		time.Sleep(200 * time.Microsecond)
	}
	await(*end, &wg, *seed)
	lastStop()
	trace.Stop()
	halt.Store(1)
	wg.Wait()
	check(buf.Flush())
	check(file.Close())
	runtime.KeepAlive(old)
	runtime.KeepAlive(slow)
}

// await returns at the moment when tracing is to end.
func await(end string, wg *sync.WaitGroup, seed int64) {
	switch end {
	case "rest":
		wg.Wait()
		debug.SetGCPercent(-1)
		time.Sleep(30 * time.Millisecond)
	case "mark":
		n := cycles()
		go runtime.GC()
		for n == cycles() && !marking() {
			runtime.Gosched()
		}
	case "sweep":
		n := cycles()
		go fullCycle(n)
		for n == cycles() {
			runtime.Gosched()
		}
	}
}

// fullCycle makes garbage until a collection comes of it. Unlike runtime.GC it leaves the sweeping to others.
func fullCycle(n uint64) {
	for n == cycles() {
		for i := 0; i < 100; i++ {
			garbage = make([]byte, 4096)
		}
	}
}

var garbage []byte

// slowToMark has nothing but pointers to one object: a collection takes a while, and the trace has two events for it.
func slowToMark() []*rec {
	list, one := make([]*rec, 4<<20), &rec{}
	for i := range list {
		list[i] = one
	}
	return list
}

// ballastOf makes objects of many sizes, some of which die before tracing begins.
func ballastOf(n int, seed int64) []any {
	w := &worker{rnd: rand.New(rand.NewSource(seed)), ring: make([]any, n)}
	for i := 0; i < n+n/2; i++ {
		switch i % 3 {
		case 0:
			w.keep(&rec{id: i})
		case 1:
			w.keep(&tree{key: i})
		default:
			w.keep(make([]byte, 16+w.rnd.Intn(200)))
		}
	}
	return w.ring
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
