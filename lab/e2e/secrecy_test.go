package e2e_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/postgres"
)

func TestFailingTokenRequestsStaySecret(t *testing.T) {
	failingTokenRequestsStaySecret(t, onStage(t).site())
}

// Whatever the issuer of tokens does, its error tells no secret: neither the client's nor one in the answer.
func failingTokenRequestsStaySecret(t *testing.T, x *site) {
	t.Helper()
	w := newWatch()
	app, pod := x.AddServicePrincipal(azuretest.Identity{Secret: "another one"}), x.AddServicePrincipal(azuretest.Identity{})
	host := x.AddUserAssigned(azuretest.Identity{TokenLifetime: 4 * time.Minute}) // less than MSAL would cache
	token := x.mint(app)
	w.secret(token)
	file := filepath.Join(t.TempDir(), "federated")
	require.NoError(t, os.WriteFile(file, []byte(token), 0o600))
	text := func(keys ...string) string { return x.text(x.address, "u", keys...) }
	principal := func(clientID, tenantID string) string {
		return text("client_id="+clientID, "tenant_id="+tenantID, "client_secret="+canarySecret)
	}
	for _, fault := range []azuretest.Fault{{}, {Status: 200, Body: "<html>"}, {CloseConn: true}, {Delay: time.Hour}, {Status: 429},
		{Endpoint: azuretest.Authority, Identity: app.ClientID, Status: 401, Body: echo("your secret is " + canarySecret)},
		{Status: 400, Body: echo("your token is\n" + token)},
		{Status: 200, Body: `{"access_token":7,"x":"` + token + `"}`},
		{Lifetime: -time.Minute},
	} {
		remove := x.Inject(fault)
		for _, text := range []string{
			principal(app.ClientID, app.TenantID),
			principal(app.ObjectID, app.TenantID), // no such application
			principal(app.ClientID, app.ObjectID), // no such tenant
			text("authentication=WorkloadIdentity", "client_id="+pod.ClientID, "tenant_id="+pod.TenantID),
			text("client_id=" + app.ClientID), // not a managed identity
			text("client_id=" + host.ClientID),
		} {
			o := x.options(x.authority())
			if strings.Contains(text, "WorkloadIdentity") {
				o = x.options(x.authority(), "AZURE_FEDERATED_TOKEN_FILE="+file)
			}
			if fault.CloseConn || fault.Delay > 0 || fault.Body == "<html>" || fault.Status == 429 { // MSAL goes on asking
				o.RequestTimeout, o.StartupWindow = 20*time.Millisecond, -1
			}
			w.tryLogin(limited(t), t, x, text, w.over(o))
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

func TestFailingCredentialsStaySecret(t *testing.T) {
	failingCredentialsStaySecret(t, onStage(t).site())
}

// A program's own credential may fail in any way; what it holds in its hands when it does is not printed.
func failingCredentialsStaySecret(t *testing.T, x *site) {
	t.Helper()
	w := newWatch()
	token, foreign := x.mint(azuretest.Identity{Name: "u"}), azuretest.SQLAudience
	if x.audience == foreign {
		foreign = azuretest.OSSRDBMSAudience
	}
	w.secret(token)
	for _, credential := range []*minted{
		{tokens: []string{token}, expires: time.Now().Add(-time.Hour)},
		{tokens: []string{x.Mint(azuretest.Identity{}, foreign)}},
		{err: errors.New("no such user")},
		{panics: token},
		{panics: errors.New("in " + token)},
		{panics: struct{ Token string }{token}},
	} {
		for _, text := range []string{x.text(x.address, "u"), x.text(x.address, "")} {
			o := w.over(x.options())
			o.Credential = credential
			w.tryLogin(limited(t), t, x, text, o)
		}
	}
	w.require(t, "no such user", "panic", "expired at", "the token is for")
}

// serverFaults are those that each engine's front end knows.
var serverFaults = []azuretest.ServerFault{
	{Kind: azuretest.ExpiredToken}, {Kind: azuretest.CloseAfterToken}, {Kind: azuretest.HalfPacket}, {Kind: azuretest.NoTLS}, {Kind: azuretest.Plaintext},
	{Kind: azuretest.SelfSigned}, {Kind: azuretest.WrongName}, {Kind: azuretest.ExpiredCertificate},
}

func TestFailingLoginsStaySecret(t *testing.T) {
	w := failingLoginsStaySecret(t, onStage(t).site(), azuretest.ServerFault{Kind: azuretest.Refuse, Err: &pgconn.PgError{Code: "28000", Message: "no", Hint: "hint"}}, azuretest.ServerFault{Kind: azuretest.Refuse, Err: &pgconn.PgError{Code: "XX000", Message: "oops"}},
		azuretest.ServerFault{Kind: azuretest.AskSCRAM}, azuretest.ServerFault{Kind: azuretest.AskMD5})
	w.require(t, "The access token has expired", "SCRAM or MD5", "does not offer TLS", "password authentication failed", "no answer in time")
}

// Whatever the server does, the error tells neither token nor password. The watch that saw it is yet to be asked.
func failingLoginsStaySecret(t *testing.T, x *site, more ...azuretest.ServerFault) *watch {
	t.Helper()
	x.onAppService(t)
	w := newWatch()
	id := x.userAssigned(t)
	for _, fault := range slices.Concat(serverFaults, more) {
		f := x.frontFor(t, id)
		f.Inject(fault)
		o := w.over(x.options())
		o.User = id.Name
		w.tryLogin(limited(t), t, x, x.text(f.Addr(), "u", "client_id="+id.ClientID), o)
		w.tryLogin(limited(t), t, x, x.byPassword(f.Addr(), "u", canaryPassword), w.over(x.options()))
		require.Empty(t, f.Plaintext())
	}
	f := x.frontFor(t, id)
	f.Inject(azuretest.ServerFault{Kind: azuretest.Silent})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	w.tryLogin(ctx, t, x, x.byPassword(f.Addr(), "u", canaryPassword), w.over(x.options()))

	require.NoError(t, x.newPassword(limited(t), "pw-"+id.Name, "another one"))
	w.tryLogin(limited(t), t, x, x.byPassword(x.address, "pw-"+id.Name, canaryPassword), w.over(x.options()))
	w.tryLogin(limited(t), t, x, x.byPassword(x.address, "nobody", canaryPassword), w.over(x.options()))
	require.Greater(t, len(w.secrets), len(newWatch().secrets), "tokens have come in")
	return w
}

func TestEchoedTokenStaysSecret(t *testing.T) {
	s := onStage(t)
	o, text := echoedTokenStaysSecret(t, s.site(), func(token string) azuretest.ServerFault {
		return azuretest.ServerFault{Kind: azuretest.Refuse, Err: &pgconn.PgError{Code: "28000", Message: "what is " + token + " to me"}}
	})
	err := postgres.Explain(openPool(t, text, o).Ping(limited(t)))
	require.ErrorContains(t, err, "what is *** to me")
	requireNoPart(t, fmt.Sprintf("%v %+v", err, err), o.Credential.(*minted).tokens[0])
}

// A server that says again what it was sent is not believed to be discreet: the login error leaves the token out.
// It returns how to try again.
func echoedTokenStaysSecret(t *testing.T, x *site, refuse func(token string) azuretest.ServerFault) (*passwordless.Options, string) {
	t.Helper()
	id := x.userAssigned(t)
	f, o, token := x.frontFor(t, id), x.options(), x.mint(id)
	o.Credential = &minted{tokens: []string{token}}
	f.Inject(refuse(token))
	var log logbook
	o.Logger = log.logger()

	text := x.text(f.Addr(), id.Name)
	err := openOnce(limited(t), x.open(t, text, o))
	require.ErrorContains(t, err, "what is *** to me")
	requireNoPart(t, fmt.Sprintf("%v %+v %s", err, err, log.String()), token)
	return o, text
}

func TestSuccessStaysSecret(t *testing.T) {
	w, text, o := successStaysSecret(t, onStage(t).site())
	pool := openPool(t, text, o)
	require.NoError(t, pool.Ping(limited(t)))
	for _, v := range []any{pool, pool.Config(), *pool.Config().ConnConfig, pool.Config().ConnConfig.ConnString()} {
		w.value(v)
	}
	w.require(t)
}

// What works is not talkative either. It returns how to go on.
func successStaysSecret(t *testing.T, x *site) (w *watch, text string, o *passwordless.Options) {
	t.Helper()
	w = newWatch()
	app := x.admit(t, x.AddServicePrincipal(azuretest.Identity{Secret: canarySecret}))
	text = x.text(x.address, app.Name, "client_id="+app.ClientID, "tenant_id="+app.TenantID, "client_secret="+canarySecret)
	o = w.over(x.options(x.authority()))

	c := x.open(t, text, o)
	db := pooled(t, c)
	x.requireUser(t, app.Name, c)
	h, err := connector.Open(x.engine, text, o)
	require.NoError(t, err)
	defer func() { require.NoError(t, h.Close()) }()
	login, err := h.Login(limited(t))
	require.NoError(t, err)
	require.Greater(t, len(login.Password.Reveal()), 100)
	w.secret(login.Password.Reveal())
	for _, v := range []any{login, &login, h, h.Config(), h.Status(), passwordless.Statuses(), c, db, db.Stats(), db.Driver(), o, *o} {
		w.value(v)
	}
	w.require(t)
	return w, text, o
}

func TestLogToStandardErrorStaysSecret(t *testing.T) { logStaysSecret(t, onStage(t).site()) }

// PASSWORDLESS_LOG is for those who only have sql.Open.
func logStaysSecret(t *testing.T, x *site) {
	t.Helper()
	x.onAppService(t)
	x.setTrust(t)
	id := x.userAssigned(t)
	t.Setenv(x.prefix+"CONNECTIONSTRING", x.text(x.address, id.Name))
	t.Setenv(x.prefix+"CLIENTID", id.ClientID)
	t.Setenv("PASSWORDLESS_LOG", "debug")
	w := newWatch()
	w.secret(os.Getenv("IDENTITY_HEADER"))
	read, write, err := os.Pipe()
	require.NoError(t, err)
	stderr := os.Stderr
	os.Stderr = write
	defer func() { os.Stderr = stderr }()
	var log logbook
	copied := background(limited(t), func(context.Context) error { _, err := io.Copy(&log, read); return err })

	db, err := sql.Open(x.driver, "")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.PingContext(limited(t)))
	for _, line := range []string{"connection found, identity chosen", "token fetched", "engine=" + x.engine.String()} {
		await(t, "the log says: "+line, func() bool { return strings.Contains(log.String(), line) })
	}
	require.NoError(t, write.Close())
	require.NoError(t, <-copied)
	w.note(log.String())
	w.require(t)
}
