package redact

import (
	"hash/maphash"
	"sync"
)

// maxRemembered is how many tokens are remembered: those of the process's latest logins.
const maxRemembered = 16

// remembered knows the parts of tokens, as hashes alone: a driver's bare error does not tell whose token a server may
// have quoted in it.
var remembered = memory{seed: maphash.MakeSeed()}

type memory struct {
	seed maphash.Seed

	mu     sync.RWMutex
	parts  map[uint64]int32 // guarded by mu: how often a part is in the tokens
	tokens [][]uint64       // guarded by mu: the parts of each, the oldest first; the last part is the whole
}

// Remember has [Scrub] take the parts of a token out of every text from now on, until 16 others have come.
func Remember(token string) { remembered.add(token) }

func (m *memory) add(token string) {
	if len(token) < window {
		return
	}
	whole := maphash.String(m.seed, token)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, parts := range m.tokens {
		if parts[len(parts)-1] == whole {
			return
		}
	}
	if len(m.tokens) == maxRemembered {
		m.forget(m.tokens[0])
		m.tokens = m.tokens[1:]
	}
	if m.parts == nil {
		m.parts = map[uint64]int32{}
	}
	var parts []uint64
	for i := range len(token) - window + 1 {
		part := m.hash(lower(token[i : i+window]))
		parts = append(parts, part)
		m.parts[part]++
	}
	m.tokens = append(m.tokens, append(parts, whole))
}

func (m *memory) forget(parts []uint64) {
	for _, part := range parts[:len(parts)-1] {
		if m.parts[part]--; m.parts[part] == 0 {
			delete(m.parts, part)
		}
	}
}

func (m *memory) hash(part [window]byte) uint64 { return maphash.Bytes(m.seed, part[:]) }

func (m *memory) mask(text string) string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if len(text) < window || len(m.parts) == 0 {
		return text
	}
	return maskParts(text, window, func(part [window]byte) bool { return m.parts[m.hash(part)] > 0 })
}
