// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"io"
	"sort"
)

// score counts what was right and wrong. Only in-use heap spans count, except in the manual pair.
type score struct {
	meta      truthMeta
	kind      string // of an instant in the middle of the trace
	spans     int    // that the runtime has
	right     int
	missing   int // that heapreel lacks
	extra     int // that heapreel alone has
	said      int // where heapreel says swept or not swept
	saidRight int
	unsure    int // that heapreel marks as not sure
	sureWrong int // state or swept wrong, yet not so marked
	slots     int // in mcaches
	slotsOK   int
	manual    int
	manualOK  int
	errors    map[string]int
	examples  []string
}

func (s *score) percent() float64 { return percent(s.right, s.spans) }

// keeps tells whether the limits of the command line are kept.
func (s *score) keeps(least, leastSwept, mostSure float64) bool {
	return s.percent() >= least && percent(s.saidRight, s.said) >= leastSwept &&
		float64(s.sureWrong)*10000 <= mostSure*float64(s.spans)
}

func percent(part, whole int) float64 {
	if whole == 0 {
		return 100
	}
	return 100 * float64(part) / float64(whole)
}

func (s *score) note(what string) {
	if s.errors == nil {
		s.errors = map[string]int{}
	}
	s.errors[what]++
}

func (s *score) add(o *score) {
	s.spans += o.spans
	s.right += o.right
	s.missing += o.missing
	s.extra += o.extra
	s.said += o.said
	s.saidRight += o.saidRight
	s.unsure += o.unsure
	s.sureWrong += o.sureWrong
	s.slots += o.slots
	s.slotsOK += o.slotsOK
	s.manual += o.manual
	s.manualOK += o.manualOK
	for what, n := range o.errors {
		if s.errors == nil {
			s.errors = map[string]int{}
		}
		s.errors[what] += n
	}
}

func (s *score) line() string {
	return fmt.Sprintf("state %.3f %% (%d of %d), swept %.3f %% of %d said, mcache %d of %d, manual %d of %d, "+
		"missing %d, extra %d, unsure %d, sure but wrong %d%s", s.percent(), s.right, s.spans,
		percent(s.saidRight, s.said), s.said, s.slotsOK, s.slots, s.manualOK, s.manual, s.missing, s.extra, s.unsure,
		s.sureWrong, s.meta)
}

// table lists the sorts of errors, most frequent first.
func (s *score) table(w io.Writer) {
	names := make([]string, 0, len(s.errors))
	for what := range s.errors {
		names = append(names, what)
	}
	sort.Slice(names, func(i, j int) bool {
		a, b := s.errors[names[i]], s.errors[names[j]]
		return a > b || a == b && names[i] < names[j]
	})
	for _, what := range names {
		fmt.Fprintf(w, "  %6d  %s\n", s.errors[what], what)
	}
	for _, e := range s.examples {
		fmt.Fprintf(w, "          %s\n", e)
	}
}
