package sqlserver

import (
	"context"
	"database/sql/driver"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/observe"
)

func TestRetirement(t *testing.T) {
	now := time.Now()
	for _, row := range []struct {
		name           string
		left           time.Duration
		earliest, last time.Duration
	}{
		{"an hour", time.Hour, 46*time.Minute + 24*time.Second, 58 * time.Minute},
		{"a day", 24 * time.Hour, 19*time.Hour + 10*time.Minute, 24*time.Hour - 2*time.Minute},
		{"ten minutes", 10 * time.Minute, 7*time.Minute + 12*time.Second, 9 * time.Minute},
		{"half a minute", 30 * time.Second, 21*time.Second + 600*time.Millisecond, 27 * time.Second},
		{"over", -time.Minute, 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			var least, most time.Duration = row.last, 0
			for range 1000 {
				after := retirement(now, now.Add(row.left)).Sub(now.Round(0))
				least, most = min(least, after), max(most, after)
			}
			assert.GreaterOrEqual(t, least, row.earliest)
			assert.LessOrEqual(t, most, row.last)
			assert.GreaterOrEqual(t, most-least, (row.last-row.earliest)*9/10, "spread over the whole time")
		})
	}
	assert.True(t, retirement(now, time.Time{}).IsZero(), "a password does not expire")
}

func TestRetiredConnectionTellsTheLogOnce(t *testing.T) {
	var log strings.Builder
	h, err := connector.Open(dsn.SQLServer, "server=s.database.windows.net;database=app", &passwordless.Options{
		Environ: func() []string { return nil },
		Logger:  slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(t, err)
	defer h.Close()
	assert.False(t, (&Conn{handle: h}).retire(), "a password login")
	assert.False(t, (&Conn{handle: h, retires: time.Now().Add(time.Minute)}).retire())
	assert.NotContains(t, log.String(), "connection retired")

	var observed []observe.Kind
	defer observe.Listen(func(_ context.Context, e observe.Event) { observed = append(observed, e.Kind) })()
	old := &Conn{handle: h, retires: time.Now()}
	assert.False(t, old.IsValid())
	assert.ErrorIs(t, old.ResetSession(t.Context()), driver.ErrBadConn)
	assert.Equal(t, 1, strings.Count(log.String(), "connection retired before its token expires"))
	assert.Contains(t, log.String(), "s.database.windows.net")
	assert.Equal(t, []observe.Kind{observe.Retired}, observed)
}
