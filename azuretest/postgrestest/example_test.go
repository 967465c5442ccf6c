package postgrestest_test

import (
	"crypto/tls"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/postgrestest"
)

// A server that calls a good token expired, once, and then an impostor with
// another certificate, who must not get to see it.
func TestInject(t *testing.T) {
	cloud := azuretest.New(t)
	server := postgrestest.New(t, cloud, nil)
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "orders-app"})
	config, err := pgx.ParseConfig(fmt.Sprintf("host=localhost port=%d user=orders-app sslmode=require", server.Port()))
	require.NoError(t, err)
	config.TLSConfig = &tls.Config{RootCAs: cloud.CA().Pool(), ServerName: "localhost"}
	config.Password = cloud.Mint(app, azuretest.OSSRDBMSAudience)

	server.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken, Times: 1})
	_, err = pgx.ConnectConfig(t.Context(), config)
	var refusal *pgconn.PgError
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, "The access token has expired. Acquire a new token and try again.", refusal.Message)

	server.Inject(azuretest.ServerFault{Kind: azuretest.WrongName})
	_, err = pgx.ConnectConfig(t.Context(), config)
	require.ErrorContains(t, err, "wrong-name.invalid")

	require.NoError(t, server.Close()) // now the record is complete
	logins := server.Logins()
	require.Len(t, logins, 2)
	require.NotZero(t, logins[0].TLS)
	require.NotZero(t, logins[0].PasswordLength)
	require.Zero(t, logins[1].TLS)
	require.Zero(t, logins[1].PasswordLength)
}
