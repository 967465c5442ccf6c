package e2e_test

import (
	"context"
	"fmt"
	"testing"

	gomysql "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/mysql"
)

func TestEngineFailingTokenRequestsStaySecret(t *testing.T) {
	onEachSite(t, failingTokenRequestsStaySecret)
}

func TestEngineFailingCredentialsStaySecret(t *testing.T) {
	onEachSite(t, failingCredentialsStaySecret)
}

func TestEngineFailingLoginsStaySecret(t *testing.T) {
	type expectation struct {
		faults []azuretest.ServerFault
		words  []string
	}
	expected := map[string]expectation{
		"mysql": {
			[]azuretest.ServerFault{mySQL.refuse(1045, "Access denied"), mySQL.refuse(9102, "oops"), {Kind: azuretest.AskNativePassword}, {Kind: azuretest.AskCachingSHA2}},
			[]string{"access token has expired", "no user of this name was made for Microsoft Entra", "does not offer TLS", "wrong user name or password", "no answer in time"},
		},
		"sqlserver": {
			[]azuretest.ServerFault{sqlServer.refuse(18456, "Login failed"), sqlServer.refuse(40532, "oops"), {Kind: azuretest.Route, Host: "evil.example", Port: 1433}, {Kind: azuretest.Route, Host: loopback, Port: 1}},
			[]string{"the token is replaced once by itself", "the database has no user for this identity", "does not offer TLS", "wrong user name or password", "no answer in time", `host "evil.example"`},
		},
	}
	onEachSite(t, func(t *testing.T, x *site) {
		failingLoginsStaySecret(t, x, expected[x.name].faults...).require(t, expected[x.name].words...)
	})
}

func TestEngineEchoedTokenStaysSecret(t *testing.T) {
	codes := map[string]int{"mysql": 1045, "sqlserver": 18456}
	onEach(t, func(t *testing.T, b *bench) {
		x := b.site()
		o, text := echoedTokenStaysSecret(t, x, func(token string) azuretest.ServerFault {
			return b.refuse(codes[b.name], "what is "+token+" to me")
		})
		for _, door := range b.doors() {
			err := door.open(limited(t), text, o)
			require.ErrorContains(t, err, "what is *** to me", door.name)
			requireNoPart(t, fmt.Sprintf("%v %+v", err, err), o.Credential.(*minted).tokens[0])
		}
	})
}

func TestEngineSuccessStaysSecret(t *testing.T) {
	onEachSite(t, func(t *testing.T, x *site) {
		w, text, o := successStaysSecret(t, x)
		w.tryOpen(x, text, o)
		w.require(t)
	})
}

// The names of a service principal's tenant and of a redirecting server come from the network; neither brings the
// secret out.
func TestServicePrincipalWithoutTenantStaysSecret(t *testing.T) {
	b := sqlServer.on(t)
	x, app := b.site(), b.AddServicePrincipal(azuretest.Identity{Secret: canarySecret})
	for _, sts := range []string{"", "https://login.evil.example/" + app.TenantID, "nonsense", "https://x:" + canaryPassword + "@login.evil.example/"} {
		w := newWatch()
		f, err := sqlserverfront.Start(b.Cloud, &sqlserverfront.Options{STSURL: sts, ServerOptions: azuretest.ServerOptions{Users: []string{}}})
		require.NoError(t, err)
		w.tryLogin(limited(t), t, x, x.text(f.Addr(), "", "client_id="+app.ClientID, "client_secret="+canarySecret), w.over(b.options(b.authority())))
		requireNothingGood(t, f)
		w.require(t)
	}
}

// requireNothingGood ends a front end to which no one logged in.
func requireNothingGood(t *testing.T, f front) {
	t.Helper()
	require.NoError(t, f.Close())
	require.Empty(t, f.Plaintext())
	for _, login := range f.Logins() {
		require.Error(t, login.Err)
	}
}

func TestEngineLogToStandardErrorStaysSecret(t *testing.T) { onEachSite(t, logStaysSecret) }

// tryLoginConfigured is tryLogin for a configuration of the caller's own.
func (w *watch) tryLoginConfigured(ctx context.Context, t *testing.T, text string, o *passwordless.Options) {
	t.Helper()
	cfg := gomysql.NewConfig()
	require.NoError(t, mysql.Configure(cfg, text, o))
	cfg.Logger = gomysqlLog{w}
	native, err := gomysql.NewConnector(cfg)
	require.NoError(t, err)
	_, err = native.Connect(ctx)
	require.Error(t, err, "of Configure")
	w.note(fmt.Sprintf("%v\n%+v\n%#v", err, err, err))
	w.failure(mysql.Explain(err))
	w.value(cfg)
}

// gomysqlLog has a watch see what go-sql-driver logs.
type gomysqlLog struct{ watch *watch }

func (l gomysqlLog) Print(v ...any) { l.watch.note(fmt.Sprint(v...)) }
