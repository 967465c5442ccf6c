package sqlserverfront_test

import (
	"context"
	"crypto/tls"
	"database/sql"
	"fmt"
	"testing"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
)

// bench is a cloud with one identity, a SQL Server front end, and a token for
// the identity.
type bench struct {
	frontendtest.Bench[*sqlserverfront.Server]
}

func newBench(t *testing.T, o *sqlserverfront.Options) *bench {
	t.Helper()
	return &bench{frontendtest.NewBench(t, sqlserverfront.Start, o, "orders-app", azuretest.SQLAudience)}
}

// config is a verified connection to the bench's server, with parameters of
// go-mssqldb's connection strings in addition.
func (b *bench) config(t *testing.T, parameters string) msdsn.Config {
	t.Helper()
	return config(t, b.Cloud.CA(), b.Server, parameters)
}

func config(t *testing.T, ca *azuretest.CA, s *sqlserverfront.Server, parameters string) msdsn.Config {
	t.Helper()
	config, err := msdsn.Parse(fmt.Sprintf("server=127.0.0.1;port=%d;database=orders;encrypt=true;dial timeout=20;%s", max(s.Port(), 1), parameters))
	require.NoError(t, err)
	if config.TLSConfig != nil {
		config.TLSConfig = &tls.Config{RootCAs: ca.Pool(), ServerName: "localhost"}
		config.HostInCertificateProvided = true
	}
	return config
}

// byToken is a connector that brings its token along.
func byToken(t *testing.T, config msdsn.Config, token string) *mssql.Connector {
	t.Helper()
	connector, err := mssql.NewSecurityTokenConnector(config, func(context.Context) (string, error) { return token, nil })
	require.NoError(t, err)
	return connector
}

// open opens a pool and closes it with the test.
func open(t *testing.T, connector *mssql.Connector) *sql.DB {
	t.Helper()
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	return db
}

// connect opens one connection, directly in the driver, and closes it.
func connect(t *testing.T, connector *mssql.Connector) error {
	t.Helper()
	conn, err := connector.Connect(t.Context())
	if err == nil {
		require.NoError(t, conn.Close())
	}
	return err
}

// refused tries to connect and returns the server's error.
func refused(t *testing.T, connector *mssql.Connector) mssql.Error {
	t.Helper()
	err := connect(t, connector)
	var serverError mssql.Error
	require.ErrorAs(t, err, &serverError)
	return serverError
}
