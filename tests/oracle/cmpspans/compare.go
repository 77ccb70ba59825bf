// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"heapreel.oracle/outcome"
)

// span is a row of both files. Fields that only one of them has are zero in the other.
type span struct {
	Base   string  `json:"base"`
	Pages  int64   `json:"pages"`
	Kind   string  `json:"kind"`
	Class  *int    `json:"class"`
	Noscan *bool   `json:"noscan"`
	Elem   int64   `json:"elem"`
	Slots  int64   `json:"slots"`
	Live   int64   `json:"live"`
	Where  *string `json:"where"`
	P      *int64  `json:"p"`
	Swept  *bool   `json:"swept"`
	Sure   *bool   `json:"sure"`

	Sweeping bool `json:"sweeping"` // truth: at this instant
	Moving   bool `json:"moving"`   // truth: on no list at this instant
}

// truthMeta is the first line of the truth.
type truthMeta struct {
	Truth    int   `json:"truth"`
	Sweepgen int   `json:"sweepgen"`
	GCPhase  int   `json:"gcphase"`
	Procs    int   `json:"procs"`
	Clock    int64 `json:"clock"` // monotonic nanoseconds, of an instant in the middle of the trace
}

func (m truthMeta) String() string {
	if m.Truth == 0 {
		return ""
	}
	return fmt.Sprintf(" [gcphase %d, sweepgen %d, %d P]", m.GCPhase, m.Sweepgen, m.Procs)
}

func compare(program, tracePath, truthPath string, verbose int) (*score, error) {
	s := &score{}
	truth, err := readTruth(truthPath, &s.meta)
	if err != nil {
		return nil, err
	}
	args := []string{tracePath, "spans", "--format", "jsonl"}
	if s.meta.Clock != 0 {
		at, kind, err := instantOf(program, tracePath, s.meta.Clock)
		if err == nil {
			err = hasTimes(program, tracePath, at)
		}
		if err != nil {
			return nil, err
		}
		s.kind = kind
		args = append(args, "--at", fmt.Sprintf("%dns", at))
	}
	cmd := exec.Command(program, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	model, err := readSpans(out)
	if e := outcome.Whole(program, tracePath, cmd.Wait()); e != nil {
		return nil, fmt.Errorf("heapreel: %w", e)
	}
	if err != nil {
		return nil, err
	}
	for base, t := range truth {
		m, ok := model[base]
		if t.Kind != "heap" {
			s.manual++
			if ok && m.Kind != "heap" && m.Pages == t.Pages {
				s.manualOK++
			} else {
				s.note(fmt.Sprintf("manual span is %s", kindOf(m)))
			}
			continue
		}
		wrong := s.heapSpan(t, m)
		if wrong != "" && len(s.examples) < verbose {
			s.examples = append(s.examples, fmt.Sprintf("%#x %s", base, wrong))
		}
	}
	for base, m := range model {
		if _, ok := truth[base]; !ok {
			if m.Kind == "heap" {
				s.extra++
			}
			s.note(fmt.Sprintf("no such span, but there is %s", kindOf(m)))
		}
	}
	return s, nil
}

// instantOf gives the trace's time of a reading of the clock, and the sort of instant that the program's last log before it
// speaks of. The program logs the clock; a goroutine may be stopped between reading and logging it, so the two that are
// closest to each other tell how the trace's time runs.
func instantOf(program, tracePath string, clock int64) (int64, string, error) {
	out, err := exec.Command(program, tracePath, "notes", "--format", "jsonl").Output()
	if err := outcome.Whole(program, tracePath, err); err != nil {
		return 0, "", fmt.Errorf("notes: %w", err)
	}
	lag, kind := int64(math.MaxInt64), ""
	dec := json.NewDecoder(bytes.NewReader(out))
	for dec.More() {
		var note struct {
			T           int64
			Name, Value string
		}
		if err := dec.Decode(&note); err != nil {
			return 0, "", err
		}
		var k string
		var logged int64
		if n, _ := fmt.Sscan(note.Value, &k, &logged); note.Name == "oracle" && n == 2 {
			lag = min(lag, note.T-logged)
			if logged < clock {
				kind = k
			}
		}
	}
	if kind == "" {
		return 0, "", fmt.Errorf("no log of the clock before %d", clock)
	}
	return clock + lag, kind, nil
}

// errNoTimes: what happened about an instant has no times of its own in the trace.
var errNoTimes = errors.New("left out: a generation ended about then, and events that came before its end are after it")

// hasTimes checks that the trace tells what came before an instant and what after. While a generation ends, which takes
// seconds where gdb halts the thread that ends it, others write events of the next one already: in the order of the trace
// these come after all of the old one's, so as all readers do their times are set to its end: thousands at one time.
func hasTimes(program, tracePath string, at int64) error {
	const crowd, width = 200, 100_000 // events at one time, within so many ns
	cmd := exec.Command(program, tracePath, "events", "--from", fmt.Sprintf("%dns", at), "--format", "jsonl")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	dec := json.NewDecoder(out)
	var first, last, same int64
	for same < crowd && dec.More() {
		var ev struct{ T int64 }
		if err := dec.Decode(&ev); err != nil {
			return err
		}
		if first == 0 {
			first = ev.T
		}
		if ev.T > first+width {
			return nil
		}
		if ev.T != last {
			same = 0
		}
		last = ev.T
		same++
	}
	if same == crowd {
		return errNoTimes
	}
	return nil
}

func kindOf(m *span) string {
	if m == nil {
		return "not there"
	}
	return "a " + m.Kind + " span"
}

// heapSpan judges one in-use heap span; it returns what is wrong, or nothing.
func (s *score) heapSpan(t, m *span) string {
	s.spans++
	cached := *t.Where == "mcache"
	if cached {
		s.slots++
	}
	if m == nil || m.Kind != "heap" {
		s.missing++
		s.note("heap span is " + kindOf(m))
		return fmt.Sprintf("class %d: %s", *t.Class, kindOf(m))
	}
	sure := m.Sure == nil || *m.Sure
	if !sure {
		s.unsure++
	}
	var wrong []string
	differ := func(what string, a, b any) {
		if a != b {
			wrong = append(wrong, fmt.Sprintf("%s %v, not %v", what, b, a))
			s.note(what + " wrong")
		}
	}
	differ("class", *t.Class, intOf(m.Class))
	differ("noscan", *t.Noscan, m.Noscan != nil && *m.Noscan)
	differ("pages", t.Pages, m.Pages)
	differ("elem", t.Elem, m.Elem)
	differ("slots", t.Slots, m.Slots)
	if t.Live != m.Live {
		wrong = append(wrong, fmt.Sprintf("live %d, not %d", m.Live, t.Live))
		s.note(fmt.Sprintf("live off by %+d%s", m.Live-t.Live, moving(t)))
	}
	if a, b := place(t), place(m); a != b {
		wrong = append(wrong, fmt.Sprintf("%s, not %s", b, a))
		s.note(fmt.Sprintf("%s taken for %s%s", general(t), general(m), moving(t)))
	} else if cached {
		s.slotsOK++
	}
	bad := len(wrong) > 0
	if !bad {
		s.right++
	}
	if m.Swept != nil && !t.Sweeping {
		s.said++
		if *m.Swept == *t.Swept {
			s.saidRight++
		} else {
			bad = true
			wrong = append(wrong, fmt.Sprintf("swept %v, not %v", *m.Swept, *t.Swept))
			s.note(fmt.Sprintf("%s swept=%v taken for %s swept=%v", general(t), *t.Swept, general(m), *m.Swept))
		}
	}
	if bad && sure {
		s.sureWrong++
	}
	if len(wrong) == 0 {
		return ""
	}
	marked := ", sure"
	if !sure {
		marked = ", not sure"
	}
	return fmt.Sprintf("class %d noscan %v, %d of %d live: %s%s%s", *t.Class, *t.Noscan, t.Live, t.Slots,
		strings.Join(wrong, "; "), moving(t), marked)
}

func intOf(p *int) int {
	if p == nil {
		return -1
	}
	return *p
}

func moving(t *span) string {
	switch {
	case t.Sweeping:
		return " (being swept)"
	case t.Moving:
		return " (on its way)"
	}
	return ""
}

// place is where a span is, its owner included.
func place(s *span) string {
	if s.Where == nil {
		return "unknown"
	}
	if *s.Where == "mcache" {
		if s.P == nil {
			return "mcache of an unknown P"
		}
		return fmt.Sprintf("mcache of P %d", *s.P)
	}
	return *s.Where
}

// general is the place without the number of the P.
func general(s *span) string {
	if s.Where == nil {
		return "unknown"
	}
	return *s.Where
}

func readTruth(path string, meta *truthMeta) (map[uint64]*span, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	buf := bufio.NewReader(file)
	first, err := buf.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(first, meta)
	}
	if err != nil || meta.Truth != 1 {
		return nil, fmt.Errorf("%s: not a truth file (%v)", path, err)
	}
	return readSpans(buf)
}

func readSpans(in io.Reader) (map[uint64]*span, error) {
	spans := map[uint64]*span{}
	dec := json.NewDecoder(in)
	for {
		s := &span{}
		if err := dec.Decode(s); err == io.EOF {
			return spans, nil
		} else if err != nil {
			return spans, err
		}
		base, err := strconv.ParseUint(strings.TrimPrefix(s.Base, "+"), 0, 64)
		if err != nil {
			return spans, err
		}
		if spans[base] != nil {
			return spans, fmt.Errorf("two spans at %s", s.Base)
		}
		spans[base] = s
	}
}
