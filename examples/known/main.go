// SPDX-License-Identifier: GPL-3.0-or-later

// Known does what its reports must then say, and logs the answers into its own trace under the category "expect".
//
// In each round it keeps a number of objects for ever (a leak of exactly so many for each GC cycle), drops others, grows a map
// on its own, and collects. The collector runs when it is asked to, and never otherwise.
package main

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/trace"

	"heapreel.example/internal/recording"
)

// leaked is kept for ever, garbage never; both have sizes that nothing else here has.
type leaked struct {
	next *leaked
	body [200]byte
}

type garbage struct {
	next *garbage
	body [300]byte
}

var (
	kept  *leaked
	waste *garbage
)

func expect(format string, args ...any) {
	trace.Log(context.Background(), "expect", fmt.Sprintf(format, args...))
}

func logMemStats(ctx context.Context) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	trace.Log(ctx, "memstats", fmt.Sprintf(
		"HeapAlloc=%d HeapObjects=%d HeapInuse=%d NextGC=%d HeapReleased=%d",
		m.HeapAlloc, m.HeapObjects, m.HeapInuse, m.NextGC, m.HeapReleased))
}

func main() {
	opt := recording.Flags("known.trace", false)
	rounds := flag.Int("rounds", 8, "rounds, each with one collection")
	leak := flag.Int("leak", 1000, "objects kept in each round")
	drop := flag.Int("drop", 3000, "objects dropped in each round")
	flag.Parse()
	debug.SetGCPercent(-1)
	stop := opt.Start()
	defer stop()
	ctx := context.Background()
	for n := 0; n < *rounds; n++ {
		trace.WithRegion(ctx, "fill", func() {
			for n := 0; n < *leak; n++ {
				kept = &leaked{next: kept}
			}
			for n := 0; n < *drop; n++ {
				waste = &garbage{next: waste}
			}
			waste = nil
		})
		runtime.GC()
		logMemStats(ctx)
	}
	expect("leaks main.leaked growth=%d", *leak)
	expect("cycles n=%d", *rounds)
	expect("allocs main.garbage n=%d", *rounds**drop)
	expect("alive main.leaked n=%d", *rounds**leak)
	runtime.KeepAlive(kept)
}
