package main

import (
	"os"
	"runtime"
	"time"
)

// measure collects the garbage and tells what this process holds. Where descriptors cannot be counted they are 0.
func measure(when string) usage {
	runtime.GC()
	runtime.GC() // what finalizers and pools kept
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, _ := os.ReadDir("/dev/fd")
	return usage{When: when, Goroutines: runtime.NumGoroutine(), Descriptors: len(files), HeapBytes: m.HeapAlloc}
}

// settle measures until no more is held than before, for what is closed may take a moment to end.
func settle(when string, base usage) usage {
	for range 200 {
		if u := measure(when); u.Goroutines <= base.Goroutines && u.Descriptors <= base.Descriptors {
			return u
		}
		time.Sleep(50 * time.Millisecond)
	}
	return measure(when)
}
