// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"archive/zip"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"image"
	"image/color"
	"image/png"
	"io"
	"iter"
	"log/slog"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"unique"
)

// parsed reads and prints Go programs made up on the spot.
func (w *worker) parsed() {
	var src strings.Builder
	src.WriteString("package p\n")
	for i := range 1 + w.rnd.Intn(12) {
		n := strconv.Itoa(i)
		src.WriteString("func f" + n + "(a, b int) (r int) {\nfor i := range a { if i%" + n + "3 == b { r += f" + n + "(i, b-1) * 2 } }\nreturn\n}\n")
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "p.go", src.String(), parser.ParseComments)
	check(err)
	ast.Inspect(file, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && w.rnd.Intn(50) == 0 {
			w.keep(id)
		}
		return true
	})
	if w.rnd.Intn(3) == 0 {
		var out bytes.Buffer
		check(format.Node(&out, files, file))
		w.keep(out.Bytes())
	}
}

// pictures draws and packs images.
func (w *worker) pictures() {
	m := image.NewRGBA(image.Rect(0, 0, 8+w.rnd.Intn(90), 8+w.rnd.Intn(90)))
	for range 200 {
		m.Set(w.rnd.Intn(90), w.rnd.Intn(90), color.RGBA{uint8(w.rnd.Intn(256)), 7, 9, 255})
	}
	var out bytes.Buffer
	check(png.Encode(&out, m))
	back, err := png.Decode(&out)
	check(err)
	w.keep(back)
}

// a leaf of btree holds up to 32 keys, sorted.
type btree[K ~int | ~string, V any] struct {
	keys   []K
	values []V
	kids   []*btree[K, V]
}

func (t *btree[K, V]) put(k K, v V) {
	at, found := slices.BinarySearch(t.keys, k)
	switch {
	case found:
		t.values[at] = v
	case len(t.kids) > 0:
		t.kids[at].put(k, v)
	default:
		t.keys, t.values = slices.Insert(t.keys, at, k), slices.Insert(t.values, at, v)
		if len(t.keys) == 33 {
			left := &btree[K, V]{keys: slices.Clone(t.keys[:16]), values: slices.Clone(t.values[:16])}
			right := &btree[K, V]{keys: slices.Clone(t.keys[17:]), values: slices.Clone(t.values[17:])}
			t.keys, t.values = []K{t.keys[16]}, []V{t.values[16]}
			t.kids = []*btree[K, V]{left, right}
		}
	}
}

func (t *btree[K, V]) all(yield func(K, V) bool) bool {
	for i, k := range t.keys {
		if len(t.kids) > 0 && !t.kids[i].all(yield) || !yield(k, t.values[i]) {
			return false
		}
	}
	return len(t.kids) == 0 || t.kids[len(t.keys)].all(yield)
}

// sorted fills trees of pages, and reads them by goroutines that take turns (iter.Pull).
func (w *worker) sorted() {
	t := &btree[int, *rec]{}
	for range 100 + w.rnd.Intn(900) {
		k := w.rnd.Intn(1 << 30)
		t.put(k, &rec{id: k})
	}
	next, stop := iter.Pull2(func(yield func(int, *rec) bool) { t.all(yield) })
	for range 50 {
		if k, _, ok := next(); ok && w.rnd.Intn(10) == 0 {
			w.keep(unique.Make(strconv.Itoa(k % 100)))
		}
	}
	stop()
	if w.rnd.Intn(4) == 0 {
		w.keep(t)
	}
}

// archives packs files and unpacks them.
func (w *worker) archives() {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := range 1 + w.rnd.Intn(4) {
		f, err := z.Create("file" + strconv.Itoa(i))
		check(err)
		_, err = io.WriteString(f, strings.Repeat("some text "+strconv.Itoa(i), 20+w.rnd.Intn(300)))
		check(err)
	}
	check(z.Close())
	r, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	check(err)
	for _, f := range r.File {
		in, err := f.Open()
		check(err)
		text, err := io.ReadAll(in)
		check(err)
		w.keep(text)
	}
}

// signed makes keys and signs with them.
func (w *worker) signed() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	sum := sha256.Sum256([]byte(strconv.Itoa(w.n)))
	sig, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	check(err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	check(err)
	w.keep(sig)
	w.keep(der)
	w.n++
}

// logged writes structured logs, and now and then reads stacks and profiles.
func (w *worker) logged() {
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil)).With("worker", w.n)
	for i := range 1 + w.rnd.Intn(20) {
		log.Info("step", "i", i, "name", strconv.Itoa(i), slog.Group("more", "x", 1.5, "y", []int{i, 2}))
	}
	w.keep(out.String())
	switch w.n++; {
	case w.n%90 == 0:
		buf := make([]byte, 1<<14)
		w.keep(buf[:runtime.Stack(buf, true)])
	case w.n%130 == 0:
		check(pprof.Lookup("goroutine").WriteTo(io.Discard, 1))
	}
}

// profiled has the memory profile note nearly all that is allocated, so that most objects have a special.
func (w *worker) profiled() {
	if w.n++; w.n == 1 {
		runtime.MemProfileRate = 64
	}
	w.mixed()
	if w.n%2000 == 0 {
		check(pprof.Lookup("heap").WriteTo(io.Discard, 0))
	}
}

// matrices multiplies tables of rows.
func (w *worker) matrices() {
	n := 4 + w.rnd.Intn(40)
	a, b := make([][]float64, n), make([][]*rec, n)
	for i := range a {
		a[i] = make([]float64, n+w.rnd.Intn(n))
		b[i] = make([]*rec, n)
		for j := range b[i] {
			if w.rnd.Intn(6) == 0 {
				b[i][j] = &rec{id: j}
			}
		}
	}
	w.keep(a)
	if w.rnd.Intn(2) == 0 {
		w.keep(b)
	}
}
