// SPDX-License-Identifier: GPL-3.0-or-later

// Mapchurn shows where a map's memory is after its keys were deleted.
//
// In each round a map[int]*rec is filled, half or all of it deleted, the collector run a few times, and the map
// filled again, so that freed slots and spans are used anew. trace.Log marks each stage ("before-delete",
// "after-delete", "after-gc-1", ... "refilled"), a region spans the deletes and a task the whole round. After the last
// round the map itself is dropped: only then do its own tables go.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/trace"
	"strconv"
	"time"

	"heapreel.example/internal/recording"
)

// rec is what the map holds: a name, a body, and on some a pointer to a further object.
type rec struct {
	id    int
	seen  [3]int64
	name  string
	body  []byte
	extra *extra
}

// extra hangs on some records only.
type extra struct {
	note []byte
	next *extra
}

// session lives through all rounds and pins the spans it lies in.
type session struct {
	owner *rec
	hits  [9]int64
}

var (
	table    map[int]*rec
	sessions []*session
	sink     []byte
)

func newRec(id int) *rec {
	r := &rec{id: id, name: "record-" + strconv.Itoa(id), body: make([]byte, 300+id%7*250)}
	if id%5 == 0 {
		r.extra = &extra{note: make([]byte, 24+id%200), next: &extra{}}
	}
	return r
}

// fill puts keys from..to-1 in; about one record in `pin` gets a session that outlives it.
func fill(from, to, pin int) {
	for id := from; id < to; id++ {
		r := newRec(id)
		table[id] = r
		if pin > 0 && id%pin == 0 {
			sessions = append(sessions, &session{owner: r})
		}
	}
}

// serve stands for the program's other work: short-lived garbage for a while.
func serve(d time.Duration, bytes int) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		sink = make([]byte, bytes)
		time.Sleep(d / 16)
	}
}

func round(ctx context.Context, n, keys, gcs int, all bool, pause time.Duration) {
	ctx, task := trace.NewTask(ctx, "round "+strconv.Itoa(n))
	defer task.End()
	log := func(stage string) {
		trace.Log(ctx, "map", stage)
		serve(pause, 4096)
	}

	trace.WithRegion(ctx, "fill", func() { fill(0, keys, 500) })
	log("before-delete")
	trace.WithRegion(ctx, "delete", func() {
		for id := range table {
			if all || id%2 == 0 {
				delete(table, id)
			}
		}
	})
	log("after-delete")
	for i := 1; i <= gcs; i++ {
		runtime.GC()
		log("after-gc-" + strconv.Itoa(i))
	}
	trace.WithRegion(ctx, "refill", func() { fill(keys, keys+keys/2, 0) })
	log("refilled")
	for id := range table {
		delete(table, id)
	}
}

func main() {
	opt := recording.Flags("mapchurn.trace", false)
	keys := flag.Int("keys", 3000, "keys in each fill")
	rounds := flag.Int("rounds", 3, "how often the map is filled and emptied")
	gcs := flag.Int("gcs", 3, "collections forced after each delete")
	pause := flag.Duration("pause", 40*time.Millisecond, "how long each stage lasts")
	flag.Parse()
	if *keys < 1 || *rounds < 1 || *gcs < 0 {
		fmt.Fprintln(os.Stderr, "mapchurn: -keys and -rounds must be at least 1")
		os.Exit(2)
	}

	stop := opt.Start()
	defer stop()
	table = make(map[int]*rec)
	ctx := context.Background()
	for n := 1; n <= *rounds; n++ {
		round(ctx, n, *keys, *gcs, n%2 == 1, *pause)
	}
	trace.Log(ctx, "map", "drop-map")
	table = nil
	runtime.GC()
	serve(*pause, 4096)
	trace.Log(ctx, "map", "drop-sessions")
	sessions = nil
	runtime.GC()
	serve(*pause, 4096)
}
