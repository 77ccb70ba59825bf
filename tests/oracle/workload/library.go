// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"compress/gzip"
	"container/heap"
	"container/list"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	number "math/big"
	"regexp"
	"sort"
	"strings"
	"sync"
	"text/template"
	"time"
)

type document struct {
	Name  string
	Tags  []string
	Sub   map[string]*document
	Data  []byte
	Score float64
	Any   any
}

func (w *worker) document(depth int) *document {
	d := &document{Name: fmt.Sprint("doc ", w.rnd.Intn(1000)), Data: make([]byte, w.rnd.Intn(300)), Score: w.rnd.Float64()}
	for range w.rnd.Intn(5) {
		d.Tags = append(d.Tags, strings.Repeat("t", 1+w.rnd.Intn(20)))
	}
	if depth > 0 {
		d.Sub = map[string]*document{}
		for range w.rnd.Intn(4) {
			d.Sub[fmt.Sprint(w.rnd.Intn(50))] = w.document(depth - 1)
		}
	}
	return d
}

// encoded sends documents through json, gob and gzip.
func (w *worker) encoded() {
	d := w.document(2)
	text, err := json.Marshal(d)
	check(err)
	var back document
	var loose any
	switch w.rnd.Intn(8) {
	case 0:
		check(json.Unmarshal(text, &loose))
		w.keep(loose)
	case 1:
		var b bytes.Buffer
		check(gob.NewEncoder(&b).Encode([]string{d.Name, string(text)}))
		w.keep(b.Bytes())
	case 2:
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // some hundred kB at once
		_, _ = z.Write(text)
		check(z.Close())
		r, err := gzip.NewReader(&b)
		check(err)
		all, _ := io.ReadAll(r)
		w.keep(all)
	default:
		check(json.Unmarshal(text, &back))
		w.keep(&back)
	}
}

var pattern = regexp.MustCompile(`(\w+)@(\w+)\.(com|org|de)`)
var page = template.Must(template.New("page").Parse(`{{range .Tags}}<i>{{.}}</i>{{end}}{{.Name}} {{printf "%q" .Data}}`))

// texts searches, sorts, formats.
func (w *worker) texts() {
	var b strings.Builder
	for range 1 + w.rnd.Intn(30) {
		fmt.Fprintf(&b, "name%d@host%d.org, ", w.rnd.Intn(99), w.rnd.Intn(9))
	}
	switch w.rnd.Intn(6) {
	case 0:
		w.keep(pattern.FindAllStringSubmatch(b.String(), -1))
	case 1:
		w.keep(pattern.ReplaceAllStringFunc(b.String(), strings.ToUpper))
	case 2:
		words := strings.Fields(b.String())
		sort.Slice(words, func(i, k int) bool { return words[i] < words[k] })
		w.keep(strings.Join(words, "\n"))
	case 3:
		var out bytes.Buffer
		check(page.Execute(&out, w.document(0)))
		w.keep(out.String())
	case 4:
		if w.rnd.Intn(10) == 0 {
			w.keep(regexp.MustCompile(`^(a|b)+[a-z]{2,` + fmt.Sprint(3+w.rnd.Intn(30)) + `}$`))
		}
	default:
		err := errors.New(b.String())
		for i := range w.rnd.Intn(8) {
			err = fmt.Errorf("level %d: %w", i, err)
		}
		w.keep(err)
	}
}

type queue []*document

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, k int) bool { return q[i].Score < q[k].Score }
func (q queue) Swap(i, k int)      { q[i], q[k] = q[k], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(*document)) }
func (q *queue) Pop() any          { x := (*q)[len(*q)-1]; *q = (*q)[:len(*q)-1]; return x }

// numbers computes with long numbers, and keeps lists, heaps and trees of contexts.
func (w *worker) numbers() {
	switch w.n++; w.rnd.Intn(5) {
	case 0:
		x := number.NewInt(3)
		x.Exp(x, number.NewInt(int64(w.rnd.Intn(3000))), nil)
		w.keep(x.Mul(x, x))
	case 1:
		l, _ := w.ring[0].(*list.List)
		if l == nil || l.Len() > 3000 {
			l = list.New()
		}
		for range 10 {
			l.PushBack(w.n)
		}
		for l.Len() > 100 && w.rnd.Intn(3) > 0 {
			l.Remove(l.Front())
		}
		w.ring[0] = l
	case 2:
		q, _ := w.ring[1].(*queue)
		if q == nil {
			q = &queue{}
		}
		heap.Push(q, w.document(0))
		if q.Len() > 500 {
			for q.Len() > 10 {
				heap.Pop(q)
			}
		}
		w.ring[1] = q
	case 3:
		ctx, cancel := context.WithCancel(context.Background())
		for i := range w.rnd.Intn(10) {
			ctx = context.WithValue(ctx, i, &rec{id: i})
			if i%3 == 0 {
				ctx, _ = context.WithTimeout(ctx, time.Hour)
			}
		}
		w.keep(ctx)
		if w.rnd.Intn(4) > 0 {
			cancel()
		} else {
			w.keep(cancel)
		}
	default:
		r := new(number.Rat).SetFrac64(w.rnd.Int63(), 1+w.rnd.Int63n(1000))
		w.keep(r.FloatString(w.rnd.Intn(60)))
	}
}

var shared sync.Map

// concurrent works on one map together with the other goroutines.
func (w *worker) concurrent() {
	k := w.rnd.Intn(3000)
	switch w.rnd.Intn(6) {
	case 0, 1:
		shared.Store(k, &rec{id: k})
	case 2:
		shared.Delete(k)
	case 3:
		if w.rnd.Intn(500) == 0 {
			shared.Range(func(k, _ any) bool { shared.Delete(k); return true })
		}
	default:
		if x, ok := shared.LoadOrStore(fmt.Sprint("k", k), w.document(0)); ok {
			w.keep(x)
		}
	}
}
