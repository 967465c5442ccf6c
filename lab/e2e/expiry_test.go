package e2e_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/postgres"
)

// renewable are identities whose tokens can be replaced by new ones.
var renewable = []struct {
	name  string
	setUp func(*testing.T, *site) (id azuretest.Identity, o *passwordless.Options, keys []string)
}{
	{"system-assigned", func(t *testing.T, x *site) (azuretest.Identity, *passwordless.Options, []string) {
		x.onAppService(t)
		return x.admit(t, x.AddSystemAssigned(azuretest.Identity{})), x.options(), nil
	}},
	{"user-assigned", func(t *testing.T, x *site) (azuretest.Identity, *passwordless.Options, []string) {
		x.onAppService(t)
		id := x.userAssigned(t)
		return id, x.options(), []string{"client_id=" + id.ClientID}
	}},
	{"user-assigned, IMDS", func(t *testing.T, x *site) (azuretest.Identity, *passwordless.Options, []string) {
		id := x.userAssigned(t)
		return id, x.options(), []string{"client_id=" + id.ClientID}
	}},
	{"service principal with certificate", func(t *testing.T, x *site) (azuretest.Identity, *passwordless.Options, []string) {
		id, file := x.certified(t)
		return id, x.options(x.authority()), []string{"client_id=" + id.ClientID, "tenant_id=" + id.TenantID, "client_certificate_path=" + file}
	}},
	{"workload identity", func(t *testing.T, x *site) (azuretest.Identity, *passwordless.Options, []string) {
		id := x.userAssigned(t)
		pod, err := x.WorkloadEnviron(t.TempDir(), id)
		require.NoError(t, err)
		return id, x.options(pod...), nil
	}},
	{"Azure CLI", func(t *testing.T, x *site) (azuretest.Identity, *passwordless.Options, []string) {
		return x.signedIn(t), x.options(), []string{"authentication=ActiveDirectoryAzCli"}
	}},
	{"own credential", func(t *testing.T, x *site) (azuretest.Identity, *passwordless.Options, []string) {
		id, o := x.userAssigned(t), x.options()
		o.Credential = &minted{tokens: []string{x.mint(id), x.mint(id)}}
		return id, o, nil
	}},
}

func TestServerSaysExpired(t *testing.T) { serverSaysExpired(t, onStage(t).site()) }

// Servers call a token expired that the client still trusts: clocks differ. A new one gets past azidentity's
// cache, whatever kind of identity it is for.
func serverSaysExpired(t *testing.T, x *site) {
	for _, c := range renewable {
		t.Run(c.name, func(t *testing.T) {
			id, o, keys := c.setUp(t, x)
			f := x.frontFor(t, id)
			requireReplaced(t, f, o, func() opened { return x.connect(t, f.Addr(), id, o, keys...) })
		})
	}
}

// requireReplaced asserts that a token that the server calls expired is replaced once, and that the log says so.
func requireReplaced(t *testing.T, f front, o *passwordless.Options, connect func() opened) {
	t.Helper()
	defer f.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken, Times: 1})()
	var log logbook
	o.Logger = log.logger()
	native := connect()
	require.NoError(t, openOnce(limited(t), native))
	requireTwoTokens(t, f)
	assert.Equal(t, uint64(2), native.Status().Token.Requests)
	assert.Equal(t, 1, strings.Count(log.String(), "retried=true"))
}

// requireTwoTokens asserts that there were two logins, with different tokens, and that the second succeeded.
func requireTwoTokens(t *testing.T, f front) {
	t.Helper()
	logins := f.Logins()
	require.Len(t, logins, 2)
	require.Error(t, logins[0].Err)
	require.NoError(t, logins[1].Err)
	require.NotEqual(t, logins[0].PasswordSHA256, logins[1].PasswordSHA256)
}

func TestExpiredTwiceIsAnError(t *testing.T) { expiredTwiceIsAnError(t, onStage(t).site()) }

func expiredTwiceIsAnError(t *testing.T, x *site) {
	id := x.userAssigned(t)
	f := x.frontFor(t, id)
	defer f.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken})()
	o, credential := x.options(), &minted{}
	for range 5 {
		credential.tokens = append(credential.tokens, x.mint(id))
	}
	o.Credential = credential

	err := openOnce(limited(t), x.connect(t, f.Addr(), id, o))
	for _, token := range credential.tokens {
		refused := requireRefused(t, err, token)
		assert.Equal(t, "token-expired", refused.Anchor)
	}
	require.Len(t, f.Logins(), 2, "one retry")
	assert.Equal(t, 2, credential.times())
}

func TestNoNewTokenMeansNoSecondLogin(t *testing.T) {
	noNewTokenMeansNoSecondLogin(t, onStage(t).site())
}

func noNewTokenMeansNoSecondLogin(t *testing.T, x *site) {
	id := x.userAssigned(t)
	f := x.frontFor(t, id)
	defer f.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken, Times: 1})()
	o, credential := x.options(), &minted{tokens: []string{x.mint(id)}}
	o.Credential = credential
	c := x.connect(t, f.Addr(), id, o)

	requireRefused(t, openOnce(limited(t), c), credential.tokens[0])
	require.Len(t, f.Logins(), 1, "the same token is not sent again")
	require.NoError(t, openOnce(limited(t), c), "the next login may try it")
}

func TestExpiredAndNoToken(t *testing.T) {
	requireState(t, expiredAndNoToken(t, onStage(t).site()), "28000", "The access token has expired")
}

// When the issuer fails, the error tells of both: the server's refusal and the token that could not be had.
func expiredAndNoToken(t *testing.T, x *site) *passwordless.LoginError {
	x.onAppService(t)
	id, f, c := x.managedAt(t, x.options())
	require.NoError(t, openOnce(limited(t), c))
	defer f.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken})()
	x.inject(t, azuretest.Fault{Endpoint: azuretest.AppService, Identity: id.ClientID, Status: 400})

	err := openOnce(limited(t), c)
	refused, ok := errors.AsType[*passwordless.LoginError](err)
	require.True(t, ok, "%T: %v", err, err)
	assert.NotContains(t, err.Error(), "\n")
	assert.Equal(t, "token-expired", refused.Anchor)
	_, ok = errors.AsType[*passwordless.TokenError](err)
	assert.True(t, ok, "%v", err)
	assert.Contains(t, err.Error(), "HTTP 400")
	require.Len(t, f.Logins(), 2)
	return refused
}

// pgxpool cannot try a login again, but the pool's next one has a new token.
func TestPoolsNextLoginHasANewToken(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	id := s.userAssigned(t)
	front := s.frontEnd(t, id.Name)
	defer front.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken, Times: 1})()
	pool := openPool(t, s.libpqTo(front, id.Name)+" client_id="+id.ClientID, s.options())

	err := pool.Ping(limited(t))
	_, ok := errors.AsType[*pgconn.PgError](err)
	require.True(t, ok, "%T: %v", err, err)
	explained, ok := errors.AsType[*passwordless.LoginError](postgres.Explain(err))
	require.True(t, ok)
	assert.Equal(t, "token-expired", explained.Anchor)
	assert.Contains(t, explained.Identity, id.ClientID)
	requirePoolUser(t, id.Name, pool)
	requireTwoTokens(t, front)
}

func TestRetryObeysTheContext(t *testing.T) { retryObeysTheContext(t, onStage(t).site()) }

// A caller whose context has ended gets no second login.
func retryObeysTheContext(t *testing.T, x *site) {
	x.onAppService(t)
	id, f, c := x.managedAt(t, x.options())
	require.NoError(t, openOnce(limited(t), c))
	defer f.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken})()
	x.inject(t, azuretest.Fault{Endpoint: azuretest.AppService, Identity: id.ClientID, Delay: time.Hour})

	ctx, cancel := context.WithCancel(limited(t))
	mark := x.mark()
	failed := background(ctx, opening(c))
	await(t, "the second token is asked for", func() bool { return x.asked(mark, id) == 1 })
	cancel()
	require.ErrorIs(t, <-failed, context.Canceled)
	require.Len(t, f.Logins(), 2)
}
