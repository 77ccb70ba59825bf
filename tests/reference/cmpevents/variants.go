// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"heapreel.reference/internal/unpack"
)

// variants compares heapreel with the reference on n forms of a trace, damaged in one place or a few (damage.go). Where
// the reference refuses a form, heapreel must report a loss; where it takes it, the events must be equal, and heapreel
// may report a loss only for what the reference does not look at. False: a form that breaks this was found.
func variants(program, path string, n int, seed int64, keep string) bool {
	data, err := readAll(path)
	if err != nil || len(data) < headerSize+1 {
		fmt.Printf("%s: %v\n", path, err)
		return false
	}
	dir, err := os.MkdirTemp("", "variants")
	if err != nil {
		fmt.Println(err)
		return false
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "damaged.trace")
	rng := rand.New(rand.NewSource(seed))
	var taken, refused, more int
	reasons := map[string]int{}
	bad := 0
	for i := 0; i < n; i++ {
		form, what := damage(data, rng)
		for len(form) > headerSize+1 && rng.Intn(4) == 0 {
			next, more := damage(form, rng)
			form, what = next, what+", "+more
		}
		if err := os.WriteFile(file, form, 0o600); err != nil {
			fmt.Println(err)
			return false
		}
		res, err := compareForm(program, file)
		switch {
		case err != nil:
			bad++
			fmt.Printf("%s, %s: %v\n", path, what, err)
			if keep != "" {
				os.WriteFile(filepath.Join(keep, fmt.Sprintf("%s.%d.%d", filepath.Base(path), seed, i)), form, 0o600)
			}
		case res.refused:
			refused++
		case res.loss != "":
			more++
			text := strings.Replace(res.loss, "heapreel: "+file+": ", "", 1)
			reasons[numbers.ReplaceAllString(text, "N")]++
		default:
			taken++
		}
	}
	verdict := "as the reference has it"
	if bad > 0 {
		verdict = fmt.Sprintf("DIFFERS in %d", bad)
	}
	fmt.Printf("%s: %s, %d damaged forms: %d taken by both, %d refused by both, %d where only heapreel sees a loss\n", path,
		verdict, n, taken, refused, more)
	var texts []string
	for text, count := range reasons {
		texts = append(texts, fmt.Sprintf("  %4d %s", count, strings.TrimSpace(text)))
	}
	sort.Strings(texts)
	for _, text := range texts {
		fmt.Println(text)
	}
	return bad == 0
}

const headerSize = 16

var numbers = regexp.MustCompile(`[0-9]+`)

func readAll(path string) ([]byte, error) {
	in, err := unpack.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(in)
}
