package sqlserverfront_test

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"strings"
	"testing"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/internal/tds"
)

// spliced is a bench whose sessions go to an ordinary server: a second front
// end with a SQL login "owner".
type spliced struct {
	*bench
	ordinary *sqlserverfront.Server
}

func newSpliced(t *testing.T, handler func(context.Context, *tds.Session) error) *spliced {
	t.Helper()
	ordinary := azuretest.New(t)
	server := frontend.Must(t, sqlserverfront.Start, ordinary, &sqlserverfront.Options{
		ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"owner": "ordinary"}},
		Handler:       handler,
	})
	return &spliced{
		ordinary: server,
		bench: newBench(t, &sqlserverfront.Options{
			ServerOptions: azuretest.ServerOptions{Backend: "sqlserver://owner:ordinary@" + server.Addr()}, BackendTLS: &tls.Config{RootCAs: ordinary.CA().Pool()},
		}),
	}
}

// echo answers each batch with who asked and its text, and "please fail" with an error
// that ends the session. A batch has more than one word: go-mssqldb takes a single
// one for the name of a procedure.
func echo(_ context.Context, s *tds.Session) error {
	for {
		request, err := s.Receive()
		if err != nil {
			return err
		}
		batch, ok := request.(*tds.Batch)
		switch {
		case !ok:
			continue
		case batch.SQL == "please fail":
			return &sqlserverfront.Error{Number: 596, State: 1, Class: 21, Message: "Cannot continue the execution because the session is in the kill state."}
		}
		text := s.User + "@" + s.Database + ": " + batch.SQL
		if err := s.Columns(tds.Column{Name: "echo", Type: tds.Type{Name: "nvarchar", Size: tds.Max}}); err != nil {
			return err
		}
		if err := s.Row(text); err != nil {
			return err
		}
		s.Done(1)
	}
}

func TestSplice(t *testing.T) {
	for _, parameters := range []string{"encrypt=true", "encrypt=strict", "packet size=16000"} {
		t.Run(parameters, func(t *testing.T) {
			b := newSpliced(t, echo)
			config := b.config(t, parameters+";app name=client;workstation id=desk;applicationintent=ReadOnly")
			db := open(t, byToken(t, config, b.Token))
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
			assert.Equal(t, uint16(tls.VersionTLS12), login.TLS)
			assert.Equal(t, len("ordinary"), login.PasswordLength, "the token stays in front")
			assert.Equal(t, b.ID.Name, b.Server.Logins()[0].User)
		})
	}
}

// A backend without TLS gets the login in clear text, unless TLS is asked for.
func TestSpliceWithoutTLS(t *testing.T) {
	b := newSpliced(t, echo)
	b.ordinary.Inject(azuretest.ServerFault{Kind: azuretest.Plaintext})
	serverError := refused(t, byToken(t, b.config(t, ""), b.Token))
	assert.Equal(t, int32(40613), serverError.Number)
	assert.Empty(t, b.ordinary.Plaintext())

	front, err := sqlserverfront.Start(b.Cloud, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Backend: "sqlserver://owner:ordinary@" + b.ordinary.Addr()}})
	require.NoError(t, err)
	db := open(t, byToken(t, config(t, b.Cloud.CA(), front, ""), b.Token))
	var got string
	require.NoError(t, db.QueryRowContext(t.Context(), "say hello").Scan(&got))
	assert.Equal(t, "owner@orders: say hello", got)
	assert.Len(t, b.ordinary.Plaintext(), 1)
}

func TestSpliceRefusals(t *testing.T) {
	b := newSpliced(t, nil)
	assert.Equal(t, int32(18456), refused(t, byToken(t, b.config(t, ""), "nonsense")).Number)
	assert.Empty(t, b.ordinary.Logins(), "a bad token does not reach the backend")

	b.ordinary.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &sqlserverfront.Error{Number: 18456, State: 5, Message: "Login failed for user 'owner'."}, Times: 1})
	serverError := refused(t, byToken(t, b.config(t, ""), b.Token))
	assert.Equal(t, int32(18456), serverError.Number)
	assert.Equal(t, uint8(5), serverError.State)
	assert.Equal(t, "login error: Login failed for user 'owner'.", serverError.Message)

	b.ordinary.Inject(azuretest.ServerFault{Kind: azuretest.CloseAfterToken, Times: 1})
	assert.Equal(t, int32(40613), refused(t, byToken(t, b.config(t, ""), b.Token)).Number)
	b.ordinary.Inject(azuretest.ServerFault{Kind: azuretest.SelfSigned, Times: 1})
	assert.Equal(t, int32(40613), refused(t, byToken(t, b.config(t, ""), b.Token)).Number)
	require.NoError(t, b.ordinary.Close())
	assert.Equal(t, int32(40613), refused(t, byToken(t, b.config(t, ""), b.Token)).Number)

	logins := b.Server.Logins()
	require.Len(t, logins, 5)
	assert.ErrorContains(t, logins[4].Err, "connection refused")
	for _, login := range logins[1:] {
		assert.ErrorContains(t, login.Err, "azuretest: ")
		assert.NotContains(t, login.Err.Error(), b.Token)
	}
}

// A cancelled request is cancelled in the backend, and the session goes on.
func TestSpliceCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := newSpliced(t, func(session context.Context, s *tds.Session) error {
		request, err := s.Receive()
		if err != nil {
			return err
		}
		cancel() // the client's
		<-request.Context().Done()
		return echo(session, s)
	})
	conn, err := open(t, byToken(t, b.config(t, ""), b.Token)).Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.ExecContext(ctx, "please wait")
	require.ErrorIs(t, err, context.Canceled)
	var got string
	require.NoError(t, conn.QueryRowContext(t.Context(), "say hello").Scan(&got))
	assert.Equal(t, "owner@orders: say hello", got)
}

// The end of one side reaches the other.
func TestSpliceEnds(t *testing.T) {
	ended := make(chan error, 1)
	b := newSpliced(t, frontendtest.Telling(ended, echo))
	connect := func() *sql.Conn {
		conn, err := open(t, byToken(t, b.config(t, ""), b.Token)).Conn(t.Context())
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
	require.NoError(t, b.Server.Close())
	require.Error(t, <-ended)
	assert.Error(t, conn.PingContext(t.Context()))
}

func TestSpliceLeavesNothing(t *testing.T) {
	b := newSpliced(t, echo)
	connector := byToken(t, b.config(t, ""), b.Token)
	frontendtest.AssertLeavesNothing(t, 30, func() error {
		db := sql.OpenDB(connector)
		_, err := db.ExecContext(t.Context(), "say hello")
		return errors.Join(err, db.Close())
	})
}
