package drivertest_test

import (
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// inUse is the memory that the process has from the system.
func inUse() int64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64()) - int64(samples[1].Value.Uint64())
}

// underLimit runs f, and returns the most memory that it had besides what there was.
func underLimit(f func()) int64 {
	debug.FreeOSMemory()
	before := inUse()
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(before + hostileMemory/2))
	var most atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for tick := time.NewTicker(time.Millisecond); ; {
			most.Store(max(most.Load(), inUse()-before))
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
			}
		}
	}()
	f()
	close(stop)
	<-stopped
	return most.Load()
}
