package mysql

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/mysqltest"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func TestNoTokenInErrors(t *testing.T) {
	b := engine.Bench(t, nil)
	var logged lockedBuffer
	b.Options.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c := b.Connector(t)
	cfg := mysql.NewConfig()
	cfg.Logger = log.New(&logged, "driver ", 0)
	require.NoError(t, Configure(cfg, b.DSN(), b.Options))
	own, err := mysql.NewConnector(cfg)
	require.NoError(t, err)
	require.NoError(t, drivertest.Connect(t, c)) // so that there is a token
	b.NoTokenInErrors(t, map[string]azuretest.ServerFault{
		"native":       {Kind: azuretest.AskNativePassword},
		"caching_sha2": {Kind: azuretest.AskCachingSHA2},
		"refuse":       {Kind: azuretest.Refuse, Err: &mysqltest.Error{Number: 1045, State: "28000", Message: "Access denied"}},
	}, func(ctx context.Context) []error {
		_, err := c.Connect(ctx)
		_, ownErr := own.Connect(ctx)
		return []error{err, ownErr, Explain(ownErr)}
	})
	require.Contains(t, logged.String(), "driver ")
	require.Contains(t, logged.String(), "level=")
	b.Issuer.AssertNotIn(t, logged.String())
}

// lockedBuffer is a log that may be written to from any goroutine.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder // guarded by mu
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func TestAServersEchoIsNotPrinted(t *testing.T) {
	b := engine.Bench(t, &mysqltest.Options{Passwords: map[string]string{"admin": drivertest.Password}})
	b.EchoIsNotPrinted(t, strings.Replace(b.DSN(), "app@", "admin:"+drivertest.Password+"@", 1), func(message string) azuretest.ServerFault {
		return azuretest.ServerFault{Kind: azuretest.Refuse, Err: &mysqltest.Error{Number: 1045, State: "28000", Message: message}}
	})
}

// A short password is part of many words, but no server has said these.
func TestNetworkErrorsStayReadable(t *testing.T) {
	c, err := NewConnector("u:p@tcp(127.0.0.1:1)/", &passwordless.Options{Environ: func() []string { return nil }})
	require.NoError(t, err)
	defer func() { assert.NoError(t, c.Close()) }()
	assert.ErrorContains(t, drivertest.Connect(t, c), "dial tcp 127.0.0.1:1")
}

func TestNoTokenInPrintedValues(t *testing.T) {
	b := engine.Bench(t, nil)
	for _, server := range b.NoTokenInValues(t).servers {
		b.Issuer.AssertNotIn(t, fmt.Sprintf("%v|%+v|%#v", server, server, server)+server.FormatDSN())
	}
}
