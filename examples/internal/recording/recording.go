// SPDX-License-Identifier: GPL-3.0-or-later

// Package recording turns runtime/trace on and off for the example programs.
//
// It owns the flags that all of them share: where the trace goes, and whether alloc/free events are in it. The
// GODEBUG setting is read by the runtime when tracing starts, so the program may set it for itself.
package recording

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"runtime/trace"
)

// Options are the shared flags of one program.
type Options struct {
	out     *string
	plain   *bool
	samples *bool
}

// Flags registers the shared flags; name is the default trace file. Call it before flag.Parse.
func Flags(name string, plain bool) *Options {
	return &Options{
		out:     flag.String("o", name, "write the trace to `FILE`"),
		plain:   flag.Bool("plain", plain, "leave alloc/free events out"),
		samples: flag.Bool("samples", false, "run the CPU profiler too, so that the trace holds its samples"),
	}
}

// Plain reports whether alloc/free events are left out.
func (o *Options) Plain() bool { return *o.plain }

// Create makes the trace's file, and sees to it that tracing that starts from now on has alloc/free events if it should.
func (o *Options) Create() *os.File {
	if !*o.plain {
		setting := "traceallocfree=1"
		if old := os.Getenv("GODEBUG"); old != "" {
			setting = old + "," + setting
		}
		Check(os.Setenv("GODEBUG", setting))
	}
	file, err := os.Create(*o.out)
	Check(err)
	return file
}

// Start begins to trace and returns the function that ends it and closes the file.
func (o *Options) Start() (stop func()) {
	file := o.Create()
	buf := bufio.NewWriterSize(file, 1<<17)
	if *o.samples {
		Check(pprof.StartCPUProfile(io.Discard))
	}
	Check(trace.Start(buf))
	return func() {
		trace.Stop()
		if *o.samples {
			pprof.StopCPUProfile()
		}
		Check(buf.Flush())
		Check(file.Close())
	}
}

// Check ends the program with what went wrong, if anything did.
func Check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
