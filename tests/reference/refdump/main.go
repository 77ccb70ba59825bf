// SPDX-License-Identifier: GPL-3.0-or-later

// Refdump reads a trace with the reference reader, golang.org/x/exp/trace.
//
//	refdump TRACE          print each event in normal form: time m p g, and what it says
//	refdump -count TRACE   read as fast as possible; print events, seconds, and seconds of all threads' CPU time
//
// An error of the reader goes to standard error, with exit status 1.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/exp/trace"

	"heapreel.reference/internal/normal"
	"heapreel.reference/internal/unpack"
)

func main() {
	count := flag.Bool("count", false, "only count the events and take the time")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: refdump [-count] TRACE")
		os.Exit(2)
	}
	in, err := unpack.Open(flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer in.Close()
	out := bufio.NewWriter(os.Stdout)
	begin := time.Now()
	n, err := read(in, func(ev trace.Event) {
		if !*count {
			fmt.Fprintln(out, normal.FromAPI(ev))
		}
	})
	if *count {
		fmt.Fprintf(out, "%d %.4f %.4f\n", n, time.Since(begin).Seconds(), cpu().Seconds())
	}
	out.Flush()
	if err != nil {
		fmt.Fprintln(os.Stderr, "refdump:", err)
		os.Exit(1)
	}
}

// cpu is the processor time of this process up to now.
func cpu() time.Duration {
	var use syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &use) != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

func read(in io.Reader, each func(trace.Event)) (n int, err error) {
	r, err := trace.NewReader(in)
	if err != nil {
		return 0, err
	}
	for ; ; n++ {
		ev, err := r.ReadEvent()
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		each(ev)
	}
}
