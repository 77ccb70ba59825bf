// SPDX-License-Identifier: GPL-3.0-or-later

//go:build !go1.24

package main

func weakPointer(r *rec) any { return r } // weak pointers came with Go 1.24
