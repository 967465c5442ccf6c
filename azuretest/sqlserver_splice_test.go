package azuretest_test

import (
	"context"
	"crypto/tls"
	"database/sql"
	"runtime"
	"strings"
	"sync"
	"testing"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// sqlSpliced is a bench whose sessions go to an ordinary server: a second front
// end with a SQL login "owner".
type sqlSpliced struct {
	*sqlBench
	ordinary *azuretest.SQLServer
}

func newSQLSpliced(t *testing.T, handler func(context.Context, *azuretest.SQLServerSession) error) *sqlSpliced {
	t.Helper()
	ca, err := azuretest.NewCA()
	require.NoError(t, err)
	ordinary, err := azuretest.Start(&azuretest.Options{CA: ca})
	require.NoError(t, err)
	t.Cleanup(func() { ordinary.Close() })
	server, err := azuretest.StartSQLServer(ordinary, &azuretest.SQLServerOptions{
		Passwords: map[string]string{"owner": "ordinary"},
		Handler:   handler,
	})
	require.NoError(t, err)
	return &sqlSpliced{
		ordinary: server,
		sqlBench: newSQLBench(t, &azuretest.SQLServerOptions{Backend: &azuretest.SQLServerBackend{
			Host: "127.0.0.1", Port: server.Port(), User: "owner", Password: "ordinary",
			TLS: &tls.Config{RootCAs: ca.Pool()},
		}}),
	}
}

// sqlEcho answers each batch with who asked and its text, and "please fail" with an error
// that ends the session. A batch has more than one word: go-mssqldb takes a single
// one for the name of a procedure.
func sqlEcho(_ context.Context, s *azuretest.SQLServerSession) error {
	for {
		request, err := s.Receive()
		if err != nil {
			return err
		}
		batch, ok := request.(*azuretest.SQLServerBatch)
		switch {
		case !ok:
			continue
		case batch.SQL == "please fail":
			return &azuretest.SQLServerError{Number: 596, State: 1, Class: 21, Message: "Cannot continue the execution because the session is in the kill state."}
		}
		text := s.User + "@" + s.Database + ": " + batch.SQL
		if err := s.Columns(azuretest.SQLServerColumn{Name: "echo", Type: azuretest.SQLServerType{Name: "nvarchar", Size: azuretest.SQLServerMax}}); err != nil {
			return err
		}
		if err := s.Row(text); err != nil {
			return err
		}
		s.Done(1)
	}
}

func TestSQLServerSplice(t *testing.T) {
	for _, parameters := range []string{"encrypt=true", "encrypt=strict", "packet size=16000"} {
		t.Run(parameters, func(t *testing.T) {
			b := newSQLSpliced(t, sqlEcho)
			config := b.config(t, parameters+";app name=client;workstation id=desk;applicationintent=ReadOnly")
			db := sqlOpen(t, byToken(t, config, b.token))
			var got string
			require.NoError(t, db.QueryRowContext(t.Context(), "say hello").Scan(&got))
			assert.Equal(t, "owner@orders: say hello", got, "the backend's user, the client's database")

			long := "say " + strings.Repeat("x", 1<<20)
			require.NoError(t, db.QueryRowContext(t.Context(), long).Scan(&got))
			assert.Equal(t, "owner@orders: "+long, got)

			logins := b.ordinary.Logins()
			require.Len(t, logins, 1)
			login := logins[0]
			assert.Equal(t, map[string]string{
				"app name": "client", "host name": "desk", "server name": "127.0.0.1",
				"application intent": "ReadOnly", "tds version": "7.4",
			}, login.Parameters)
			assert.Equal(t, uint16(tls.VersionTLS12), login.TLSVersion)
			assert.Equal(t, len("ordinary"), login.PasswordLength, "the token stays in front")
			assert.Equal(t, b.id.Name, b.server.Logins()[0].User)
		})
	}
}

// A backend without TLS gets the login in clear text, unless TLS is asked for.
func TestSQLServerSpliceWithoutTLS(t *testing.T) {
	b := newSQLSpliced(t, sqlEcho)
	b.ordinary.Inject(azuretest.ServerFault{Kind: azuretest.Plaintext})
	refusal := sqlRefused(t, byToken(t, b.config(t, ""), b.token))
	assert.Equal(t, int32(40613), refusal.Number)
	assert.Empty(t, b.ordinary.Plaintext())

	front, err := azuretest.StartSQLServer(b.cloud, &azuretest.SQLServerOptions{Backend: &azuretest.SQLServerBackend{
		Host: "127.0.0.1", Port: b.ordinary.Port(), User: "owner", Password: "ordinary",
	}})
	require.NoError(t, err)
	db := sqlOpen(t, byToken(t, sqlConfig(t, b.cloud.CA(), front, ""), b.token))
	var got string
	require.NoError(t, db.QueryRowContext(t.Context(), "say hello").Scan(&got))
	assert.Equal(t, "owner@orders: say hello", got)
	assert.Len(t, b.ordinary.Plaintext(), 1)
}

func TestSQLServerSpliceRefusals(t *testing.T) {
	b := newSQLSpliced(t, nil)
	assert.Equal(t, int32(18456), sqlRefused(t, byToken(t, b.config(t, ""), "nonsense")).Number)
	assert.Empty(t, b.ordinary.Logins(), "a bad token does not reach the backend")

	b.ordinary.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &azuretest.SQLServerError{Number: 18456, State: 5, Message: "Login failed for user 'owner'."}, Times: 1})
	refusal := sqlRefused(t, byToken(t, b.config(t, ""), b.token))
	assert.Equal(t, int32(18456), refusal.Number)
	assert.Equal(t, uint8(5), refusal.State)
	assert.Equal(t, "login error: Login failed for user 'owner'.", refusal.Message)

	b.ordinary.Inject(azuretest.ServerFault{Kind: azuretest.CloseAfterToken, Times: 1})
	assert.Equal(t, int32(40613), sqlRefused(t, byToken(t, b.config(t, ""), b.token)).Number)
	b.ordinary.Inject(azuretest.ServerFault{Kind: azuretest.SelfSigned, Times: 1})
	assert.Equal(t, int32(40613), sqlRefused(t, byToken(t, b.config(t, ""), b.token)).Number)
	require.NoError(t, b.ordinary.Close())
	assert.Equal(t, int32(40613), sqlRefused(t, byToken(t, b.config(t, ""), b.token)).Number)

	logins := b.server.Logins()
	require.Len(t, logins, 5)
	assert.ErrorContains(t, logins[4].Err, "connection refused")
	for _, login := range logins[1:] {
		assert.ErrorContains(t, login.Err, "azuretest: ")
		assert.NotContains(t, login.Err.Error(), b.token)
	}
}

// A cancelled request is cancelled in the backend, and the session goes on.
func TestSQLServerSpliceCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := newSQLSpliced(t, func(session context.Context, s *azuretest.SQLServerSession) error {
		request, err := s.Receive()
		if err != nil {
			return err
		}
		cancel() // the client's
		<-request.Context().Done()
		return sqlEcho(session, s)
	})
	conn, err := sqlOpen(t, byToken(t, b.config(t, ""), b.token)).Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.ExecContext(ctx, "please wait")
	require.ErrorIs(t, err, context.Canceled)
	var got string
	require.NoError(t, conn.QueryRowContext(t.Context(), "say hello").Scan(&got))
	assert.Equal(t, "owner@orders: say hello", got)
}

// The end of one side reaches the other.
func TestSQLServerSpliceEnds(t *testing.T) {
	ended := make(chan error, 1)
	b := newSQLSpliced(t, func(ctx context.Context, s *azuretest.SQLServerSession) error {
		err := sqlEcho(ctx, s)
		ended <- err
		return err
	})
	connect := func() *sql.Conn {
		conn, err := sqlOpen(t, byToken(t, b.config(t, ""), b.token)).Conn(t.Context())
		require.NoError(t, err)
		return conn
	}
	conn := connect()
	require.NoError(t, conn.Raw(func(c any) error { return c.(*mssql.Conn).Close() }))
	require.ErrorContains(t, <-ended, "EOF")

	conn = connect()
	_, err := conn.ExecContext(t.Context(), "please fail")
	var end mssql.Error
	require.ErrorAs(t, err, &end)
	assert.Equal(t, int32(596), end.Number)
	<-ended
	assert.Error(t, conn.PingContext(t.Context()))

	conn = connect()
	require.NoError(t, b.server.Close())
	require.Error(t, <-ended)
	assert.Error(t, conn.PingContext(t.Context()))
}

func TestSQLServerSpliceLeavesNothing(t *testing.T) {
	b := newSQLSpliced(t, sqlEcho)
	before := runtime.NumGoroutine()
	var group sync.WaitGroup
	for range 30 {
		connector := byToken(t, b.config(t, ""), b.token)
		group.Go(func() {
			db := sql.OpenDB(connector)
			_, err := db.ExecContext(t.Context(), "say hello")
			assert.NoError(t, err)
			assert.NoError(t, db.Close())
		})
	}
	group.Wait()
	requireSettled(t, before)
}
