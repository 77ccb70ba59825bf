// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"math/rand"
	"runtime/trace"
	"sync"
	"time"
	_ "unsafe" // for go:linkname
)

//go:linkname nanotime runtime.nanotime
func nanotime() int64

//go:linkname isSweepDone runtime.isSweepDone
func isSweepDone() bool

// gdb stops all threads where these are called: it reads the heap in atMark, and from lastStop on it waits for the end of
// tracing.
//
//go:noinline
func atMark() { marked++ }

//go:noinline
func lastStop() { marked++ }

var marked int

// resting lets the workers be held between two of their steps.
var resting sync.RWMutex

// mark has the heap read in the middle of the trace, at a moment of one sort. The clock that is logged is the one that gdb
// reads too, once all threads stand still.
func mark(kind string) {
	trace.Log(context.Background(), "oracle", fmt.Sprint(kind, " ", nanotime()))
	atMark()
}

// marks has the heap read n times, while the workers work.
func marks(n int, seed int64) {
	rnd := rand.New(rand.NewSource(seed ^ 0x5eed))
	kinds := []string{"running", "sweep", "mark", "rest"}
	for range n {
		time.Sleep(time.Duration(500+rnd.Intn(4000)) * time.Microsecond)
		kind := kinds[rnd.Intn(len(kinds))]
		if kind == "rest" {
			resting.Lock()
			for time.Sleep(30 * time.Millisecond); marking() || !isSweepDone(); {
				time.Sleep(10 * time.Millisecond)
			}
			mark(kind)
			resting.Unlock()
			continue
		}
		await(kind, nil, seed)
		mark(kind)
	}
}
