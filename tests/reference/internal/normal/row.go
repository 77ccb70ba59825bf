// SPDX-License-Identifier: GPL-3.0-or-later

package normal

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Row is one line of `heapreel TRACE events --format jsonl`: the event's own arguments by name, in order.
type Row struct {
	T, P, M, G int64
	Ev         string
	args       []arg
}

type arg struct {
	name string
	text string // of a string; the digits of a number
	str  bool
}

// missing is no id: ids may be any other number, below zero too.
const missing = math.MinInt64

// ParseRow reads one line. It takes only what the format promises: a flat object of integers and strings.
func ParseRow(line []byte, r *Row) error {
	*r = Row{P: missing, M: missing, G: missing, T: -1, args: r.args[:0]}
	s := scanner{b: line}
	if !s.take('{') {
		return fmt.Errorf("not an object: %.80s", line)
	}
	for !s.take('}') {
		name, err := s.str()
		if err != nil {
			return err
		}
		if !s.take(':') {
			return fmt.Errorf("no value for %q", name)
		}
		a := arg{name: name}
		if s.peek() == '"' {
			a.str = true
			a.text, err = s.str()
		} else {
			a.text = s.word()
			if a.text == "" {
				err = fmt.Errorf("unexpected value for %q: %.80s", name, line)
			}
		}
		if err != nil {
			return err
		}
		s.take(',')
		r.put(a)
	}
	if r.Ev == "" || r.T < 0 || r.P == missing || r.M == missing || r.G == missing {
		return fmt.Errorf("t, p, m, g or ev is missing: %.80s", line)
	}
	return nil
}

func (r *Row) put(a arg) {
	n, err := strconv.ParseInt(a.text, 10, 64)
	switch {
	case a.name == "ev" && a.str:
		r.Ev = a.text
	case a.name == "t" && !a.str && err == nil:
		r.T = n
	case a.name == "p" && !a.str && err == nil:
		r.P = n
	case a.name == "m" && !a.str && err == nil:
		r.M = n
	case a.name == "g" && !a.str && err == nil:
		r.G = n
	default:
		r.args = append(r.args, a)
	}
}

// num gives an argument as a number; a missing or misspelt one is remembered in err.
func (r *Row) num(name string, err *error) uint64 {
	for _, a := range r.args {
		if a.name == name && !a.str {
			if n, e := strconv.ParseUint(a.text, 10, 64); e == nil {
				return n
			}
			if n, e := strconv.ParseInt(a.text, 10, 64); e == nil {
				return uint64(n)
			}
		}
	}
	*err = fmt.Errorf("%s has no number %q", r.Ev, name)
	return 0
}

// str gives a string argument.
func (r *Row) str(name string, err *error) string {
	for _, a := range r.args {
		if a.name == name && a.str {
			return a.text
		}
	}
	*err = fmt.Errorf("%s has no text %q", r.Ev, name)
	return ""
}

type scanner struct {
	b []byte
	i int
}

func (s *scanner) peek() byte {
	for s.i < len(s.b) && (s.b[s.i] == ' ' || s.b[s.i] == '\t') {
		s.i++
	}
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

func (s *scanner) take(c byte) bool {
	if s.peek() == c {
		s.i++
		return true
	}
	return false
}

func (s *scanner) word() string {
	s.peek()
	from := s.i
	for s.i < len(s.b) && (s.b[s.i] == '-' || s.b[s.i] >= '0' && s.b[s.i] <= '9' || s.b[s.i] >= 'a' && s.b[s.i] <= 'z') {
		s.i++
	}
	return string(s.b[from:s.i])
}

func (s *scanner) str() (string, error) {
	if s.peek() != '"' {
		return "", fmt.Errorf("a string should stand at byte %d of %.80s", s.i, s.b)
	}
	from, plain := s.i, true
	for s.i++; s.i < len(s.b) && s.b[s.i] != '"'; s.i++ {
		if s.b[s.i] == '\\' {
			s.i++
			plain = false
		}
		if s.i < len(s.b) && s.b[s.i] < ' ' {
			return "", fmt.Errorf("a control character in a string of %.80q", s.b)
		}
		plain = plain && s.b[s.i] < 0x80
	}
	if s.i >= len(s.b) {
		return "", fmt.Errorf("a string without end in %.80s", s.b)
	}
	s.i++
	if plain {
		return string(s.b[from+1 : s.i-1]), nil
	}
	var text string
	err := json.Unmarshal(s.b[from:s.i], &text)
	return text, err
}
