package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/postgres"
)

// Servers call a token expired that the client still trusts: clocks differ. A new one gets past azidentity's
// cache, whatever kind of identity it is for.
func TestServerSaysExpired(t *testing.T) {
	s := onStage(t)
	for _, c := range []struct {
		name  string
		setUp func(*testing.T) (azuretest.Identity, string, *connector.Options)
	}{
		{"system-assigned", func(t *testing.T) (azuretest.Identity, string, *connector.Options) {
			s.onAppService(t)
			return s.admit(t, s.AddSystemAssigned(azuretest.Identity{})), "", s.options()
		}},
		{"user-assigned", func(t *testing.T) (azuretest.Identity, string, *connector.Options) {
			s.onAppService(t)
			id := s.userAssigned(t)
			return id, "client_id=" + id.ClientID, s.options()
		}},
		{"user-assigned, IMDS", func(t *testing.T) (azuretest.Identity, string, *connector.Options) {
			id := s.userAssigned(t)
			return id, "client_id=" + id.ClientID, s.options()
		}},
		{"service principal with certificate", func(t *testing.T) (azuretest.Identity, string, *connector.Options) {
			id, file := s.certified(t)
			return id, fmt.Sprintf("client_id=%s tenant_id=%s client_certificate_path='%s'", id.ClientID, id.TenantID, file), s.options(s.authority())
		}},
		{"workload identity", func(t *testing.T) (azuretest.Identity, string, *connector.Options) {
			id := s.userAssigned(t)
			pod, err := s.WorkloadEnviron(t.TempDir(), id)
			require.NoError(t, err)
			return id, "", s.options(pod...)
		}},
		{"Azure CLI", func(t *testing.T) (azuretest.Identity, string, *connector.Options) {
			return s.signedIn(t), "authentication=ActiveDirectoryAzCli", s.options()
		}},
		{"own credential", func(t *testing.T) (azuretest.Identity, string, *connector.Options) {
			id, o := s.userAssigned(t), s.options()
			o.Credential = &minted{tokens: []string{s.Mint(id, azuretest.TokenOptions{}), s.Mint(id, azuretest.TokenOptions{})}}
			return id, "", o
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, keys, o := c.setUp(t)
			front := s.frontEnd(t, id.Name)
			defer front.Inject(azuretest.ExpiredToken().Times(1))()
			var log logbook
			o.Logger = log.logger()

			native := newConnector(t, s.libpqTo(front, id.Name)+" "+keys, o)
			conn, err := native.Connect(limited(t))
			require.NoError(t, err)
			require.NoError(t, conn.Close())
			requireTwoTokens(t, front)
			assert.Equal(t, uint64(2), native.Status().Token.Requests)
			assert.Equal(t, 1, strings.Count(log.String(), "retried=true"))
		})
	}
}

// requireTwoTokens asserts that there were two logins, with different tokens, and that the second succeeded.
func requireTwoTokens(t *testing.T, front *azuretest.PostgresServer) {
	t.Helper()
	logins := front.Logins()
	require.Len(t, logins, 2)
	require.Error(t, logins[0].Err)
	require.NoError(t, logins[1].Err)
	require.NotEqual(t, logins[0].PasswordSHA256, logins[1].PasswordSHA256)
}

func TestExpiredTwiceIsAnError(t *testing.T) {
	s := onStage(t)
	id := s.userAssigned(t)
	front := s.frontEnd(t, id.Name)
	defer front.Inject(azuretest.ExpiredToken())()
	o := s.options()
	credential := &minted{}
	for range 5 {
		credential.tokens = append(credential.tokens, s.Mint(id, azuretest.TokenOptions{}))
	}
	o.Credential = credential

	err := openDB(t, s.libpqTo(front, id.Name), o).PingContext(limited(t))
	for _, token := range credential.tokens {
		refused := requireRefused(t, err, token)
		assert.Equal(t, "token-expired", refused.Anchor)
	}
	require.Len(t, front.Logins(), 2, "one retry")
	assert.Equal(t, 2, credential.times())
}

func TestNoNewTokenMeansNoSecondLogin(t *testing.T) {
	s := onStage(t)
	id := s.userAssigned(t)
	front := s.frontEnd(t, id.Name)
	defer front.Inject(azuretest.ExpiredToken().Times(1))()
	o := s.options()
	credential := &minted{tokens: []string{s.Mint(id, azuretest.TokenOptions{})}}
	o.Credential = credential
	db := openDB(t, s.libpqTo(front, id.Name), o)

	requireRefused(t, db.PingContext(limited(t)), credential.tokens[0])
	require.Len(t, front.Logins(), 1, "the same token is not sent again")
	require.NoError(t, db.PingContext(limited(t)), "the next login may try it")
}

// When the issuer fails, the error tells of both: the server's refusal and the token that could not be had.
func TestExpiredAndNoToken(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	id := s.userAssigned(t)
	front := s.frontEnd(t, id.Name)
	db := openDB(t, s.libpqTo(front, id.Name)+" client_id="+id.ClientID, s.options())
	db.SetMaxIdleConns(-1)
	require.NoError(t, db.PingContext(limited(t)))
	defer front.Inject(azuretest.ExpiredToken())()
	s.inject(t, azuretest.Fault{Endpoint: azuretest.AppService, Identity: id.ClientID, Status: 400})

	err := db.PingContext(limited(t))
	refused, ok := errors.AsType[*connector.LoginError](err)
	require.True(t, ok, "%T: %v", err, err)
	assert.NotContains(t, err.Error(), "\n")
	requireState(t, refused, "28000", "The access token has expired")
	_, ok = errors.AsType[*connector.TokenError](err)
	assert.True(t, ok, "%v", err)
	assert.Contains(t, err.Error(), "HTTP 400")
	require.Len(t, front.Logins(), 2)
}

// pgxpool cannot try a login again, but the pool's next one has a new token.
func TestPoolsNextLoginHasANewToken(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	id := s.userAssigned(t)
	front := s.frontEnd(t, id.Name)
	defer front.Inject(azuretest.ExpiredToken().Times(1))()
	pool := openPool(t, s.libpqTo(front, id.Name)+" client_id="+id.ClientID, s.options())

	err := pool.Ping(limited(t))
	_, ok := errors.AsType[*pgconn.PgError](err)
	require.True(t, ok, "%T: %v", err, err)
	explained, ok := errors.AsType[*connector.LoginError](postgres.Explain(err))
	require.True(t, ok)
	assert.Equal(t, "token-expired", explained.Anchor)
	assert.Contains(t, explained.Identity, id.ClientID)
	requirePoolUser(t, id.Name, pool)
	requireTwoTokens(t, front)
}

// A caller whose context has ended gets no second login.
func TestRetryObeysTheContext(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	id := s.userAssigned(t)
	front := s.frontEnd(t, id.Name)
	db := openDB(t, s.libpqTo(front, id.Name)+" client_id="+id.ClientID, s.options())
	db.SetMaxIdleConns(-1)
	require.NoError(t, db.PingContext(limited(t)))
	defer front.Inject(azuretest.ExpiredToken())()
	s.inject(t, azuretest.Fault{Endpoint: azuretest.AppService, Identity: id.ClientID, Hang: true})

	ctx, cancel := context.WithCancel(limited(t))
	mark := s.mark()
	failed := make(chan error, 1)
	go func() { failed <- db.PingContext(ctx) }()
	require.Eventually(t, func() bool { return len(s.since(mark)) == 1 }, limit, tick, "the second token is asked for")
	cancel()
	err := <-failed
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, front.Logins(), 2)
}
