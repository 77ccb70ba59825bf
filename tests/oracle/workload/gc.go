// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"runtime/metrics"
	"sync/atomic"
	_ "unsafe" // for go:linkname
)

// The runtime's own word for what the collector does; 1 is marking. Build with -ldflags=-checklinkname=0.
//
//go:linkname gcphase runtime.gcphase
var gcphase uint32

func marking() bool { return atomic.LoadUint32(&gcphase) == 1 }

var sample = []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}

// cycles is the number of collections whose marking has ended.
func cycles() uint64 {
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
