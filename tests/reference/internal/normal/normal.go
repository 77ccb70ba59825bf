// SPDX-License-Identifier: GPL-3.0-or-later

// Package normal gives the events of the reference reader and those of heapreel one common form.
//
// The reference (golang.org/x/exp/trace) has events of its own making: one wire event can become three of them, and some
// come from none. heapreel prints wire events. Both are turned into Event, whose What says in words all that the
// reference lets one see of the event: two readers agree where their sequences of Event are equal.
package normal

import (
	"fmt"
	"strings"

	"golang.org/x/exp/trace"
)

// Event is one event in normal form. M, P, G are -1 where there is none.
type Event struct {
	Time    int64
	M, P, G int64
	What    string
	Sync    bool // made by the reference alone; no wire event belongs to it
}

func (e Event) String() string {
	return fmt.Sprintf("%d m=%d p=%d g=%d %s", e.Time, e.M, e.P, e.G, e.What)
}

// Same reports whether two events agree in all but time.
func (e Event) Same(o Event) bool {
	return e.M == o.M && e.P == o.P && e.G == o.G && e.What == o.What
}

// quote shows a text of the trace. Invalid UTF-8 has no form in JSON that all writers agree on: a run of invalid
// bytes counts as one replacement character on both sides.
func quote(s string) string {
	var b strings.Builder
	bad := false
	for _, r := range s {
		if r == '\uFFFD' {
			if !bad {
				b.WriteRune(r)
			}
			bad = true
			continue
		}
		bad = false
		b.WriteRune(r)
	}
	return fmt.Sprintf("%q", b.String())
}

// FromAPI turns an event of the reference into normal form.
func FromAPI(ev trace.Event) Event {
	e := Event{Time: int64(ev.Time()), M: int64(ev.Thread()), P: int64(ev.Proc()), G: int64(ev.Goroutine())}
	switch ev.Kind() {
	case trace.EventSync:
		e.Sync = true
		e.What = "sync"
	case trace.EventMetric:
		m := ev.Metric()
		e.What = fmt.Sprintf("metric %s %d", m.Name, m.Value.Uint64())
	case trace.EventLabel:
		l := ev.Label()
		e.What = fmt.Sprintf("label %s %s", scope(l.Resource), quote(l.Label))
	case trace.EventStackSample:
		e.What = "sample"
	case trace.EventRangeBegin:
		e.What = rangeText("begin", ev)
	case trace.EventRangeActive:
		e.What = rangeText("active", ev)
	case trace.EventRangeEnd:
		e.What = rangeText("end", ev)
	case trace.EventTaskBegin:
		t := ev.Task()
		e.What = fmt.Sprintf("task begin %d parent %d %s", t.ID, t.Parent, quote(t.Type))
	case trace.EventTaskEnd:
		t := ev.Task()
		e.What = fmt.Sprintf("task end %d parent %d %s", t.ID, t.Parent, quote(t.Type))
	case trace.EventRegionBegin:
		r := ev.Region()
		e.What = fmt.Sprintf("region begin %d %s", r.Task, quote(r.Type))
	case trace.EventRegionEnd:
		r := ev.Region()
		e.What = fmt.Sprintf("region end %d %s", r.Task, quote(r.Type))
	case trace.EventLog:
		l := ev.Log()
		e.What = fmt.Sprintf("log %d %s %s", l.Task, quote(l.Category), quote(l.Message))
	case trace.EventStateTransition:
		e.What = transition(ev.StateTransition())
	case trace.EventExperimental:
		x := ev.Experimental()
		var b strings.Builder
		b.WriteString("experimental " + x.Name)
		for i, name := range x.Args {
			fmt.Fprintf(&b, " %s=%d", name, x.ArgValue(i).Uint64())
		}
		e.What = b.String()
	default:
		e.What = fmt.Sprintf("kind %d", ev.Kind())
	}
	return e
}

func scope(r trace.ResourceID) string {
	switch r.Kind {
	case trace.ResourceGoroutine:
		return fmt.Sprintf("g=%d", r.Goroutine())
	case trace.ResourceProc:
		return fmt.Sprintf("p=%d", r.Proc())
	case trace.ResourceThread:
		return fmt.Sprintf("m=%d", r.Thread())
	}
	return "all"
}

func rangeText(verb string, ev trace.Event) string {
	r := ev.Range()
	s := fmt.Sprintf("range %s %s %s", verb, scope(r.Scope), quote(r.Name))
	if verb == "end" {
		for _, a := range ev.RangeAttributes() {
			s += fmt.Sprintf(" %s=%d", a.Name, a.Value.Uint64())
		}
	}
	return s
}

// transition leaves out where a resource that was not known before came from: "new" stands for that.
func transition(t trace.StateTransition) string {
	switch t.Resource.Kind {
	case trace.ResourceGoroutine:
		from, to := t.Goroutine()
		old := from.String()
		if from == trace.GoUndetermined {
			old = "new"
		}
		return change("g", int64(t.Resource.Goroutine()), old, to.String(), t.Reason)
	case trace.ResourceProc:
		from, to := t.Proc()
		old := from.String()
		if from == trace.ProcUndetermined || from == trace.ProcNotExist {
			old = "new"
		}
		return change("p", int64(t.Resource.Proc()), old, to.String(), t.Reason)
	}
	return "transition of an unknown resource"
}

func change(kind string, id int64, from, to, reason string) string {
	return fmt.Sprintf("%s %d %s->%s %s", kind, id, from, to, quote(reason))
}
