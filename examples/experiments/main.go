// SPDX-License-Identifier: GPL-3.0-or-later

// Experiments does and records one of the experiments that people make to find out where a map's memory goes.
//
// examples/run-experiments runs them all and prints tables of the recordings; it says how to read them. trace.Log, under the
// category "map", marks the stages.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/trace"
	"strconv"
	"sync"
	"time"

	"heapreel.example/internal/recording"
)

// value is what maps hold a pointer to.
type value struct {
	owner *value
	body  [488]byte
}

// small is a value where it is the map itself that matters.
type small struct {
	owner *small
	n     [3]int64
}

// id is a large key: more than 8 bytes, but still in the map's own slots.
type id [32]byte

var (
	keys       = flag.Int("keys", 100000, "keys in the map")
	steps      = flag.Int("steps", 200000, "churn, concurrent: how often a key is deleted and another one put in")
	gogc       = flag.Int("gogc", 100, "churn, concurrent: the GOGC")
	work       = flag.Duration("work", 3*time.Microsecond, "churn, concurrent: how long each step takes at least")
	goroutines = flag.Int("goroutines", 4, "concurrent: goroutines, each with its own map")

	smalls map[int]*small
)

func stage(name string) {
	trace.Log(context.Background(), "map", name)
}

// collect is a whole GC cycle; then the background sweeper finds nothing to do, which is what a trace shows of its end.
func collect() {
	runtime.GC()
	runtime.Gosched()
}

// empty fills a map and collects, deletes every key and collects three times, drops the map and collects.
func empty() {
	debug.SetGCPercent(-1)
	smalls = make(map[int]*small)
	for k := range *keys {
		smalls[k] = &small{}
	}
	stage("filled")
	collect()
	for k := range *keys {
		delete(smalls, k)
	}
	stage("deleted")
	for n := 1; n <= 3; n++ {
		collect()
		stage("collected " + strconv.Itoa(n))
	}
	smalls = nil
	stage("dropped")
	collect()
}

// replace keeps a map at its size: each step deletes the oldest key and puts a new one in.
func replace(keys, steps int) {
	table := make(map[int]*value, keys)
	for k := range keys {
		table[k] = &value{}
	}
	for k := range steps {
		delete(table, k)
		table[keys+k] = &value{}
		for until := time.Now().Add(*work); time.Now().Before(until); {
		}
	}
	runtime.KeepAlive(table)
}

func churn() {
	debug.SetGCPercent(*gogc)
	replace(*keys, *steps)
}

// concurrent lets goroutines do the same at once.
func concurrent() {
	debug.SetGCPercent(*gogc)
	var all sync.WaitGroup
	for range *goroutines {
		all.Add(1)
		go func() {
			defer all.Done()
			replace(*keys / *goroutines, *steps / *goroutines)
		}()
	}
	all.Wait()
}

func grow[K comparable](key func(int) K) {
	table := make(map[K]int64)
	for n := range *keys {
		table[key(n)] = int64(n)
	}
	runtime.KeepAlive(table)
}

// types grows a map to the same number of keys for each type of key.
func types() {
	debug.SetGCPercent(-1)
	grow(func(n int) int32 { return int32(n) })
	grow(func(n int) int64 { return int64(n) })
	grow(func(n int) string { return strconv.Itoa(n) })
	grow(func(n int) id { return id{byte(n), byte(n >> 8), byte(n >> 16)} })
	grow(func(n int) any { return n })
	stage("grown")
	collect()
	stage("collected")
}

var experiments = []struct {
	name string
	run  func()
}{
	{"empty", empty}, {"churn", churn}, {"types", types}, {"concurrent", concurrent},
}

func main() {
	opt := recording.Flags("experiment.trace", false)
	name := flag.String("do", "empty", "`WHAT`: empty, churn, types, concurrent")
	flag.Parse()
	for _, e := range experiments {
		if e.name != *name || *goroutines < 1 || *keys < 1 {
			continue
		}
		runtime.GC()
		stop := opt.Start()
		defer stop()
		e.run()
		return
	}
	fmt.Fprintln(os.Stderr, "experiments: no such experiment, or numbers below 1; -h tells")
	os.Exit(2)
}
