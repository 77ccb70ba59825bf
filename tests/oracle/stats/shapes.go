// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"regexp"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"unique"
)

type entry struct {
	Name string
	Tags map[string][]float64
	More *entry
	Any  any
}

// encoded sends small documents through json, flate and regular expressions.
func (w *work) encoded() any {
	if w.rnd.Intn(10) > 0 {
		return w.object()
	}
	e := &entry{Name: fmt.Sprint("entry ", w.rnd.Intn(1000)), Tags: map[string][]float64{}, More: &entry{Any: 1.5}}
	for i := range w.rnd.Intn(6) {
		e.Tags[fmt.Sprint(i)] = make([]float64, w.rnd.Intn(30))
	}
	text, err := json.Marshal(e)
	check(err)
	switch w.rnd.Intn(4) {
	case 0:
		var any any
		check(json.Unmarshal(text, &any))
		return any
	case 1:
		var packed bytes.Buffer
		f, err := flate.NewWriter(&packed, 1+w.rnd.Intn(9)) // some hundred kB each
		check(err)
		_, err = f.Write(text)
		check(err)
		check(f.Close())
		_, err = io.Copy(io.Discard, flate.NewReader(&packed))
		check(err)
		return packed.Bytes()
	case 2:
		return regexp.MustCompile(`(\w+)":"?([^",]*)`).FindAllSubmatch(text, -1)
	}
	return text
}

// turns has goroutines take turns (iter.Pull), and keeps unique values.
func (w *work) turns() any {
	if w.rnd.Intn(8) > 0 {
		return w.object()
	}
	var words []string
	for range 4 + w.rnd.Intn(60) {
		words = append(words, strings.Repeat("w", 1+w.rnd.Intn(12))+fmt.Sprint(w.rnd.Intn(500)))
	}
	slices.Sort(words)
	next, stop := iter.Pull(slices.Values(words))
	defer stop()
	var handles []unique.Handle[string]
	for range w.rnd.Intn(len(words) + 4) {
		if s, ok := next(); ok {
			handles = append(handles, unique.Make(s))
		}
	}
	return handles
}

// profiled has the memory profile note nearly all, so that most objects carry a special.
func (w *work) profiled() any {
	switch w.rnd.Intn(3000) {
	case 0:
		runtime.MemProfileRate = 1 << w.rnd.Intn(20)
	case 1:
		check(pprof.Lookup("heap").WriteTo(io.Discard, 0))
	case 2:
		check(pprof.Lookup("goroutine").WriteTo(io.Discard, 1))
	}
	return w.object()
}
