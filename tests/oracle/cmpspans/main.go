// SPDX-License-Identifier: GPL-3.0-or-later

// Cmpspans holds heapreel's spans at the end of a trace against those that gdb read out of the runtime.
//
//	cmpspans [-heapreel PROGRAM] [-min PERCENT] [-swept PERCENT] [-sure N] [-total] [-v N] TRACE TRUTH
//	cmpspans [...] DIR...        each with the files trace and truth.jsonl, and truth-N.jsonl for instants in its middle
//
// A heap span's state is right where class, elements, their size, pages, live objects, list and owning P all are. For each
// pair it prints one line: how many in-use heap spans are right, how many of the words about swept or not are right,
// spans that only one side has, and spans that heapreel was sure of in error. Below come the sorts of errors.
// Exit status: 1 where a pair can't be compared, or misses a limit. Instants in the middle of a trace keep them where the program
// rested and nothing is wrong that heapreel was sure of; they have a sum of their own. Limits of the ends: -min, states that are right; -swept, words about swept
// or not that are right; -sure, spans of 10 000 that are wrong though heapreel was sure. With -total only the sum of all pairs
// has to keep them.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	program := flag.String("heapreel", "heapreel", "the heapreel `PROGRAM`")
	least := flag.Float64("min", 0, "fail under this percentage of right states")
	leastSwept := flag.Float64("swept", 0, "fail under this percentage of right words about sweeping")
	mostSure := flag.Float64("sure", 10000, "fail over this many sure but wrong spans in 10 000")
	total := flag.Bool("total", false, "limits are for the sum of all pairs only")
	verbose := flag.Int("v", 0, "show this many wrong spans of each pair")
	only := flag.String("only", "", "only instants in the middle of traces, and of these one `KIND`: any, rest, running, sweep, mark")
	quiet := flag.Bool("q", false, "only the lines, no tables of errors")
	flag.Parse()
	args := flag.Args()
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: cmpspans [-heapreel PROGRAM] [-min PERCENT] [-v N] [-q] TRACE TRUTH | DIR...")
		os.Exit(2)
	}
	var pairs [][2]string
	if info, err := os.Stat(args[0]); err == nil && !info.IsDir() && len(args) == 2 {
		pairs = append(pairs, [2]string{args[0], args[1]})
	} else {
		for _, dir := range args {
			truths, _ := filepath.Glob(filepath.Join(dir, "truth*.jsonl"))
			for _, truth := range truths {
				pairs = append(pairs, [2]string{filepath.Join(dir, "trace"), truth})
			}
		}
	}
	status := 0
	var all, middle score
	ends, middles := 0, 0
	for _, pair := range pairs {
		s, err := compare(*program, pair[0], pair[1], *verbose)
		name := filepath.Base(filepath.Dir(pair[0]))
		if n, ok := strings.CutPrefix(filepath.Base(pair[1]), "truth-"); ok {
			name += "/" + strings.TrimSuffix(n, ".jsonl")
			if s != nil {
				name += " " + s.kind
			}
		}
		if err != nil {
			fmt.Printf("%s: %v\n", name, err)
			if !errors.Is(err, errNoTimes) {
				status = 1
			}
			continue
		}
		if *only != "" && *only != s.kind && (*only != "any" || s.kind == "") {
			continue
		}
		fmt.Printf("%s: %s\n", name, s.line())
		if !*quiet {
			s.table(os.Stdout)
		}
		if s.kind != "" {
			if s.kind == "rest" && (s.sureWrong > 0 || s.said != s.saidRight) {
				status = 1
			}
			middles++
			middle.add(s)
			continue
		}
		if !*total && !s.keeps(*least, *leastSwept, *mostSure) {
			status = 1
		}
		ends++
		all.add(s)
	}
	if ends > 1 {
		fmt.Printf("all %d: %s\n", ends, all.line())
		all.table(os.Stdout)
	}
	if middles > 0 {
		fmt.Printf("in the middle %d: %s\n", middles, middle.line())
		middle.table(os.Stdout)
	}
	if *total && !all.keeps(*least, *leastSwept, *mostSure) {
		status = 1
	}
	os.Exit(status)
}
