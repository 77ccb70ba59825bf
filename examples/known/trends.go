// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"runtime"
)

// Things that survive each in their own way; their sizes are those of classes that nothing else here uses much.
type steady struct {
	next *steady
	body [560]byte // 576
}

type burst struct {
	next *burst
	body [610]byte // 640, with the header of eight bytes that objects with pointers have from 512 bytes on
}

type stopped struct {
	next *stopped
	body [880]byte // 896
}

type sawtooth struct {
	next *sawtooth
	body [1000]byte // 1024
}

type shrinking struct {
	next *shrinking
	body [1130]byte // 1152
}

const trendRounds = 8

// line is the slope of the line through y over 0, 1, ... (least squares), by the sums of deviations from the means.
func line(y []int) float64 {
	var mx, my float64
	for i, v := range y {
		mx += float64(i) / float64(len(y))
		my += float64(v) / float64(len(y))
	}
	var above, below float64
	for i, v := range y {
		above += (float64(i) - mx) * (float64(v) - my)
		below += (float64(i) - mx) * (float64(i) - mx)
	}
	return above / below
}

// rises is the share of rounds that had more than the one before.
func rises(y []int) float64 {
	n := 0
	for i := 1; i < len(y); i++ {
		if y[i] > y[i-1] {
			n++
		}
	}
	return float64(n) / float64(len(y)-1)
}

// trends keeps two leaks, one that stops, one burst, one that comes and goes, and one that gets fewer.
func trends() {
	var a *steady
	var b *burst
	var c *stopped
	var d *sawtooth
	var e *shrinking
	var live [5][]int
	var have [5]int
	for range 160 {
		e = &shrinking{next: e}
	}
	have[4] = 160
	for n := range trendRounds {
		for range 10 + 5*(n%2) {
			a = &steady{next: a}
			have[0]++
		}
		if n == 3 {
			for range 90 {
				b = &burst{next: b}
				have[1]++
			}
		}
		if n < 4 {
			for range 25 {
				c = &stopped{next: c}
				have[2]++
			}
		}
		if n%3 == 0 {
			d, have[3] = nil, 0
		}
		for range 20 {
			d = &sawtooth{next: d}
			have[3]++
		}
		for range 20 {
			if n > 0 {
				e = e.next
				have[4]--
			}
		}
		for k := range have {
			live[k] = append(live[k], have[k])
		}
		mark(fmt.Sprint("round ", n))
		collect(fmt.Sprint("gc", n+1))
	}
	mark("end")
	names := []string{"main.steady", "main.burst", "main.stopped", "main.sawtooth", "main.shrinking"}
	bytes := []int{576, 640, 896, 1024, 1152}
	for k, name := range names {
		y := live[k]
		expect("Q20", "leaks", "name="+name, "objects == %d and bytes == %d", y[len(y)-1], y[len(y)-1]*bytes[k])
		expect("Q20", "leaks", "name="+name, "abs(growth - %g) < 1e-6 and abs(growth_bytes - %g) < 1e-3", line(y), line(y)*float64(bytes[k]))
		expect("Q20", "leaks", "name="+name, "abs(steady - %g) < 1e-9", rises(y))
		trend := "{"
		for i, v := range y {
			trend += fmt.Sprintf("'%d': %d, ", i+1, v)
		}
		expect("Q20", "leaks", "name="+name, "trend == %s}", trend)
		// seen from the middle, and over the second half alone
		half := y[:4]
		expect("Q20", "leaks --at {gc4 done}", "name="+name, "abs(growth - %g) < 1e-6 and abs(steady - %g) < 1e-9", line(half), rises(half))
		rest := y[4:]
		expect("Q20", "leaks --since {round 4}", "name="+name, "abs(growth - %g) < 1e-6 and abs(steady - %g) < 1e-9", line(rest), rises(rest))
		expect("Q20", "grown --since {round 2} --at {round 6}", "name="+name, "d_objects == %d + %d", y[6]-y[2], dead(k, 6)-dead(k, 2))
	}
	// suspects come first, the greater steady growth before the smaller one; what ceased to rise in half of the rounds is none
	expect("Q20", "leaks", "", "rows[0]['name'] == 'main.steady'")
	expect("Q20", "leaks --since {round 4}", "", "[r['name'] for r in rows if r['growth'] and r['growth'] >= 10 and r['steady'] >= 0.5][0] == 'main.steady'")
	expect("Q20", "leaks --at {gc4 done} --top 2", "", "[r['name'] for r in rows] == ['main.stopped', 'main.steady']")
	// the median of survived cycles
	expect("Q20", "leaks", "name=main.burst", "age == %d", trendRounds-3)
	expect("Q20", "leaks --by age", "name=main.burst", "count == 1 and age == %d and objects == 90", trendRounds-3)
	expect("Q20", "leaks --by age", "name=main.stopped", "sorted((r['age'], r['objects']) for r in rows) == [(5, 25), (6, 25), (7, 25), (8, 25)]")
	expect("Q20", "leaks --by age", "name=main.shrinking", "count == 1 and age == %d and objects == 20", trendRounds)
	runtime.KeepAlive([]any{a, b, c, d, e})
}

// dead is what of kind k was let go in round n and not swept yet when its mark "round n" was set.
func dead(k, n int) int {
	if k == 4 && n > 0 {
		return 20
	}
	if k == 3 && n > 0 && n%3 == 0 {
		return 60
	}
	return 0
}
