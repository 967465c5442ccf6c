package lab

import (
	"fmt"
	"strings"
	"sync"
)

const refusalLimit = 100 // refusals that are remembered

// refusals remembers why logins were refused, which neither the client nor PostgreSQL itself is told.
// The zero value is ready; it is safe for concurrent use.
type refusals struct {
	mu    sync.Mutex
	lines []string
}

func (r *refusals) add(role string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, fmt.Sprintf("lab: login of role %q refused: %v\n", role, err))
	r.lines = r.lines[max(0, len(r.lines)-refusalLimit):]
}

func (r *refusals) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.lines, "")
}
