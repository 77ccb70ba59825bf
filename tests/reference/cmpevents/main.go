// SPDX-License-Identifier: GPL-3.0-or-later

// Cmpevents compares heapreel's events with those of the reference reader, one by one.
//
//	cmpevents [-heapreel PROGRAM] [-damaged] TRACE...
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
// Prints a line for each trace. Exit status: 0 all equal, 1 not.
package main

import (
	"bufio"
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
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: cmpevents [-heapreel PROGRAM] [-damaged] TRACE...")
		os.Exit(2)
	}
	status := 0
	for _, path := range flag.Args() {
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
	ref, err := openReference(path)
	if err != nil {
		return res, err
	}
	defer ref.close()
	cmd := exec.Command(program, path, "events", "--format", "jsonl")
	errors, err := os.CreateTemp("", "cmpevents")
	if err != nil {
		return res, err
	}
	defer os.Remove(errors.Name())
	defer errors.Close()
	cmd.Stderr = errors
	out, err := cmd.StdoutPipe()
	if err != nil {
		return res, err
	}
	if err := cmd.Start(); err != nil {
		return res, err
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(make([]byte, 1<<16), 1<<24)
	res, err = match(ref, &rows{lines: lines, mapper: normal.NewMapper(ref.old)})
	if err != nil && !(damaged && ref.inLastGeneration()) {
		cmd.Process.Kill()
		cmd.Wait()
		return res, err
	}
	for lines.Scan() { // after an error of the reference: let heapreel end by itself
		res.rows++
	}
	cmd.Wait()
	return res, verdict(&res, ref.err, cmd.ProcessState.ExitCode(), errors.Name())
}

// verdict holds heapreel's exit status against the reference's end.
func verdict(res *result, refErr error, code int, errors string) error {
	text, _ := os.ReadFile(errors)
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
