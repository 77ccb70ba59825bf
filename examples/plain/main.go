// SPDX-License-Identifier: GPL-3.0-or-later

// Plain is what most people have: a trace recorded without alloc/free events.
//
// It shows what is left then: collector cycles and phases, heap size and goal, annotations. Builds with every Go from
// 1.22 on.
package main

import (
	"context"
	"flag"
	"runtime"
	"runtime/trace"
	"strings"
	"time"

	"heapreel.example/internal/recording"
)

type order struct {
	lines []string
	next  *order
}

func batch(ctx context.Context, n int) *order {
	defer trace.StartRegion(ctx, "batch").End()
	var head *order
	for i := 0; i < n; i++ {
		head = &order{lines: strings.Fields("two apples and a pear"), next: head}
	}
	return head
}

func main() {
	opt := recording.Flags("plain.trace", true)
	batches := flag.Int("batches", 60, "how many batches are built")
	size := flag.Int("size", 2000, "orders in a batch")
	flag.Parse()

	stop := opt.Start()
	defer stop()
	ctx, task := trace.NewTask(context.Background(), "orders")
	defer task.End()
	kept := make([]*order, 8)
	for i := 0; i < *batches; i++ {
		kept[i%len(kept)] = batch(ctx, *size)
		if i%20 == 19 {
			trace.Log(ctx, "orders", "drop")
			clear(kept)
			runtime.GC()
			time.Sleep(5 * time.Millisecond)
		}
	}
}
