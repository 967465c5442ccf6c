package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/postgres"
)

// Whatever the issuer of tokens does, its error tells no secret: neither the client's nor one in the answer.
func TestFailingTokenRequestsStaySecret(t *testing.T) {
	s := onStage(t)
	w := newWatch()
	app, pod := s.AddServicePrincipal(azuretest.Identity{Secret: "another one"}), s.AddServicePrincipal(azuretest.Identity{})
	host := s.AddUserAssigned(azuretest.Identity{TokenLifetime: 4 * time.Minute}) // less than MSAL would cache
	token := s.Mint(app, azuretest.TokenOptions{})
	w.secret(token)
	file := filepath.Join(t.TempDir(), "federated")
	require.NoError(t, os.WriteFile(file, []byte(token), 0o600))
	principal := func(clientID, tenantID string) string {
		return s.libpq("u") + fmt.Sprintf(" client_id=%s tenant_id=%s client_secret='%s'", clientID, tenantID, canarySecret)
	}
	for _, fault := range []azuretest.Fault{{}, {Malformed: true}, {CloseConn: true}, {Hang: true}, {Status: 429},
		{Endpoint: azuretest.Authority, Identity: app.ClientID, Status: 401, Body: echo("your secret is " + canarySecret)},
		{Status: 400, Body: echo("your token is\n" + token)},
		{Status: 200, Body: `{"access_token":7,"x":"` + token + `"}`},
		{Lifetime: -time.Minute},
	} {
		remove := s.Inject(fault)
		for _, text := range []string{
			principal(app.ClientID, app.TenantID),
			principal(app.ObjectID, app.TenantID), // no such application
			principal(app.ClientID, app.ObjectID), // no such tenant
			s.libpq("u") + " authentication=WorkloadIdentity client_id=" + pod.ClientID + " tenant_id=" + pod.TenantID,
			s.libpq("u") + " client_id=" + app.ClientID, // not a managed identity
			s.libpq("u") + " client_id=" + host.ClientID,
		} {
			o := s.options(s.authority())
			if strings.Contains(text, "WorkloadIdentity") {
				o = s.options(s.authority(), "AZURE_FEDERATED_TOKEN_FILE="+file)
			}
			if fault.CloseConn || fault.Hang || fault.Malformed || fault.Status == 429 { // MSAL goes on asking
				o.RequestTimeout, o.StartupWindow = 50*time.Millisecond, -1
			}
			w.tryLogin(limited(t), t, text, w.over(o))
		}
		remove()
	}
	w.require(t, "AADSTS7000215", "your secret is ***", "your token is ***", "expired at", "context deadline exceeded")
}

// echo is an issuer's refusal that tells too much.
func echo(text string) string {
	body, err := json.Marshal(map[string]string{"error": "invalid_client", "error_description": text})
	if err != nil {
		panic(err)
	}
	return string(body)
}

// A program's own credential may fail in any way; what it holds in its hands when it does is not printed.
func TestFailingCredentialsStaySecret(t *testing.T) {
	s := onStage(t)
	w := newWatch()
	token := s.Mint(azuretest.Identity{Name: "u"}, azuretest.TokenOptions{})
	w.secret(token)
	for _, credential := range []*minted{
		{tokens: []string{token}, expires: time.Now().Add(-time.Hour)},
		{tokens: []string{s.Mint(azuretest.Identity{}, azuretest.TokenOptions{Audience: azuretest.SQLAudience})}},
		{err: errors.New("no such user")},
		{panics: token},
		{panics: errors.New("in " + token)},
		{panics: struct{ Token string }{token}},
	} {
		for _, text := range []string{s.libpq("u"), fmt.Sprintf("host=%s port=%d", s.server.Host, s.server.Port)} {
			o := w.over(s.options())
			o.Credential = credential
			w.tryLogin(limited(t), t, text, o)
		}
	}
	w.require(t, "no such user", "panic", "expired at", "the token is for")
}

// tryLogin logs in through database/sql's door and pgxpool's, and notes how it fails.
func (w *watch) tryLogin(ctx context.Context, t *testing.T, text string, o *connector.Options) {
	t.Helper()
	native, err := postgres.NewConnector(text, o)
	require.NoError(t, err)
	defer func() { require.NoError(t, native.Close()) }()
	_, err = native.Connect(ctx)
	require.Error(t, err, "of Connect")
	assert.NotContains(t, err.Error(), "\n")
	w.failure(err)
	w.states(native)

	pool, err := postgres.NewPool(ctx, text, o)
	require.NoError(t, err)
	defer pool.Close()
	err = pool.Ping(ctx)
	require.Error(t, err, "of Ping")
	w.note(fmt.Sprintf("%v\n%+v\n%#v", err, err, err))
	w.failure(postgres.Explain(err))
	w.value(*pool.Config().ConnConfig)
}

// Whatever the server does, the error tells neither token nor password.
func TestFailingLoginsStaySecret(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	w := newWatch()
	id := s.userAssigned(t)
	for _, fault := range []azuretest.ServerFault{
		azuretest.ExpiredToken(), azuretest.PostgresRefuse("28000", "no", "hint"), azuretest.PostgresRefuse("XX000", "oops", ""),
		azuretest.CloseAfterToken(), azuretest.HalfPacket(), azuretest.AskSCRAM(), azuretest.AskMD5(),
		azuretest.NoTLS(), azuretest.Plaintext(), azuretest.SelfSigned(), azuretest.WrongName(),
		azuretest.ExpiredCertificate(),
	} {
		front := s.frontEnd(t, id.Name)
		front.Inject(fault)
		o := w.over(s.options())
		o.User = id.Name
		w.tryLogin(limited(t), t, s.libpqTo(front, "u")+" client_id="+id.ClientID, o)
		w.tryLogin(limited(t), t, s.libpqTo(front, "u")+" password="+canaryPassword, w.over(s.options()))
		require.Empty(t, front.Plaintext())
	}
	front := s.frontEnd(t, id.Name)
	front.Inject(azuretest.Silent())
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	w.tryLogin(ctx, t, s.libpqTo(front, "u")+" password="+canaryPassword, w.over(s.options()))

	require.NoError(t, s.server.CreatePasswordRole(limited(t), "pw-"+id.Name, "another one"))
	w.tryLogin(limited(t), t, s.libpq("pw-"+id.Name)+" password="+canaryPassword, w.over(s.options()))
	w.tryLogin(limited(t), t, s.libpq("nobody")+" password="+canaryPassword, w.over(s.options()))
	require.Greater(t, len(w.secrets), len(newWatch().secrets), "tokens have come in")
	w.require(t, "The access token has expired", "SCRAM or MD5", "does not offer TLS", "password authentication failed", "no answer in time")
}

// A server that says again what it was sent is not believed to be discreet: the login error leaves the token out.
func TestEchoedTokenStaysSecret(t *testing.T) {
	s := onStage(t)
	id := s.userAssigned(t)
	front := s.frontEnd(t, id.Name)
	o := s.options()
	token := s.Mint(id, azuretest.TokenOptions{})
	o.Credential = &minted{tokens: []string{token}}
	front.Inject(azuretest.PostgresRefuse("28000", "what is "+token+" to me", ""))
	var log logbook
	o.Logger = log.logger()

	for _, err := range []error{
		openDB(t, s.libpqTo(front, id.Name), o).PingContext(limited(t)),
		postgres.Explain(openPool(t, s.libpqTo(front, id.Name), o).Ping(limited(t))),
	} {
		require.ErrorContains(t, err, "what is *** to me")
		requireNoPart(t, fmt.Sprintf("%v %+v %s", err, err, log.String()), token)
	}
}

// What works is not talkative either.
func TestSuccessStaysSecret(t *testing.T) {
	s := onStage(t)
	w := newWatch()
	app := s.admit(t, s.AddServicePrincipal(azuretest.Identity{Secret: canarySecret}))
	text := s.libpq(app.Name) + fmt.Sprintf(" client_id=%s tenant_id=%s client_secret=%s", app.ClientID, app.TenantID, canarySecret)
	o := w.over(s.options(s.authority()))

	db, pool := openDB(t, text, o), openPool(t, text, o)
	requireUser(t, app.Name, db)
	requirePoolUser(t, app.Name, pool)
	h, err := connector.Open(dsn.PostgreSQL, text, o)
	require.NoError(t, err)
	defer func() { require.NoError(t, h.Close()) }()
	login, err := h.Login(limited(t))
	require.NoError(t, err)
	require.Greater(t, len(login.Password.Reveal()), 100)
	w.secret(login.Password.Reveal())
	for _, v := range []any{login, &login, h, h.Config(), h.Status(), connector.Statuses(), db, db.Stats(), db.Driver(),
		pool, pool.Config(), *pool.Config().ConnConfig, pool.Config().ConnConfig.ConnString(), o, *o} {
		w.value(v)
	}
	w.require(t)
}

// PASSWORDLESS_LOG is for those who only have sql.Open.
func TestLogToStandardErrorStaysSecret(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	s.setTrust(t)
	id := s.userAssigned(t)
	t.Setenv("AZURE_POSTGRESQL_CONNECTIONSTRING", s.libpq(id.Name))
	t.Setenv("AZURE_POSTGRESQL_CLIENTID", id.ClientID)
	t.Setenv("PASSWORDLESS_LOG", "debug")
	w := newWatch()
	w.secret(os.Getenv("IDENTITY_HEADER"))
	read, write, err := os.Pipe()
	require.NoError(t, err)
	stderr := os.Stderr
	os.Stderr = write
	defer func() { os.Stderr = stderr }()

	requireUser(t, id.Name, sqlOpen(t, ""))
	require.NoError(t, write.Close())
	text, err := io.ReadAll(read)
	require.NoError(t, err)
	assert.Contains(t, string(text), "connection found, identity chosen")
	assert.Contains(t, string(text), "token fetched")
	w.note(string(text))
	w.require(t)
}
