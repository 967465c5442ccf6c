// Package live lists what is open in the process without keeping it alive.
package live

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"sync"
	"weak"
)

var open = struct {
	mu   sync.Mutex
	last uint64        // guarded by mu: the number of the entry added last
	all  map[any]entry // guarded by mu; by weak pointer
}{all: map[any]entry{}}

type entry struct {
	number uint64
	status func() any // nil once the object is collected
}

// Add lists h until [Remove], or until it is collected. status describes it; it is
// called without a lock and must not refer to h other than by its argument.
func Add[T any](h *T, status func(*T) any) {
	p := weak.Make(h)
	open.mu.Lock()
	defer open.mu.Unlock()
	open.last++
	open.all[p] = entry{open.last, func() any {
		if h := p.Value(); h != nil {
			return status(h)
		}
		return nil
	}}
	runtime.AddCleanup(h, remove, any(p))
}

// Remove takes h out of the list; it may be called any number of times.
func Remove[T any](h *T) { remove(weak.Make(h)) }

func remove(pointer any) {
	open.mu.Lock()
	defer open.mu.Unlock()
	delete(open.all, pointer)
}

// Statuses describes everything in the list, in the order of [Add].
func Statuses() []any {
	open.mu.Lock()
	entries := slices.SortedFunc(maps.Values(open.all), func(a, b entry) int { return cmp.Compare(a.number, b.number) })
	open.mu.Unlock()
	var all []any
	for _, e := range entries {
		if s := e.status(); s != nil {
			all = append(all, s)
		}
	}
	return all
}
