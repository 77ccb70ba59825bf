// SPDX-License-Identifier: GPL-3.0-or-later

//go:build go1.23

package main

import "iter"

// coroutines pulls values out of two sequences at once; each pull is a switch straight from goroutine to goroutine.
func coroutines(turns int) {
	count := func(yield func(*int) bool) {
		for i := 0; yield(&i); i++ {
		}
	}
	a, stopA := iter.Pull(iter.Seq[*int](count))
	defer stopA()
	b, stopB := iter.Pull(iter.Seq[*int](count))
	defer stopB()
	for i := 0; i < turns; i++ {
		a()
		if i%3 == 0 {
			b()
		}
	}
}
