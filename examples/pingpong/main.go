// SPDX-License-Identifier: GPL-3.0-or-later

// Pingpong keeps the scheduler busy: it is the hard case for the order of events.
//
// Pairs of goroutines pass a value over channels; others sit in blocking system calls on pipes (so that processors are
// taken from threads and threads come and go), wait for timers, fight for a mutex, or start and end at once, while
// GOMAXPROCS changes now and then. With -pairs it is many goroutines on channels and nothing else.
package main

import (
	"flag"
	"runtime"
	"sync"
	"syscall"
	"time"

	"heapreel.example/internal/recording"
)

func channels(turns int, wg *sync.WaitGroup) {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for v := range ping {
			pong <- v + 1
		}
		close(pong)
	}()
	go func() {
		defer wg.Done()
		for i := 0; i < turns; i++ {
			ping <- i
			<-pong
		}
		close(ping)
	}()
}

// pipes uses raw descriptors: reads really block in the kernel, past the runtime's poller.
func pipes(turns int, wg *sync.WaitGroup) {
	var fd [2]int
	if err := syscall.Pipe(fd[:]); err != nil {
		panic(err)
	}
	go func() {
		defer wg.Done()
		buf := make([]byte, 1)
		for i := 0; i < turns; i++ {
			if _, err := syscall.Read(fd[0], buf); err != nil {
				break
			}
		}
		syscall.Close(fd[0])
	}()
	go func() {
		for i := 0; i < turns; i++ {
			if i%16 == 0 {
				time.Sleep(200 * time.Microsecond)
			}
			if _, err := syscall.Write(fd[1], []byte{1}); err != nil {
				break
			}
		}
		syscall.Close(fd[1])
	}()
}

func timers(turns int, wg *sync.WaitGroup) {
	go func() {
		defer wg.Done()
		tick := time.NewTicker(100 * time.Microsecond)
		defer tick.Stop()
		for i := 0; i < turns; i++ {
			select {
			case <-tick.C:
			case <-time.After(150 * time.Microsecond):
			}
		}
	}()
}

func locks(turns int, mu *sync.Mutex, wg *sync.WaitGroup) {
	go func() {
		defer wg.Done()
		for i := 0; i < turns; i++ {
			mu.Lock()
			if i%8 == 0 {
				runtime.Gosched()
			}
			mu.Unlock()
		}
	}()
}

func spawns(turns int, wg *sync.WaitGroup) {
	go func() {
		defer wg.Done()
		for i := 0; i < turns; i++ {
			done := make(chan struct{})
			go close(done)
			<-done
		}
	}()
}

func main() {
	opt := recording.Flags("pingpong.trace", true)
	groups := flag.Int("groups", 3, "groups of goroutines")
	turns := flag.Int("turns", 150, "turns each goroutine takes")
	pairs := flag.Int("pairs", 0, "only this many pairs of goroutines that pass a value")
	procs := flag.Bool("procs", true, "change GOMAXPROCS while running")
	flag.Parse()

	stop := opt.Start()
	defer stop()
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i := 0; i < *pairs; i++ {
		wg.Add(1)
		channels(*turns, &wg)
	}
	if *pairs > 0 {
		wg.Wait()
		return
	}
	for i := 0; i < *groups; i++ {
		wg.Add(6)
		channels(*turns, &wg)
		pipes(*turns, &wg)
		timers(*turns/8+1, &wg)
		locks(*turns, &mu, &wg)
		locks(*turns, &mu, &wg)
		spawns(*turns, &wg)
	}
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	next := []int{1, 4, 2, 3}
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		case <-time.After(5 * time.Millisecond):
			if *procs {
				runtime.GOMAXPROCS(next[i%len(next)])
			}
			if i%4 == 3 {
				runtime.GC()
			}
		}
	}
}
