// SPDX-License-Identifier: GPL-3.0-or-later

//go:build !goexperiment.swissmap && !go1.26

package main

const swiss = false
