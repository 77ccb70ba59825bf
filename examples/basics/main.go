// SPDX-License-Identifier: GPL-3.0-or-later

// Basics does a little of everything that a trace has events for: channels, mutexes, conditions, sleeps, system calls,
// collections, a task with regions and logs.
//
// It needs nothing newer than Go 1.11 and no other package of this folder, so that it can be recorded with old
// compilers as well: go build -o basics ./basics, or gccgo -o basics basics/main.go. Without -o it writes basics.trace.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
	"syscall"
	"time"
)

type node struct {
	next *node
	data []byte
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func turns(ctx context.Context, n int, send bool, c chan int, mu *sync.Mutex) {
	defer trace.StartRegion(ctx, "turns").End()
	var kept *node
	for i := 0; i < n; i++ {
		mu.Lock()
		kept = &node{kept, make([]byte, 4000)}
		mu.Unlock()
		if send {
			c <- i
		} else {
			<-c
		}
		if i%8 == 7 {
			runtime.Gosched()
			kept = nil
		}
	}
	trace.Log(ctx, "turns", "done")
}

func pipe(n int, wg *sync.WaitGroup) {
	var fd [2]int
	check(syscall.Pipe(fd[:]))
	go func() {
		buf := make([]byte, 1)
		for i := 0; i < n; i++ {
			if _, err := syscall.Read(fd[0], buf); err != nil {
				break
			}
		}
		wg.Done()
	}()
	for i := 0; i < n; i++ {
		time.Sleep(time.Millisecond)
		_, err := syscall.Write(fd[1], []byte{1})
		check(err)
	}
}

func main() {
	out := flag.String("o", "basics.trace", "write the trace to `FILE`")
	n := flag.Int("turns", 30, "turns that each goroutine takes")
	flag.Parse()
	file, err := os.Create(*out)
	check(err)
	check(trace.Start(file))
	ctx, task := trace.NewTask(context.Background(), "basics")
	var wg sync.WaitGroup
	var mu sync.Mutex
	c := make(chan int)
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func(send bool) {
			turns(ctx, *n, send, c, &mu)
			wg.Done()
		}(i%2 == 0)
	}
	wg.Add(1)
	pipe(3, &wg)
	for i := 0; i < 3; i++ {
		runtime.GC()
		select {
		case <-time.After(500 * time.Microsecond):
		}
		runtime.GOMAXPROCS(2 + i%2)
	}
	wg.Wait()
	cond := sync.NewCond(&mu)
	mu.Lock()
	go func() {
		mu.Lock()
		cond.Signal()
		mu.Unlock()
	}()
	cond.Wait()
	mu.Unlock()
	task.End()
	trace.Stop()
	check(file.Close())
}
