package token_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/token"
)

// BenchmarkTimeNow is the measure for the others: a hit reads the clock once.
func BenchmarkTimeNow(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = time.Now()
	}
}

func BenchmarkTimeNowParallel(b *testing.B) {
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_ = time.Now()
		}
	})
}

func BenchmarkTokenCached(b *testing.B) {
	c := token.New((&issuer{}).fetch, nil)
	hit(b, c)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Token(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTokenCachedParallel(b *testing.B) {
	c := token.New((&issuer{}).fetch, nil)
	hit(b, c)
	ctx := b.Context()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.Token(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkHandleTokenCached(b *testing.B) {
	var g token.Group[string]
	h := g.Open("key", (&issuer{}).create, nil)
	defer h.Close()
	hit(b, h)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Token(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

// hit fetches the token, so that later calls are hits.
func hit(b *testing.B, s source) {
	b.Helper()
	_, err := s.Token(b.Context())
	require.NoError(b, err)
}

func TestHitAllocatesNothing(t *testing.T) {
	c := token.New((&issuer{}).fetch, nil)
	ctx := t.Context()
	_, err := c.Token(ctx)
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(1000, func() { _, _ = c.Token(ctx) }))
}
