// SPDX-License-Identifier: GPL-3.0-or-later

//go:build go1.25

// Flight keeps the last moments of a program in Go's flight recorder (Go 1.25 and later) and writes them out while the
// collector marks.
//
// What such a trace lacks is what it shows: no snapshot of the heap at its begin, no heap base, no type names; and it may
// begin, as it ends, in the middle of a GC cycle.
package main

import (
	"flag"
	"runtime"
	"runtime/trace"
	"time"

	"heapreel.example/internal/recording"
)

type node struct {
	left, right *node
	payload     [2]int
}

func tree(depth int) *node {
	if depth == 0 {
		return nil
	}
	return &node{left: tree(depth - 1), right: tree(depth - 1)}
}

func main() {
	opt := recording.Flags("flight.trace", false) // -samples is of no effect here
	age := flag.Duration("age", 10*time.Millisecond, "how much of the past is kept")
	depth := flag.Int("depth", 21, "depth of the tree that the collector has to mark")
	rounds := flag.Int("rounds", 4, "collections before the recorder is asked")
	flag.Parse()
	file := opt.Create()
	kept := tree(*depth)
	recorder := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: *age})
	recording.Check(recorder.Start())
	var recent *node
	for i := 0; i < *rounds; i++ {
		recent = tree(8)
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	done := make(chan bool)
	go func() {
		runtime.GC()
		close(done)
	}()
	time.Sleep(3 * time.Millisecond) // it marks for longer than that
	_, err := recorder.WriteTo(file)
	recording.Check(err)
	recording.Check(file.Close())
	<-done
	runtime.KeepAlive(kept)
	runtime.KeepAlive(recent)
}
