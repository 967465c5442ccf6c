package main

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A child whose records cannot be read is an error, not a wait for a child that waits for its reader.
func TestUnreadableRecord(t *testing.T) {
	plan := func(uint64, time.Duration, []string) plan { return plan{} }
	_, err := run(t.Context(), settings{Lasts: time.Second}, nil, plan, func(_ context.Context, _ settings, _ []string, records io.Writer) (child, error) {
		p := inProcess{make(chan error, 1)}
		go func() {
			var err error
			for err == nil {
				_, err = io.WriteString(records, "no JSON\n")
			}
			p.ended <- err
		}()
		return p, nil
	})
	require.ErrorContains(t, err, "invalid character")
}
