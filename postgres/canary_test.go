package postgres

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/postgrestest"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func TestNoTokenInErrors(t *testing.T) {
	b := engine.Bench(t, nil)
	c, pool := b.Connector(t), openPool(t, b)
	b.NoTokenInErrors(t, map[string]azuretest.ServerFault{
		"MD5":    {Kind: azuretest.AskMD5},
		"SCRAM":  {Kind: azuretest.AskSCRAM},
		"refuse": {Kind: azuretest.Refuse, Err: &pgconn.PgError{Code: "28P01", Message: "password authentication failed", Hint: "a hint"}},
	}, func(ctx context.Context) []error {
		_, err := c.Connect(ctx)
		poolErr := pool.Ping(ctx)
		return []error{err, poolErr, Explain(poolErr)}
	})
}

func TestAServersEchoIsNotPrinted(t *testing.T) {
	b := engine.Bench(t, &postgrestest.Options{Passwords: map[string]string{"admin": drivertest.Password}})
	b.EchoIsNotPrinted(t, b.DSN("user=admin password='"+drivertest.Password+"'"), func(message string) azuretest.ServerFault {
		return azuretest.ServerFault{Kind: azuretest.Refuse, Err: &pgconn.PgError{Code: "28P01", Message: message}}
	})
}

// A short password is part of many words, but no server has said these.
func TestNetworkErrorsStayReadable(t *testing.T) {
	c, err := NewConnector("host=127.0.0.1 port=1 user=u password=p", &passwordless.Options{Environ: func() []string { return nil }})
	require.NoError(t, err)
	defer func() { assert.NoError(t, c.Close()) }()
	assert.ErrorContains(t, drivertest.Connect(t, c), "dial tcp 127.0.0.1:1")
}

func TestNoTokenInPrintedValues(t *testing.T) { engine.Bench(t, nil).NoTokenInValues(t) }
