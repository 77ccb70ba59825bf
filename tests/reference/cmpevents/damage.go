// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"encoding/binary"
	"fmt"
	"math/rand"
	"slices"
)

// damage changes one place behind the header: a byte, a bit, a few bytes that are missing or stand there twice; or the
// file ends early, or batches and generations go, come twice, change places.
func damage(data []byte, rng *rand.Rand) (form []byte, what string) {
	at := headerSize + rng.Intn(len(data)-headerSize)
	form = append([]byte(nil), data...)
	switch k := rng.Intn(16); {
	case k < 4:
		form[at] ^= 1 << rng.Intn(8)
		return form, fmt.Sprintf("byte %d from %#x to %#x", at, data[at], form[at])
	case k < 8:
		form[at] = byte(rng.Intn(256))
		return form, fmt.Sprintf("byte %d from %#x to %#x", at, data[at], form[at])
	case k < 9:
		n := min(1+rng.Intn(8), len(data)-at)
		return append(form[:at], data[at+n:]...), fmt.Sprintf("%d bytes missing at %d", n, at)
	case k < 10:
		n := min(1+rng.Intn(8), len(data)-at)
		return append(form[:at+n], data[at:]...), fmt.Sprintf("%d bytes twice at %d", n, at)
	case k < 11:
		return form[:at], fmt.Sprintf("cut at %d", at)
	}
	if all := batches(data); len(all) > 1 {
		return damageBatches(data, all, rng)
	}
	return form[:at], fmt.Sprintf("cut at %d", at)
}

// A batch, or an end mark (gen 0).
type batch struct {
	at, end int
	gen     uint64
}

// batches of a trace of Go 1.22 or later, as far as they are whole.
func batches(data []byte) (all []batch) {
	if string(data[5:7]) < "22" {
		return nil
	}
	for at := headerSize; at < len(data); {
		p := at + 1
		switch {
		case data[at] == 52:
			all = append(all, batch{at, p, 0})
			at = p
			continue
		case data[at] == 49:
			p++
		case data[at] != 1:
			return all
		}
		var head [4]uint64
		for i := range head {
			v, n := binary.Uvarint(data[min(p, len(data)):])
			if n <= 0 {
				return all
			}
			head[i], p = v, p+n
		}
		if head[3] > uint64(len(data)-p) {
			return all
		}
		p += int(head[3])
		all = append(all, batch{at, p, head[0]})
		at = p
	}
	return all
}

func damageBatches(data []byte, all []batch, rng *rand.Rand) (form []byte, what string) {
	i := rng.Intn(len(all))
	b := all[i]
	switch rng.Intn(5) {
	case 0:
		return slices.Concat(data[:b.at], data[b.end:]), fmt.Sprintf("batch at %d missing", b.at)
	case 1:
		return slices.Concat(data[:b.end], data[b.at:]), fmt.Sprintf("batch at %d twice", b.at)
	case 2:
		c := all[rng.Intn(len(all))]
		if c.at < b.at {
			b, c = c, b
		}
		if c.at == b.at {
			return slices.Concat(data[:b.at], data[b.end:]), fmt.Sprintf("batch at %d missing", b.at)
		}
		return slices.Concat(data[:b.at], data[c.at:c.end], data[b.end:c.at], data[b.at:b.end], data[c.end:]),
			fmt.Sprintf("batches at %d and %d changed places", b.at, c.at)
	case 3:
		from, to := generation(all, i)
		return slices.Concat(data[:from], data[to:]), fmt.Sprintf("generation at %d missing", from)
	default:
		return slices.Concat(data[:b.at], data), fmt.Sprintf("a trace cut at %d, and behind it the whole one", b.at)
	}
}

// generation is where the one of batch i begins and ends, its end mark included.
func generation(all []batch, i int) (from, to int) {
	first, last := i, i
	for first > 0 && all[first-1].gen == all[i].gen {
		first--
	}
	for last+1 < len(all) && (all[last+1].gen == all[i].gen || all[last+1].gen == 0) && all[last].gen != 0 {
		last++
	}
	return all[first].at, all[last].end
}
