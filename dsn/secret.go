package dsn

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a value that must not be printed: fmt, slog and encoding/json write "***" in
// its place. The value sits behind a pointer, so that it is not printed either out of a
// field on which fmt cannot call methods. Its zero value is the absent secret, printed as "".
type Secret struct{ value *string }

// NewSecret returns s as a Secret. The empty string is the absent secret.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{&s}
}

// Reveal returns the value, "" for the absent secret.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether the secret is absent.
func (s Secret) IsZero() bool { return s.value == nil }

// String returns "***", or "" for the absent secret.
func (s Secret) String() string {
	if s.value == nil {
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
