// SPDX-License-Identifier: GPL-3.0-or-later

// Cmpevents compares heapreel's events with those of the reference reader, one by one.
//
//	cmpevents [-heapreel PROGRAM] [-damaged] TRACE...
//	cmpevents [-heapreel PROGRAM] -variants N [-seed SEED] [-keep DIR] TRACE...
//
// Everything that the reference lets one see is compared: order, thread, processor and goroutine, what the event says,
// and the time. heapreel's time is the reader's own before the reference makes each time unique (an event that is
// not later than its predecessor gets the predecessor's time plus 1); that step is done here and the results must be equal.
// Only events of different threads with the same time may come in another order; they are counted.
//
// Where the reference gives up with an error, heapreel must have given the same events up to there, and exit with
// status 1 or 2. It may go on after that: it is made to save what can be saved. With -damaged it may even know more of
// the generation in which the reference gives up, so that only the generations before that one have to be equal.
//
// With -variants, N damaged forms of each trace are compared instead of it (damage.go); those that fail go to DIR.
//
// Prints a line for each trace. Exit status: 0 all equal, 1 not.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"time"

	"heapreel.reference/internal/normal"
)

func main() {
	program := flag.String("heapreel", "heapreel", "the heapreel `PROGRAM`")
	damaged := flag.Bool("damaged", false, "in the generation where the reference gives up, heapreel may tell more")
	forms := flag.Int("variants", 0, "compare `N` damaged forms of each trace")
	seed := flag.Int64("seed", 1, "where the damaged forms begin")
	keep := flag.String("keep", "", "the `DIR` for damaged forms that fail")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: cmpevents [-heapreel PROGRAM] [-damaged] TRACE...")
		os.Exit(2)
	}
	status := 0
	for _, path := range flag.Args() {
		if *forms > 0 {
			if !variants(*program, path, *forms, *seed, *keep) {
				status = 1
			}
			continue
		}
		begin := time.Now()
		res, err := compare(*program, path, *damaged)
		if err != nil {
			fmt.Printf("%s: DIFFERS after %d events\n%v\n", path, res.events, err)
			status = 1
			continue
		}
		fmt.Printf("%s: equal, %d events (%d of the reference), %d ties in another order, %.1f s%s\n", path, res.rows,
			res.events, res.ties, time.Since(begin).Seconds(), res.note)
	}
	os.Exit(status)
}

// compare runs heapreel on one trace beside the reference.
func compare(program, path string, damaged bool) (res result, err error) {
	res, refErr, code, text, err := run(program, path, damaged)
	if err != nil {
		return res, err
	}
	return res, verdict(&res, refErr, code, text)
}

// compareForm does the same for a damaged form.
func compareForm(program, path string) (res result, err error) {
	res, refErr, code, text, err := run(program, path, true)
	switch {
	case errors.Is(err, errMore) && code == 1: // a table that ends in mid-entry ends the reference's reading, without an error
		res.loss = "(the reference ends early) " + string(text)
	case refErr == nil && code == 1 && bytes.Contains(text, []byte("later than what comes after it")):
		// The reference believes a time that its thread's next batch proves wrong; heapreel's order is the better one.
		res.loss = string(text)
	case err != nil:
		return res, fmt.Errorf("%w\n  heapreel: %s", err, text)
	case code != 0 && code != 1 && code != 2:
		return res, fmt.Errorf("heapreel exits with %d: %s", code, text)
	case refErr != nil && code == 0 && bytes.Contains(text, []byte("another trace begins")):
		res.loss = string(text) // the reference reads one trace, heapreel all of a file
	case refErr != nil && code == 0:
		return res, fmt.Errorf("the reference fails (%.200v), heapreel is content", refErr)
	case refErr != nil:
		res.refused = true
	case code != 0:
		res.loss = string(text)
	}
	return res, nil
}

// run reads a trace with both and compares; code and text are heapreel's exit status and messages.
func run(program, path string, damaged bool) (res result, refErr error, code int, text []byte, err error) {
	ref, err := openReference(path)
	if err != nil {
		return res, nil, 0, nil, err
	}
	defer ref.close()
	cmd := exec.Command(program, path, "events", "--format", "jsonl")
	var messages bytes.Buffer
	cmd.Stderr = &messages
	out, err := cmd.StdoutPipe()
	if err != nil {
		return res, nil, 0, nil, err
	}
	if err := cmd.Start(); err != nil {
		return res, nil, 0, nil, err
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(make([]byte, 1<<16), 1<<24)
	res, err = match(ref, &rows{lines: lines, mapper: normal.NewMapper(ref.old)})
	if err != nil && damaged && ref.inLastGeneration() {
		err = nil
	}
	for lines.Scan() { // after an error of the reference: let heapreel end by itself
		res.rows++
	}
	cmd.Wait()
	return res, ref.err, cmd.ProcessState.ExitCode(), messages.Bytes(), err
}

// verdict holds heapreel's exit status against the reference's end.
func verdict(res *result, refErr error, code int, text []byte) error {
	switch {
	case refErr == nil && code != 0:
		return fmt.Errorf("the reference is content, heapreel exits with %d: %s", code, text)
	case refErr != nil && code != 1 && code != 2:
		return fmt.Errorf("the reference fails (%v), heapreel exits with %d: %s", refErr, code, text)
	case refErr != nil:
		res.note = fmt.Sprintf("; the reference stops: %.60q", refErr.Error())
	}
	return nil
}
