package dsn

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"weak"
)

// Secret is a value that must not be printed: fmt, slog and encoding/json write "***" in
// its place. Printers that call no methods, or cannot, do not reach it either. Its zero
// value is the absent secret, printed as "". Secrets of one value are equal to == and to
// [reflect.DeepEqual].
type Secret struct{ box *box }

// box holds a value where reflection finds only an address.
type box struct{ value atomic.Pointer[string] }

// boxes are those in use by the digests of their values, so that equal secrets share one.
var boxes = struct {
	mu  sync.Mutex
	all map[[sha256.Size]byte]weak.Pointer[box] // guarded by mu
}{all: map[[sha256.Size]byte]weak.Pointer[box]{}}

// NewSecret returns s as a Secret. The empty string is the absent secret.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	key := sha256.Sum256([]byte(s))
	boxes.mu.Lock()
	defer boxes.mu.Unlock()
	if b := boxes.all[key].Value(); b != nil {
		return Secret{b}
	}
	b := new(box)
	b.value.Store(&s)
	w := weak.Make(b)
	boxes.all[key] = w
	runtime.AddCleanup(b, func(key [sha256.Size]byte) {
		boxes.mu.Lock()
		defer boxes.mu.Unlock()
		if boxes.all[key] == w {
			delete(boxes.all, key)
		}
	}, key)
	return Secret{b}
}

// Reveal returns the value, "" for the absent secret.
func (s Secret) Reveal() string {
	if s.box == nil {
		return ""
	}
	return *s.box.value.Load()
}

// IsZero reports whether the secret is absent.
func (s Secret) IsZero() bool { return s.box == nil }

// String returns "***", or "" for the absent secret.
func (s Secret) String() string {
	if s.box == nil {
		return ""
	}
	return "***"
}

// Format writes String's result for every verb and flag.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements [encoding.TextMarshaler], so that JSON holds "***".
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
