// SPDX-License-Identifier: GPL-3.0-or-later

package normal

import (
	"fmt"
	"strings"
)

// Mapper turns heapreel's rows into the events that the reference makes of them. It carries only what the reference
// needs from earlier events to word later ones: states of processors and goroutines, open tasks, and the kind of the
// open stop-the-world of each goroutine.
type Mapper struct {
	procs map[int64]uint64 // status as in the wire format
	gos   map[int64]string
	tasks map[uint64]task
	stw   map[int64]string
	old   bool // a trace of Go 1.21 or before
	begun bool // its first ProcsChange was seen
}

type task struct {
	parent uint64
	name   string
}

// NewMapper returns a Mapper for one trace; old tells that Go 1.21 or before wrote it.
func NewMapper(old bool) *Mapper {
	return &Mapper{procs: map[int64]uint64{}, gos: map[int64]string{}, tasks: map[uint64]task{},
		stw: map[int64]string{}, old: old}
}

const (
	procRunning   = 1
	procIdle      = 2
	procSyscall   = 3
	procAbandoned = 4
)

var (
	procNames = []string{"Undetermined", "Running", "Idle", "Running", "Idle"}
	goNames   = []string{"Undetermined", "Runnable", "Running", "Syscall", "Waiting"}
)

const (
	gomaxprocs = "/sched/gomaxprocs:threads"
	heapLive   = "/memory/classes/heap/objects:bytes"
	heapGoal   = "/gc/heap/goal:bytes"
	marking    = "GC concurrent mark phase"
	sweeping   = "GC incremental sweep"
	assisting  = "GC mark assist"
	noTask     = ^uint64(0)
)

// rule writes the events of one row into out.
type rule func(c *conv)

// conv is one conversion under way.
type conv struct {
	*Mapper
	r   *Row
	out []Event
	err error
}

func (c *conv) add(format string, a ...any) {
	c.out = append(c.out, Event{Time: c.r.T, M: c.r.M, P: c.r.P, G: c.r.G, What: fmt.Sprintf(format, a...)})
}

func (c *conv) num(name string) uint64 { return c.r.num(name, &c.err) }
func (c *conv) str(name string) string { return c.r.str(name, &c.err) }

// goTo moves a goroutine to a state, from the one that this kind of event starts in.
func (c *conv) goTo(g int64, from, to, reason string) {
	c.add("%s", change("g", g, from, to, reason))
	if to == "NotExist" {
		delete(c.gos, g)
	} else {
		c.gos[g] = to
	}
}

func (c *conv) procTo(p int64, from string, status uint64) {
	c.add("%s", change("p", p, from, procNames[status], ""))
	c.procs[p] = status
}

func created(to string) rule {
	return func(c *conv) { c.goTo(int64(c.num("new_g")), "NotExist", to, "") }
}

func stopped(to string) rule {
	return func(c *conv) { c.goTo(c.r.G, "Running", to, c.str("reason_string")) }
}

func metric(name, field string) rule {
	return func(c *conv) { c.add("metric %s %d", name, c.num(field)) }
}

// procsChange: the reference hides the first one of an old trace.
func procsChange(c *conv) {
	if c.begun || !c.old {
		metric(gomaxprocs, "procs_value")(c)
	}
	c.begun = true
}

func procStatus(c *conv) {
	p, status := int64(c.num("arg_p")), c.num("pstatus")
	if status >= uint64(len(procNames)) {
		c.add("p %d is in no such status: %d", p, status)
		return
	}
	old, known := c.procs[p]
	switch {
	case !known:
		c.procTo(p, "new", status)
	case old == procSyscall && status == procAbandoned:
		c.add("%s", change("p", p, "Running", "Running", ""))
	default:
		c.add("%s", change("p", p, procNames[old], procNames[status], ""))
	}
}

func goStatus(c *conv) {
	g, status := int64(c.num("arg_g")), c.num("gstatus")
	c.num("arg_m")
	if status >= uint64(len(goNames)) {
		c.add("g %d is in no such status: %d", g, status)
		return
	}
	old, known := c.gos[g]
	if !known || c.old {
		old = "new"
	}
	c.goTo(g, old, goNames[status], "")
}

func procSteal(c *conv) {
	p := int64(c.num("arg_p"))
	c.num("arg_m")
	from := "Running"
	if c.procs[p] == procAbandoned {
		from = "Idle"
	}
	c.procTo(p, from, procIdle)
}

func goSwitch(end string) rule {
	return func(c *conv) {
		g, cur := int64(c.num("arg_g")), c.r.G
		c.goTo(g, "Waiting", "Runnable", "")
		c.goTo(cur, "Running", end, "")
		c.goTo(g, "Runnable", "Running", "")
		c.out[len(c.out)-1].G = -1
	}
}

func goDestroySyscall(c *conv) {
	if c.r.P != -1 {
		c.procTo(c.r.P, "Running", procIdle)
		c.procs[c.r.P] = procAbandoned
	}
	c.goTo(c.r.G, "Syscall", "NotExist", "")
}

func taskBegin(c *conv) {
	t := task{parent: c.num("parent_task"), name: c.str("name_string")}
	id := c.num("task")
	c.tasks[id] = t
	if t.parent == 0 {
		t.parent = noTask
	}
	c.add("task begin %d parent %d %s", id, t.parent, quote(t.name))
}

func taskEnd(c *conv) {
	id := c.num("task")
	t, ok := c.tasks[id]
	if !ok || (t.parent == 0 && !c.old) {
		t.parent = noTask
	}
	delete(c.tasks, id)
	c.add("task end %d parent %d %s", id, t.parent, quote(t.name))
}

func region(verb string) rule {
	return func(c *conv) { c.add("region %s %d %s", verb, c.num("task"), quote(c.str("name_string"))) }
}

// experimental events are shown as they are; p, m and g can't be names of their arguments.
func experimental(names ...string) rule {
	return func(c *conv) {
		var b strings.Builder
		b.WriteString("experimental " + c.r.Ev)
		for _, n := range names {
			fmt.Fprintf(&b, " %s=%d", n, c.num(n))
		}
		c.add("%s", b.String())
	}
}

// rules has a row for each wire event that stands in a heapreel listing.
var rules = map[string]rule{
	"ProcsChange": procsChange,
	"HeapAlloc":   metric(heapLive, "heapalloc_value"),
	"HeapGoal":    metric(heapGoal, "heapgoal_value"),

	"ProcStart":  func(c *conv) { c.procTo(int64(c.num("arg_p")), "Idle", procRunning) },
	"ProcStop":   func(c *conv) { c.procTo(c.r.P, "Running", procIdle) },
	"ProcSteal":  procSteal,
	"ProcStatus": procStatus,

	"GoCreate":         created("Runnable"),
	"GoCreateBlocked":  created("Waiting"),
	"GoCreateSyscall":  created("Syscall"),
	"GoStart":          func(c *conv) { c.goTo(int64(c.num("arg_g")), "Runnable", "Running", "") },
	"GoDestroy":        func(c *conv) { c.goTo(c.r.G, "Running", "NotExist", "") },
	"GoDestroySyscall": goDestroySyscall,
	"GoStop":           stopped("Runnable"),
	"GoBlock":          stopped("Waiting"),
	"GoUnblock":        func(c *conv) { c.goTo(int64(c.num("arg_g")), "Waiting", "Runnable", "") },
	"GoSyscallBegin": func(c *conv) {
		c.goTo(c.r.G, "Running", "Syscall", "")
		c.procs[c.r.P] = procSyscall
	},
	"GoSyscallEnd": func(c *conv) {
		c.goTo(c.r.G, "Syscall", "Running", "")
		c.procs[c.r.P] = procRunning
	},
	"GoSyscallEndBlocked": func(c *conv) { c.goTo(c.r.G, "Syscall", "Runnable", "") },
	"GoStatus":            goStatus,
	"GoStatusStack":       goStatus,
	"GoSwitch":            goSwitch("Waiting"),
	"GoSwitchDestroy":     goSwitch("NotExist"),
	"GoLabel":             func(c *conv) { c.add("label g=%d %s", c.r.G, quote(c.str("label_string"))) },

	"STWBegin": func(c *conv) {
		g := c.r.G
		c.stw[g] = "stop-the-world (" + c.str("kind_string") + ")"
		c.add("range begin g=%d %s", g, quote(c.stw[g]))
	},
	"STWEnd":        func(c *conv) { c.add("range end g=%d %s", c.r.G, quote(c.stw[c.r.G])) },
	"GCActive":      func(c *conv) { c.add("range active all %q", marking) },
	"GCBegin":       func(c *conv) { c.add("range begin all %q", marking) },
	"GCEnd":         func(c *conv) { c.add("range end all %q", marking) },
	"GCSweepActive": func(c *conv) { c.add("range active p=%d %q", int64(c.num("arg_p")), sweeping) },
	"GCSweepBegin":  func(c *conv) { c.add("range begin p=%d %q", c.r.P, sweeping) },
	"GCSweepEnd": func(c *conv) {
		c.add("range end p=%d %q bytes swept=%d bytes reclaimed=%d", c.r.P, sweeping,
			c.num("swept_value"), c.num("reclaimed_value"))
	},
	"GCMarkAssistActive": func(c *conv) { c.add("range active g=%d %q", int64(c.num("arg_g")), assisting) },
	"GCMarkAssistBegin":  func(c *conv) { c.add("range begin g=%d %q", c.r.G, assisting) },
	"GCMarkAssistEnd":    func(c *conv) { c.add("range end g=%d %q", c.r.G, assisting) },

	"UserTaskBegin":   taskBegin,
	"UserTaskEnd":     taskEnd,
	"UserRegionBegin": region("begin"),
	"UserRegionEnd":   region("end"),
	"UserLog": func(c *conv) {
		c.add("log %d %s %s", c.num("task"), quote(c.str("key_string")), quote(c.str("value_string")))
	},

	"CPUSample": func(c *conv) { c.add("sample") },

	"Span":                experimental("id", "npages_value", "kindclass"),
	"SpanAlloc":           experimental("id", "npages_value", "kindclass"),
	"SpanFree":            experimental("id"),
	"HeapObject":          experimental("id", "type"),
	"HeapObjectAlloc":     experimental("id", "type"),
	"HeapObjectFree":      experimental("id"),
	"GoroutineStack":      experimental("id", "order"),
	"GoroutineStackAlloc": experimental("id", "order"),
	"GoroutineStackFree":  experimental("id"),
}

// Map appends the events of a row to out.
func (m *Mapper) Map(r *Row, out []Event) ([]Event, error) {
	f := rules[r.Ev]
	if f == nil {
		return out, fmt.Errorf("no such event: %q", r.Ev)
	}
	c := conv{Mapper: m, r: r, out: out}
	f(&c)
	return c.out, c.err
}
