// SPDX-License-Identifier: GPL-3.0-or-later

// Cmpstats holds heapreel's frames against what a program logged of its own heap while it ran; see stats.
//
//	cmpstats [-heapreel PROGRAM] [-v] TRACE...
//
// At each log: objects, their bytes, objects of each size class of MemStats.BySize, and that each object that the program
// could still reach is live. Events of other threads whose clocks run ahead sort after the instant, at rest those of a sweeper
// that is done (each event of a thread is 64 ns behind the one before, however fast they came): as many objects may differ as
// other threads have object events in the next 0.2 ms. Where there are none all must be equal.
// Events that had to wait in the trace's order, for another thread's or for the end of a generation, have the time of the
// last one before: where such ones come behind the instant no frame stands between, and the report is left out.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"heapreel.oracle/outcome"
)

const ahead = 200_000 // ns that a thread's clock may run ahead

type event struct {
	T     int64  `json:"t"`
	M     int64  `json:"m"`
	G     int64  `json:"g"`
	Ev    string `json:"ev"`
	Kind  string `json:"kind_string"`
	Key   string `json:"key_string"`
	Value string `json:"value_string"`
}

// A report is what the program logged at one instant.
type report struct {
	t              int64
	rest           bool
	objects, bytes uint64
	sizes          map[uint64]uint64
	alive          []string
	slack          uint64
}

var program = flag.String("heapreel", "heapreel", "the heapreel `PROGRAM`")

func main() {
	verbose := flag.Bool("v", false, "show each report")
	flag.Parse()
	status := 0
	for _, path := range flag.Args() {
		reports, err := read(path)
		if err == nil && len(reports) == 0 {
			err = fmt.Errorf("no reports in it")
		}
		wrong := 0
		for _, r := range reports {
			what, e := r.compare(path)
			if e != nil {
				err = e
				break
			}
			if len(what) > 0 {
				wrong++
			}
			if *verbose || len(what) > 0 {
				fmt.Printf("%s: at %d ns, rest %v, slack %d: %s\n", path, r.t, r.rest, r.slack, strings.Join(what, "; "))
			}
		}
		if err != nil {
			fmt.Printf("%s: %v\n", path, err)
		} else {
			fmt.Printf("%s: %d of %d reports agree\n", path, len(reports)-wrong, len(reports))
		}
		if err != nil || wrong > 0 {
			status = 1
		}
	}
	os.Exit(status)
}

// rows runs a command and decodes its rows.
func rows[T any](args ...string) ([]T, error) {
	cmd := exec.Command(*program, append(args, "--format", "jsonl")...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	var list []T
	dec := json.NewDecoder(bufio.NewReader(out))
	for dec.More() {
		var row T
		if err := dec.Decode(&row); err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, outcome.Whole(*program, args[0], cmd.Wait())
}

// read finds the reports. The figures belong to the instant when the world, stopped to read them, is about to go on: then
// ProcsChange tells the number of Ps.
func read(path string) ([]report, error) {
	events, err := rows[event](path, "events")
	if err != nil {
		return nil, err
	}
	var reports []report
	var stopper, instant int64 = -1, -1
	at := 0
	for i, e := range events {
		switch {
		case e.Ev == "STWBegin" && e.Kind == "read mem stats":
			stopper = e.G
		case e.Ev == "ProcsChange" && e.G == stopper:
			instant, at, stopper = e.T, i, -1
		case e.Ev == "UserLog" && e.Key == "memstats" && instant >= 0 && waited(events[at:]):
			fmt.Printf("%s: left out: at %d ns more events were waiting\n", path, instant)
			instant = -1
		case e.Ev == "UserLog" && e.Key == "memstats" && instant >= 0:
			r := report{t: instant, sizes: map[uint64]uint64{}}
			if _, err := fmt.Sscan(e.Value, &r.rest, &r.objects, &r.bytes); err != nil {
				return nil, fmt.Errorf("%q: %w", e.Value, err)
			}
			r.slack = others(events[at:], e.M)
			reports = append(reports, r)
		case e.Ev == "UserLog" && e.Key == "sizes" && len(reports) > 0 && instant >= 0:
			for _, pair := range strings.Fields(e.Value) {
				var size, n uint64
				if _, err := fmt.Sscanf(pair, "%d:%d", &size, &n); err != nil {
					return nil, fmt.Errorf("%q: %w", pair, err)
				}
				reports[len(reports)-1].sizes[size] = n
			}
		case e.Ev == "UserLog" && e.Key == "alive" && len(reports) > 0 && instant >= 0:
			r := &reports[len(reports)-1]
			r.alive = append(r.alive, strings.Fields(e.Value)...)
		}
	}
	return reports, nil
}

// waited tells whether the first event's thread has another one at the same time, which its own clock never gives it.
func waited(events []event) bool {
	for _, e := range events[1:] {
		if e.T != events[0].T {
			break
		}
		if e.M == events[0].M {
			return true
		}
	}
	return false
}

// others counts the object events of other threads than m, soon after the first event.
func others(events []event, m int64) uint64 {
	n := uint64(0)
	for _, e := range events {
		if e.T > events[0].T+ahead {
			break
		}
		if e.M != m && strings.HasPrefix(e.Ev, "HeapObject") {
			n++
		}
	}
	return n
}

func differ(a, b, slack uint64) bool {
	return max(a, b)-min(a, b) > slack
}

func (r *report) compare(path string) ([]string, error) {
	at := fmt.Sprintf("%dns", r.t)
	type summary struct {
		Objects uint64 `json:"objects"`
		Bytes   uint64 `json:"object_bytes"`
	}
	type central struct {
		Class   int    `json:"class"`
		Elem    uint64 `json:"elem"`
		Objects uint64 `json:"objects"`
	}
	var wrong []string
	sums, err := rows[summary](path, "summary", "--at", at)
	if err != nil || len(sums) != 1 {
		return nil, fmt.Errorf("summary: %v", err)
	}
	if differ(sums[0].Objects, r.objects, r.slack) {
		wrong = append(wrong, fmt.Sprintf("%d objects, not %d", sums[0].Objects, r.objects))
	}
	if r.slack == 0 && sums[0].Bytes != r.bytes {
		wrong = append(wrong, fmt.Sprintf("%d bytes, not %d", sums[0].Bytes, r.bytes))
	}
	classes, err := rows[central](path, "central", "--at", at)
	if err != nil {
		return nil, fmt.Errorf("central: %w", err)
	}
	have := map[uint64]uint64{}
	for _, c := range classes {
		if c.Class > 0 {
			have[c.Elem] += c.Objects
		}
	}
	largest := uint64(18432) // MemStats.BySize ends there
	for size := range have {
		if size <= largest && differ(have[size], r.sizes[size], r.slack) {
			wrong = append(wrong, fmt.Sprintf("%d objects of %d bytes, not %d", have[size], size, r.sizes[size]))
		}
	}
	for size, n := range r.sizes {
		if _, ok := have[size]; !ok {
			wrong = append(wrong, fmt.Sprintf("no objects of %d bytes, not %d", size, n))
		}
	}
	for alive := r.alive; len(alive) > 0; {
		few := alive[:min(len(alive), 30)] // heapreel runs at most 64 commands
		alive = alive[len(few):]
		dead, err := r.dead(path, few)
		if err != nil {
			return nil, err
		}
		wrong = append(wrong, dead...)
	}
	return wrong, nil
}

type life struct {
	T  int64  `json:"t"`
	Ev string `json:"ev"`
}

// dead says which of these addresses hold no object at the instant of the report.
func (r *report) dead(path string, addrs []string) ([]string, error) {
	args := []string{path}
	for _, addr := range addrs {
		args = append(args, "-e", "bucket "+addr, "-e", "summary") // a row without an event ends each life
	}
	lives, err := rows[life](args...)
	if err != nil {
		return nil, fmt.Errorf("bucket: %w", err)
	}
	var wrong []string
	last, n := "nothing", 0
	for _, e := range lives {
		switch {
		case e.Ev == "":
			if last != "exists" && last != "alloc" {
				wrong = append(wrong, fmt.Sprintf("%s is alive, not %s", addrs[n], last))
			}
			last = "nothing"
			n++
		case e.T <= r.t && (e.Ev == "exists" || e.Ev == "alloc" || e.Ev == "free" || e.Ev == "span-free"):
			last = e.Ev
		}
	}
	if n != len(addrs) {
		return nil, fmt.Errorf("%d histories of %d", n, len(addrs))
	}
	return wrong, nil
}
