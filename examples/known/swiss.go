// SPDX-License-Identifier: GPL-3.0-or-later

//go:build goexperiment.swissmap || go1.26

package main

// swiss: maps are those of Go 1.24, unless GOEXPERIMENT=noswissmap asked for the old ones (Go 1.24 and 1.25).
const swiss = true
