package e2e_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// logbook is a log that a test reads while it is being written.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logbook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logbook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// logger writes everything, debug lines too, to the book.
func (b *logbook) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// requireNoPart asserts that a text holds nothing of a secret that is worth anything: no 20 bytes of a token in a
// row, no 8 of something shorter.
func requireNoPart(t *testing.T, text, secret string) {
	t.Helper()
	require.NotEmpty(t, secret)
	window := 20
	if len(secret) < 100 {
		window = 8
	}
	window = min(window, len(secret))
	// Every window holds a whole block of half its length, so that few blocks tell whether to look closer.
	half := (window + 1) / 2
	for i := 0; i+half <= len(secret); i += half {
		if strings.Contains(text, secret[i:i+half]) {
			requireNoWindow(t, text, secret, window)
			return
		}
	}
}

func requireNoWindow(t *testing.T, text, secret string, window int) {
	t.Helper()
	for i := 0; i+window <= len(secret); i++ {
		if part := secret[i : i+window]; strings.Contains(text, part) {
			at := strings.Index(text, part)
			require.Failf(t, "a secret is in the text", "byte %d of the secret %.12q..., after %q", i, secret, text[max(0, at-200):at])
		}
	}
}

// everyText is what printing an error, or any error in it, shows: in the usual ways, and field by field as loggers
// do that take values apart.
func everyText(err error) string {
	text := fmt.Sprintf("%v\n%+v\n%#v\n%q\n%s\n", err, err, err, err, fields(err))
	switch err := err.(type) {
	case interface{ Unwrap() error }:
		if cause := err.Unwrap(); cause != nil {
			text += everyText(cause)
		}
	case interface{ Unwrap() []error }:
		for _, cause := range err.Unwrap() {
			text += everyText(cause)
		}
	}
	return text
}

// fields lists the strings and byte slices in the exported fields of v, at any depth.
func fields(v any) string {
	var found []string
	seen := map[uintptr]bool{}
	var walk func(reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			found = append(found, v.String())
		case reflect.Pointer, reflect.Interface:
			if v.IsNil() || v.Kind() == reflect.Pointer && seen[v.Pointer()] {
				return
			}
			if v.Kind() == reflect.Pointer {
				seen[v.Pointer()] = true
			}
			walk(v.Elem())
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					walk(v.Field(i))
				}
			}
		case reflect.Slice, reflect.Array:
			if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
				found = append(found, string(v.Bytes()))
				return
			}
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Map:
			for _, key := range v.MapKeys() {
				walk(key)
				walk(v.MapIndex(key))
			}
		}
	}
	walk(reflect.ValueOf(v))
	return strings.Join(found, "\n")
}
