// SPDX-License-Identifier: GPL-3.0-or-later

package main

import "runtime"

// Four things whose number changes in most cycles not at all, or up and down; no two share a size class.
type seldomly struct {
	next *seldomly
	body [560]byte // 576
}

type spiky struct {
	next *spiky
	body [610]byte // 640, with the header of eight bytes
}

type once struct {
	next *once
	body [880]byte // 896
}

type swinging struct {
	next *swinging
	body [1000]byte // 1024
}

// seldom leaks once in three collections, as a program does that leaks with each request or each hour; beside it what was
// filled once and what goes up and down: these are no leaks.
func seldom() {
	const rounds, keep, keepSpiky, spike, filled = 24, 40, 5, 30, 500
	swing := []int{60, 90, 70, 110, 80, 100, 65}
	var a *seldomly
	var b, extra *spiky
	var c *once
	var d *swinging
	var live [4][]int
	spikes := 0
	for n := range rounds {
		extra = nil
		switch n % 3 {
		case 1:
			for range spike {
				extra = &spiky{next: extra}
			}
		case 2:
			for range keep {
				a = &seldomly{next: a}
			}
			for range keepSpiky {
				b = &spiky{next: b}
				spikes++
			}
		}
		for range filled {
			if n == 4 {
				c = &once{next: c}
			}
		}
		d = nil
		for range swing[n%len(swing)] {
			d = &swinging{next: d}
		}
		live[0] = append(live[0], (n+1)/3*keep)
		live[1] = append(live[1], spikes+map[bool]int{true: spike}[n%3 == 1])
		live[2] = append(live[2], map[bool]int{true: filled}[n >= 4])
		live[3] = append(live[3], swing[n%len(swing)])
		collect("gc")
	}
	mark("end")
	names := []string{"main.seldomly", "main.spiky", "main.once", "main.swinging"}
	lasting := []int{7 * keep, 7 * keepSpiky, filled, 0}
	suspect := []string{"True", "True", "False", "False"}
	for k, name := range names {
		y := live[k]
		expect("Q20", "leaks", "name="+name, "objects == %d and abs(growth - %g) < 1e-6 and abs(steady - %g) < 1e-9", y[rounds-1], line(y), rises(y))
		expect("Q20", "leaks", "name="+name, "lasting == %d and suspect == %s", lasting[k], suspect[k])
	}
	expect("Q20", "leaks --top 2", "", "[r['name'] for r in rows] == ['main.seldomly', 'main.spiky']")
	expect("Q20", "leaks --by age", "name=main.seldomly", "sorted(r['age'] for r in rows) == list(range(1, %d, 3))", rounds)
	runtime.KeepAlive([]any{a, b, extra, c, d})
}
