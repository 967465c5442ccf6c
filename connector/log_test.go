package connector

import (
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
)

func TestOneLineSaysWhatWasChosenAndWhy(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	var out strings.Builder
	events := make(chan passwordless.Event, 1)
	h := a.open(t, func(o *passwordless.Options) {
		o.Logger = slog.New(slog.NewTextHandler(&out, nil))
		o.Observe = func(e passwordless.Event) { events <- e }
	})
	line, rest, _ := strings.Cut(out.String(), "\n")
	assert.Empty(t, rest)
	for _, part := range []string{"identity chosen", "AZURE_POSTGRESQL_CONNECTIONSTRING", a.identity.ClientID, "why=", testHost, "scope="} {
		assert.Contains(t, line, part)
	}
	_, err := h.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, passwordless.Fetched, (<-events).Kind) // logged before
	assert.Contains(t, out.String(), "token fetched")
	assert.NotContains(t, out.String(), "eyJ")
}

func TestUnknownLogLevelIsAnError(t *testing.T) {
	_, err := Open(dsn.PostgreSQL, connectortest.StringA, &passwordless.Options{Environ: func() []string { return []string{"PASSWORDLESS_LOG=loud"} }})
	require.EqualError(t, err, "passwordless: PASSWORDLESS_LOG: unknown level: want info or debug")
}

func TestStatusAndLogWarnOfTheDeveloper(t *testing.T) {
	b := connectortest.NewBench(t)
	b.OnLaptop(azuretest.AzureCLI)
	b.SignIn(azuretest.Identity{Name: "ann@contoso.com"})
	var log logBuffer
	h, err := Open(dsn.PostgreSQL, "host="+testHost+" dbname=d user=u client_id="+connectortest.Client, &passwordless.Options{
		Environ:   func() []string { return nil },
		Transport: b.Transport(),
		Logger:    slog.New(slog.NewTextHandler(&log, nil)),
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.Close()) })
	const warning = "instead of user-assigned managed identity (client ID " + connectortest.Client
	assert.Empty(t, h.Status().Warnings)
	assert.NotContains(t, log.String(), warning)

	for range 3 {
		_, err = h.Login(t.Context())
		require.NoError(t, err)
	}
	require.Len(t, h.Status().Warnings, 1)
	assert.Contains(t, h.Status().Warnings[0], warning)
	assert.Equal(t, 1, strings.Count(log.String(), warning), "it is said once")
	for _, said := range []string{log.String(), h.Status().Warnings[0]} {
		assert.Contains(t, strings.ReplaceAll(said, "\\", ""), `the database user is "ann@contoso.com", as the token says, in place of the connection's user "u": authentication=AzureCLI`)
	}
}

func TestWarningsOfTheConnectionAreLogged(t *testing.T) {
	var log logBuffer
	h, err := Open(dsn.SQLServer, "server=srv.database.windows.net;database=d;TrustServerCertificate=true", &passwordless.Options{
		Credential: fixedTool("x"), Environ: func() []string { return nil }, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.Close()) })
	require.Len(t, h.Status().Warnings, 1)
	assert.Contains(t, log.String(), `level=WARN msg="`+h.Status().Warnings[0])
}

// logBuffer is a log that may be read while a cache still writes to it: events
// arrive from its own goroutine.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder // guarded by mu
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
