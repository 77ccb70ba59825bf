// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sort"

	"golang.org/x/exp/trace"

	"heapreel.reference/internal/normal"
	"heapreel.reference/internal/unpack"
)

var errMore = errors.New("heapreel has more")

type result struct {
	rows   int // heapreel's
	events int // the reference's, without those of its own making
	ties   int
	note   string

	refused bool   // by the reference
	loss    string // that only heapreel reports
}

// reference is a stream of events of the reference reader, one ahead.
type reference struct {
	reader *trace.Reader
	close  func() error
	old    bool  // a trace of Go 1.21 or before
	err    error // that ended it, nil for a clean end
	ended  bool
}

func openReference(path string) (*reference, error) {
	in, err := unpack.Open(path)
	if err != nil {
		return nil, err
	}
	head := bufio.NewReader(in)
	magic, _ := head.Peek(8)
	old := len(magic) == 8 && string(magic[:5]) == "go 1." && string(magic[5:7]) < "22"
	r, err := trace.NewReader(head)
	return &reference{reader: r, close: in.Close, old: old, err: err, ended: err != nil}, nil
}

func (r *reference) next() (normal.Event, bool) {
	if r.ended {
		return normal.Event{}, false
	}
	ev, err := r.read()
	if err != nil {
		r.ended = true
		if err != io.EOF {
			r.err = err
		}
		return normal.Event{}, false
	}
	return ev, true
}

// read makes a failure of a panic: hostile numbers can make the reference's accessors panic.
func (r *reference) read() (ev normal.Event, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the reference panics: %v", p)
		}
	}()
	api, err := r.reader.ReadEvent()
	if err != nil {
		return ev, err
	}
	return normal.FromAPI(api), nil
}

// inLastGeneration tells whether the reference gives up before another generation begins. It reads to the end.
func (r *reference) inLastGeneration() bool {
	for {
		ev, ok := r.next()
		if !ok {
			return r.err != nil
		}
		if ev.Sync {
			return false
		}
	}
}

// rows gives heapreel's events in runs of equal time.
type rows struct {
	lines  *bufio.Scanner
	mapper *normal.Mapper
	row    normal.Row
	ahead  []normal.Event // of the next run
	last   int64
	count  int
}

// run returns the next events that share a time; none at the end.
func (r *rows) run() ([]normal.Event, error) {
	out := append([]normal.Event(nil), r.ahead...)
	r.ahead = r.ahead[:0]
	for r.lines.Scan() {
		r.count++
		if err := normal.ParseRow(r.lines.Bytes(), &r.row); err != nil {
			return out, fmt.Errorf("line %d: %w", r.count, err)
		}
		if r.row.T < r.last {
			return out, fmt.Errorf("line %d: time goes back from %d to %d", r.count, r.last, r.row.T)
		}
		r.last = r.row.T
		evs, err := r.mapper.Map(&r.row, nil)
		if err != nil {
			return out, fmt.Errorf("line %d: %w: %s", r.count, err, r.lines.Bytes())
		}
		if len(out) > 0 && out[0].Time != r.row.T {
			r.ahead = append(r.ahead, evs...)
			return out, nil
		}
		out = append(out, evs...)
	}
	return out, r.lines.Err()
}

// match walks both streams side by side.
func match(ref *reference, ours *rows) (res result, err error) {
	var clock clock
	if ref.old { // heapreel counts from the first event too, shown or not
		clock = clock.from(0)
	}
	defer func() { res.rows = ours.count }()
	for {
		run, err := ours.run()
		if err != nil {
			// What comes after the point where the reference gave up is not compared.
			if _, more := nextReal(ref, &clock); !more && ref.err != nil {
				err = nil
			}
			return res, err
		}
		if len(run) == 0 {
			break
		}
		theirs := make([]normal.Event, 0, len(run))
		for range run {
			ev, ok := nextReal(ref, &clock)
			if !ok {
				break
			}
			theirs = append(theirs, ev)
			if why := clock.check(run[0].Time, ev.Time); why != "" && ev.Same(run[len(theirs)-1]) {
				return res, fmt.Errorf("event %d: %s\n  reference: %v\n  heapreel:  %v", res.events+len(theirs)-1, why,
					ev, run[len(theirs)-1])
			}
		}
		if at, ok := sameOrder(run, theirs); !ok {
			if !sameByThread(run, theirs) && !(ref.old && sameSet(run, theirs)) {
				return res, fmt.Errorf("event %d:\n  reference: %v\n  heapreel:  %v", res.events+at, show(theirs, at),
					show(run, at))
			}
			res.ties++
		}
		res.events += len(theirs)
		if len(theirs) < len(run) {
			if ref.err == nil {
				return res, fmt.Errorf("%w: the reference ends after %d events\n  heapreel:  %v", errMore,
					res.events, run[len(theirs)])
			}
			return res, nil
		}
	}
	if ev, ok := nextReal(ref, &clock); ok {
		return res, fmt.Errorf("heapreel ends after %d events\n  reference: %v", res.events, ev)
	}
	return res, nil
}

// nextReal passes over the events of the reference's own making.
func nextReal(ref *reference, c *clock) (normal.Event, bool) {
	for {
		ev, ok := ref.next()
		if !ok || !ev.Sync {
			return ev, ok
		}
		c.sync(ev.Time)
	}
}

func show(evs []normal.Event, at int) any {
	if at < len(evs) {
		return evs[at]
	}
	return "nothing more"
}

// sameOrder compares up to the shorter one's end.
func sameOrder(a, b []normal.Event) (int, bool) {
	for i := range b {
		if !a[i].Same(b[i]) {
			return i, false
		}
	}
	return 0, true
}

// sameByThread allows other orders among events of one time, as long as each thread's own stays.
func sameByThread(a, b []normal.Event) bool {
	if len(a) != len(b) {
		return false
	}
	byThread := func(evs []normal.Event) map[int64][]normal.Event {
		m := map[int64][]normal.Event{}
		for _, e := range evs {
			m[e.M] = append(m[e.M], e)
		}
		return m
	}
	x, y := byThread(a), byThread(b)
	for m, evs := range x {
		if len(y[m]) != len(evs) {
			return false
		}
		if _, ok := sameOrder(evs, y[m]); !ok {
			return false
		}
	}
	return true
}

// sameSet allows any order among events of one time: the old reader walks Ps and goroutines in random order.
func sameSet(a, b []normal.Event) bool {
	words := func(evs []normal.Event) []string {
		var out []string
		for _, e := range evs {
			out = append(out, fmt.Sprint(e.M, e.P, e.G, e.What))
		}
		sort.Strings(out)
		return out
	}
	return slices.Equal(words(a), words(b))
}

// clock repeats how the reference makes times unique. The time of the first event, where heapreel's count begins, is not
// known as long as the reference delivers only times that it made up: then it is known to be at most `most`.
type clock struct {
	last  int64 // delivered by the reference
	most  int64
	known bool // the first event's time is `most`
	begun bool
}

// from is a clock whose zero is known.
func (c clock) from(base int64) clock {
	return clock{last: base - 1, most: base, known: true, begun: true}
}

func (c *clock) sync(t int64) {
	c.last = t
}

// check compares one time; ours is since the first event, theirs the reference's. Empty: they agree.
func (c *clock) check(ours, theirs int64) string {
	if !c.begun {
		c.begun = true
		c.most = math.MaxInt64
	}
	first := theirs - ours
	madeUp := theirs == c.last+1
	defer func() { c.last = theirs }()
	switch {
	case c.known && theirs != max(c.most+ours, c.last+1):
		return fmt.Sprintf("time: the reference has %d, heapreel's comes to %d", theirs, max(c.most+ours, c.last+1))
	case c.known:
	case madeUp:
		c.most = min(c.most, first)
	case first > c.most:
		return fmt.Sprintf("time: the reference has %d, heapreel's comes to %d at most", theirs, c.most+ours)
	default:
		c.most = first
		c.known = true
	}
	return ""
}
