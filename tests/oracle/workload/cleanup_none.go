// SPDX-License-Identifier: GPL-3.0-or-later

//go:build !go1.24

package main

// cleanups came with Go 1.24.
func (w *worker) cleanups() {
	w.finalizers()
	w.mixed()
}
