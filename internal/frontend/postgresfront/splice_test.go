package postgresfront_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
)

// spliced is a bench whose sessions go to an ordinary server: a second front
// end with a password user "owner".
type spliced struct {
	*bench
	ordinary *postgresfront.Server
}

func newSpliced(t *testing.T, handler func(context.Context, *postgresfront.Session) error) *spliced {
	t.Helper()
	cloud := azuretest.New(t)
	roots := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, cloud.CA().WriteFile(roots))
	ordinary := frontend.Must(t, postgresfront.Start, cloud, &postgresfront.Options{
		ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"owner": "ordinary"}},
		Handler:       handler,
	})
	t.Cleanup(func() { assert.NoError(t, ordinary.Close()) })
	return &spliced{
		ordinary: ordinary,
		bench: newBench(t, &postgresfront.Options{ServerOptions: azuretest.ServerOptions{Backend: fmt.Sprintf(
			"host=127.0.0.1 port=%d user=owner password=ordinary dbname=main application_name=front search_path=app sslmode=verify-full sslrootcert=%s",
			ordinary.Port(), roots)}}),
	}
}

func TestSplice(t *testing.T) {
	b := newSpliced(t, echo)
	config := b.config(t)
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	config.RuntimeParams["application_name"] = "client"
	config.RuntimeParams["options"] = "-c statement_timeout=5s"
	conn := connect(t, config)
	var got string
	require.NoError(t, conn.QueryRow(t.Context(), "hello").Scan(&got))
	assert.Equal(t, "owner@orders: hello", got, "the backend's user, the client's database")
	assert.Equal(t, "owner", conn.PgConn().ParameterStatus("session_authorization"), "the backend's parameters are replayed")

	long := strings.Repeat("x", 3<<20)
	require.NoError(t, conn.QueryRow(t.Context(), long).Scan(&got))
	assert.Equal(t, "owner@orders: "+long, got)

	logins := b.ordinary.Logins()
	require.Len(t, logins, 1)
	assert.Equal(t, map[string]string{
		"application_name": "client", "options": "-c statement_timeout=5s", "search_path": "app",
	}, logins[0].Parameters)
	assert.Equal(t, len("ordinary"), logins[0].PasswordLength, "the token stays in front")
}

func TestSpliceDatabaseOfBackend(t *testing.T) {
	b := newSpliced(t, echo)
	config := b.config(t)
	config.Database = ""
	connect(t, config)
	assert.Equal(t, b.ID.Name, b.Server.Logins()[0].Database)
	assert.Equal(t, "main", b.ordinary.Logins()[0].Database)
}

func TestSpliceRefusals(t *testing.T) {
	b := newSpliced(t, nil)
	wrong := b.config(t)
	wrong.Password = "nonsense"
	assert.Contains(t, refused(t, wrong).Message, "invalid format")
	assert.Empty(t, b.ordinary.Logins(), "a bad token does not reach the backend")

	b.ordinary.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &pgconn.PgError{Code: "3D000", Message: `database "orders" does not exist`, Hint: "create it"}, Times: 1})
	refusal := refused(t, b.config(t))
	assert.Equal(t, "3D000", refusal.Code)
	assert.Equal(t, `database "orders" does not exist`, refusal.Message)
	assert.Equal(t, "create it", refusal.Hint)

	require.NoError(t, b.ordinary.Close())
	refusal = refused(t, b.config(t))
	assert.Equal(t, "08006", refusal.Code)
	logins := b.Server.Logins()
	require.Len(t, logins, 3)
	var unreachable *pgconn.ConnectError
	require.ErrorAs(t, logins[2].Err, &unreachable)
	assert.NotContains(t, logins[2].Err.Error(), "password=")
}

func TestSpliceCancel(t *testing.T) {
	b := newSpliced(t, echo)
	testPGCancel(t, b.config(t))
}

// The end of one side reaches the other.
func TestSpliceEnds(t *testing.T) {
	ended := make(chan error, 1)
	b := newSpliced(t, frontendtest.Telling(ended, echo))
	config := b.config(t)
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn := connect(t, config)
	require.NoError(t, conn.Close(t.Context()))
	require.ErrorContains(t, <-ended, "EOF")

	conn = connect(t, config)
	_, err := conn.Exec(t.Context(), "fail")
	var end *pgconn.PgError
	require.ErrorAs(t, err, &end)
	assert.Equal(t, "57P01", end.Code)
	<-ended
	assert.ErrorContains(t, conn.Ping(t.Context()), "closed")

	conn = connect(t, config)
	require.NoError(t, conn.PgConn().Conn().Close()) // without a Terminate message
	require.ErrorContains(t, <-ended, "EOF")

	conn = connect(t, config)
	require.NoError(t, b.Server.Close())
	require.Error(t, <-ended)
	assert.Error(t, conn.Ping(t.Context()))
}

func TestSpliceLeavesNothing(t *testing.T) {
	b := newSpliced(t, echo)
	config := b.config(t)
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	frontendtest.AssertLeavesNothing(t, 50, func() error {
		conn, err := pgx.ConnectConfig(t.Context(), config.Copy())
		if err != nil {
			return err
		}
		_, err = conn.Exec(t.Context(), "hello")
		return errors.Join(err, conn.Close(t.Context()))
	})
}
