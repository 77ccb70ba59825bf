// SPDX-License-Identifier: GPL-3.0-or-later

//go:build go1.24

package main

import (
	"runtime"
	"weak"
)

func weakPointer(r *rec) any {
	runtime.AddCleanup(r, func(int) {}, 1)
	return weak.Make(r)
}
