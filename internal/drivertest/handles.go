package drivertest

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkHandles measures opening a handle, and how many bytes each one keeps; beside it the bare driver's connector.
// Both open the connection of string s.
func BenchmarkHandles[C any](b *testing.B, open func(s string) (C, error), bare func(s string) (any, error), s string) {
	for name, open := range map[string]func() (any, error){
		"passwordless": func() (any, error) { return open(s) },
		"bare":         func() (any, error) { return bare(s) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := open()
				require.NoError(b, err)
			}
			b.ReportMetric(retained(b, open), "B/handle")
		})
	}
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
