package drivertest

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkHandles measures opening a handle, and what each one keeps in memory; beside it what the bare driver's
// connector keeps. Both open the connection of string s.
func BenchmarkHandles[C any](b *testing.B, open func(s string) (C, error), bare func(s string) (any, error), s string) {
	b.ReportAllocs()
	for b.Loop() {
		_, err := open(s)
		require.NoError(b, err)
	}
	b.ReportMetric(retained(b, func() (any, error) { return open(s) }), "B/handle")
	b.ReportMetric(retained(b, func() (any, error) { return bare(s) }), "B/bare")
}

// retained is the memory that each of many results of open keeps, in bytes.
func retained(t testing.TB, open func() (any, error)) float64 {
	t.Helper()
	const handles = 2000
	kept := make([]any, handles)
	before := heap()
	for i := range kept {
		var err error
		kept[i], err = open()
		require.NoError(t, err)
	}
	after := heap()
	runtime.KeepAlive(kept)
	return (float64(after) - float64(before)) / handles
}

// heap is the memory in use. What has a cleanup is gone after the second collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
