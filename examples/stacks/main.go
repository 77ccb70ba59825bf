// SPDX-License-Identifier: GPL-3.0-or-later

// Stacks makes goroutine stacks grow and shrink, runs finalizers, and switches between coroutines where Go has them.
package main

import (
	"flag"
	"runtime"
	"sync"
	"time"

	"heapreel.example/internal/recording"
)

type handle struct {
	id   int
	data []byte
}

var finalized sync.WaitGroup

// deep uses about 256 bytes of stack a level.
func deep(n int, fill byte) byte {
	var frame [200]byte
	for i := range frame {
		frame[i] = fill + byte(i)
	}
	if n == 0 {
		return frame[17]
	}
	return deep(n-1, fill+1) + frame[n%len(frame)]
}

// grow recurses deeper and deeper, then idles with a large stack so that the collector halves it.
func grow(levels int, wait <-chan struct{}, wg *sync.WaitGroup) {
	defer wg.Done()
	for n := 8; n <= levels; n *= 2 {
		deep(n, byte(n))
	}
	<-wait
}

func handles(n int) {
	for i := 0; i < n; i++ {
		h := &handle{id: i, data: make([]byte, 40)}
		finalized.Add(1)
		runtime.SetFinalizer(h, func(h *handle) { finalized.Done() })
	}
}

func main() {
	opt := recording.Flags("stacks.trace", false)
	goroutines := flag.Int("goroutines", 24, "goroutines that grow their stacks")
	levels := flag.Int("levels", 512, "deepest recursion (about 256 bytes a level)")
	turns := flag.Int("turns", 200, "coroutine switches (Go 1.23 and later)")
	objects := flag.Int("handles", 100, "objects with a finalizer")
	flag.Parse()

	stop := opt.Start()
	defer stop()
	for round := 0; round < 3; round++ {
		wait := make(chan struct{})
		var wg sync.WaitGroup
		for i := 0; i < *goroutines; i++ {
			wg.Add(1)
			go grow(*levels>>(i%4), wait, &wg)
		}
		coroutines(*turns)
		handles(*objects)
		for i := 0; i < 3; i++ {
			runtime.GC()
			time.Sleep(2 * time.Millisecond)
		}
		close(wait)
		wg.Wait()
	}
	finalized.Wait()
}
