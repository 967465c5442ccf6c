package sqlserverfront_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/internal/tds"
)

// answer answers one request.
type answer func(s *tds.Session, r tds.Request) error

// serveSQL starts a server that answers every request with answer and returns a
// client of it.
func serveSQL(t *testing.T, answer answer) *sql.DB {
	t.Helper()
	return openSQL(t, func(_ context.Context, s *tds.Session) error {
		for {
			r, err := s.Receive()
			if err != nil {
				return err
			}
			if err := answer(s, r); err != nil {
				return err
			}
		}
	}, "")
}

// openSQL starts a server with a handler and returns a client of it; parameters
// are more of its connection string: "&packet size=8192".
func openSQL(t *testing.T, handler func(context.Context, *tds.Session) error, parameters string) *sql.DB {
	t.Helper()
	db := sql.OpenDB(connectSQL(t, handler, parameters))
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

// connectSQL is openSQL for a custom client.
func connectSQL(t *testing.T, handler func(context.Context, *tds.Session) error, parameters string) *mssql.Connector {
	t.Helper()
	cloud, err := azuretest.Start()
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, cloud.Close()) })
	server, err := sqlserverfront.Start(cloud, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"app": "secret"}}, Handler: handler})
	require.NoError(t, err)
	config, err := msdsn.Parse(fmt.Sprintf("sqlserver://app:secret@%s?encrypt=true&database=sales&app name=tests%s", server.Addr(), parameters))
	require.NoError(t, err)
	config.TLSConfig.RootCAs = cloud.CA().Pool()
	return mssql.NewConnectorConfig(config)
}

// recorder notes the requests of a client.
type recorder struct {
	mu       sync.Mutex
	requests []tds.Request
}

func (r *recorder) add(request tds.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, request)
}

// all are the requests but for pings.
func (r *recorder) all() []tds.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]tds.Request(nil), r.requests...)
}

// kind parses a type that exists.
func kind(t *testing.T, declaration string) tds.Type {
	t.Helper()
	k, err := tds.ParseType(declaration)
	require.NoError(t, err)
	return k
}

// withDefaults is the error of SQL Server in err.
func withDefaults(t *testing.T, err error) mssql.Error {
	t.Helper()
	serverError, ok := errors.AsType[mssql.Error](err)
	require.True(t, ok, "%v", err)
	return serverError
}
