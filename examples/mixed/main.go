// SPDX-License-Identifier: GPL-3.0-or-later

// Mixed allocates objects of all sizes on several goroutines while the collector runs.
//
// Sizes go from 8 bytes to 64 kB, with and without pointers, with tiny strings that share one 16-byte slot and
// large objects that have a span of their own. Each goroutine keeps a ring of its last objects alive, so that spans are
// partly full most of the time.
package main

import (
	"flag"
	"math/rand"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"heapreel.example/internal/recording"
)

type node struct {
	left, right *node
	value       int64
}

type small struct{ p *int64 }

type wide struct {
	links [40]*node
	n     int
}

type flat struct{ words [12]uint64 }

// worker keeps `ring` objects alive, whatever they are.
type worker struct {
	rnd  *rand.Rand
	ring []any
	at   int
}

func (w *worker) keep(x any) {
	w.ring[w.at] = x
	w.at = (w.at + 1) % len(w.ring)
}

// makers is the mix: each draws one object, weight out of 100.
var makers = []struct {
	weight int
	make   func(r *rand.Rand) any
}{
	{18, func(r *rand.Rand) any { return strconv.Itoa(100 + r.Intn(1000000)) }},
	{10, func(r *rand.Rand) any { v := r.Int63(); return &small{&v} }},
	{20, func(r *rand.Rand) any { return &node{left: &node{value: 1}, value: r.Int63()} }},
	{12, func(r *rand.Rand) any { return &flat{} }},
	{16, func(r *rand.Rand) any { return make([]byte, 8+r.Intn(1000)) }},
	{10, func(r *rand.Rand) any { return make([]*node, 1+r.Intn(300)) }},
	{6, func(r *rand.Rand) any { return &wide{} }},
	{6, func(r *rand.Rand) any { return make([]byte, 1024+r.Intn(32<<10)) }},
	{1, func(r *rand.Rand) any { return make([]byte, 33<<10+r.Intn(31<<10)) }},
	{1, func(r *rand.Rand) any { return make([]*node, 4200+r.Intn(4000)) }},
}

func (w *worker) step() {
	n := w.rnd.Intn(100)
	for i := range makers {
		if n -= makers[i].weight; n < 0 {
			w.keep(makers[i].make(w.rnd))
			return
		}
	}
}

// churn fills a map of its own and empties it, over and over: one step is one insertion or one deletion.
type churn struct {
	table map[int]*node
	keys  int
	n     int
	down  bool
}

func (c *churn) step() {
	if c.down {
		c.n--
		delete(c.table, c.n)
	} else {
		c.table[c.n] = &node{value: int64(c.n)}
		c.n++
	}
	if c.n == 0 || c.n == c.keys {
		c.down = !c.down
		if c.n == 0 {
			c.table = make(map[int]*node)
		}
	}
}

func main() {
	opt := recording.Flags("mixed.trace", false)
	goroutines := flag.Int("goroutines", 4, "how many goroutines allocate")
	maps := flag.Int("maps", 0, "goroutines besides that fill and empty a map")
	keys := flag.Int("keys", 20000, "keys in each such map")
	ops := flag.Int("ops", 2500, "objects drawn by each (0: until -duration is over)")
	duration := flag.Duration("duration", 0, "stop after this time (0: after -ops)")
	ring := flag.Int("live", 400, "objects each goroutine keeps alive")
	gogc := flag.Int("gogc", 50, "GOGC")
	seed := flag.Int64("seed", 1, "random seed")
	flag.Parse()

	debug.SetGCPercent(*gogc)
	stop := opt.Start()
	defer stop()
	begin := time.Now()
	var wg sync.WaitGroup
	run := func(step func()) {
		defer wg.Done()
		for n := 0; *ops == 0 || n < *ops; n++ {
			if *duration > 0 && n%64 == 0 && time.Since(begin) > *duration {
				return
			}
			step()
		}
	}
	wg.Add(*goroutines + *maps)
	for i := 0; i < *goroutines; i++ {
		w := &worker{rnd: rand.New(rand.NewSource(*seed + int64(i))), ring: make([]any, *ring)}
		go run(w.step)
	}
	for i := 0; i < *maps; i++ {
		c := &churn{table: make(map[int]*node), keys: *keys}
		go run(c.step)
	}
	wg.Wait()
}
