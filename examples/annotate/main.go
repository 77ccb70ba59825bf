// SPDX-License-Identifier: GPL-3.0-or-later

// Annotate puts regions, tasks and logs into a trace, nested, and with texts that no terminal should be shown raw.
//
// The hostile texts hold escape sequences, control characters, invalid UTF-8, right-to-left overrides, combining
// marks, and lines longer than the trace format keeps.
package main

import (
	"context"
	"flag"
	"runtime"
	"runtime/trace"
	"strconv"
	"strings"
	"sync"
	"time"

	"heapreel.example/internal/recording"
)

var hostile = []struct{ name, text string }{
	{"colour", "\x1b[31mred\x1b[0m"},
	{"title", "\x1b]0;owned\x07"},
	{"clear", "\x1b[2J\x1b[H\x1bc"},
	{"c1", "\u009b31mred \xc2\x9d0;owned\xc2\x9c"},
	{"newline", "one\ntwo\r\nthree\tfour"},
	{"nul", "a\x00b\x7fc\bd"},
	{"invalid", "\xff\xfe\xc0\xaf\xed\xa0\x80 cut \xe2\x82"},
	{"bidi", "user\u202e\u2066// admin\u2069\u2066"},
	{"zero-width", "pay\u200bpal\u200d\ufeff"},
	{"combining", "z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324algo"},
	{"wide", "漢字カナ 한글 🧑‍🚀👩‍👩‍👧 ﷽"},
	{"quotes", `"json", 'shell' $(id) \u0041 & <b>`},
	{"empty", ""},
	{"long", strings.Repeat("0123456789abcdef", 128)},
	{"long-wide", strings.Repeat("é漢", 400)},
	{"format", "%s%n%100000d"},
}

func nest(ctx context.Context, depth int) {
	if depth == 0 {
		trace.Log(ctx, "nest", "bottom")
		return
	}
	trace.WithRegion(ctx, "depth "+strconv.Itoa(depth), func() {
		ctx, task := trace.NewTask(ctx, "task "+strconv.Itoa(depth))
		defer task.End()
		nest(ctx, depth-1)
	})
}

func main() {
	opt := recording.Flags("annotate.trace", false)
	depth := flag.Int("depth", 12, "how deep regions and tasks nest")
	workers := flag.Int("workers", 3, "goroutines that annotate at the same time")
	flag.Parse()

	stop := opt.Start()
	defer stop()
	ctx := context.Background()
	for _, h := range hostile {
		trace.Log(ctx, h.name, h.text)
		trace.Log(ctx, h.text, h.name)
		trace.WithRegion(ctx, h.text, func() {
			c, task := trace.NewTask(ctx, h.text)
			trace.Logf(c, h.name, "inside %s", h.text)
			task.End()
		})
	}
	runtime.GC()
	var wg sync.WaitGroup
	for i := 0; i < *workers; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			nest(ctx, *depth)
			time.Sleep(time.Millisecond)
		}()
	}
	wg.Wait()
	// A task and a region that never end, and a task ended by another goroutine.
	open, task := trace.NewTask(ctx, "handed over")
	trace.StartRegion(open, "never ended")
	trace.NewTask(ctx, "left open")
	done := make(chan struct{})
	go func() {
		task.End()
		close(done)
	}()
	<-done
	runtime.GC()
	trace.Log(ctx, "end", "last words")
}
