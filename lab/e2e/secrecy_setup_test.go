package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/postgres"
)

// brokenStrings are wrong in every dialect's own ways. <pw> is where a password stands.
var brokenStrings = []string{
	"host=h port=x user=u password=<pw>",
	"host=h user=u password='<pw>",
	"host=h user=u password=<pw>' x",
	"host=h user=u password=abc <pw> dbname=d",
	"host=h user=u password=<pw> sslmode=bogus",
	"host=h user=u sslmode=<pw>",
	"host=h user=u authentication=<pw>",
	"host=h user=u <pw>=x",
	"host=h user=u password=<pw> <pw>",
	"host=h user=u password=<pw> client_id=x",
	"host=h user=u password=<pw> authentication=ActiveDirectoryMSI",
	"host=h user=u connect_timeout=<pw>",
	"host=h user=u target_session_attrs=<pw> password=<pw>",
	"host=h;user=u;password='<pw>",
	"host=h user=u password=<pw> sslrootcert=/nowhere",
	"user=u password=<pw>",
	"host=h password=<pw>",
	"postgres://u:<pw>@h:x/d",
	"postgres://u:<pw>@h:5432/d?sslmode=bogus",
	"postgres://u:<pw>@h:5432/d?sslmode=<pw>",
	"postgres://u:<pw>%zz@h/d",
	"postgres://u:p@<pw>@h:x/d",
	"postgres://u:<pw>@[h/d",
	"postgres://u:12/<pw>@h/d",
	"postgres://u:<pw>/x@h/d",
	"postgres://u:p?<pw>@h/d",
	"postgres://u:p#<pw>@h/d",
	"postgres://u@h/d?password=<pw>&port=x",
	"postgres://<pw>",
	"jdbc:postgresql://h:x/d?user=u&password=<pw>",
	"jdbc:postgresql://h:5432/d?user=u&password=<pw>&sslmode=bogus",
	"jdbc:postgresql://u:<pw>@h:5432/d",
	"jdbc:sqlserver://h:1433;user=u;password=<pw>",
	"Server=h;User Id=u;Password=<pw>;Port=x",
	`Server=h;User Id=u;Password="<pw>`,
	"Server=h;User Id=u;Password=a;<pw>;Ssl Mode=Require",
	"Server=h;User Id=u;Password=<pw>;Ssl Mode=<pw>",
	"Server=h;User Id=u;Password=<pw>;Authentication=bogus",
	"u:<pw>@tcp(h:3306)/d",
	"env:<pw>@tcp(h:3306)/d",
	"connection:<pw>/x",
	"<pw>",
	" <pw>\n",
}

func TestBrokenStringsStaySecret(t *testing.T) {
	brokenStringsStaySecret(t, onStage(t).site(), brokenStrings)
}

func brokenStringsStaySecret(t *testing.T, x *site, broken []string) {
	t.Helper()
	w := newWatch()
	for _, text := range broken {
		text = strings.ReplaceAll(text, "<pw>", canaryPassword)
		for name, environ := range map[string][]string{
			text:                     nil,
			"":                       {x.prefix + "CONNECTIONSTRING=" + text},
			"connection:orders":      {x.prefix + "ORDERS_CONNECTIONSTRING=" + text},
			"env:MY_DB":              {"MY_DB=" + text},
			"\t":                     {"spring.datasource.url=" + text, "spring.datasource.password=" + canaryPassword},
			"env:" + x.prefix + "X_": {x.prefix + "X_=" + text},
		} {
			w.tryOpen(x, name, w.over(&passwordless.Options{Environ: func() []string { return environ }}))
		}
	}
	w.require(t)
}

func TestFaultySettingsStaySecret(t *testing.T) { faultySettingsStaySecret(t, onStage(t).site()) }

func faultySettingsStaySecret(t *testing.T, x *site) {
	t.Helper()
	w := newWatch()
	for _, environ := range faultySettings(t, x) {
		o := w.over(x.options(environ...))
		w.tryOpen(x, "", o)
		o.Logger = nil // so that PASSWORDLESS_LOG counts
		w.tryOpen(x, "", o)
	}
	w.require(t, "unresolved key vault reference", "both a password and an identity", "conflicting-settings", "no certificate with its private key")
}

// faultySettings are environments in which something does not fit.
func faultySettings(t *testing.T, x *site) [][]string {
	t.Helper()
	notACertificate := filepath.Join(t.TempDir(), "app.pfx")
	require.NoError(t, os.WriteFile(notACertificate, []byte(canaryPassword), 0o600))
	p := x.prefix
	good := func(keys ...string) string { return p + "CONNECTIONSTRING=" + x.text(x.address, "u", keys...) }
	jdbc := map[string]string{"postgres": "jdbc:postgresql://h/d?password=", "mysql": "jdbc:mysql://h/d?password=", "sqlserver": "jdbc:sqlserver://h;password="}[x.name]
	return [][]string{
		{good(), p + "CLIENTSECRET=" + canarySecret},
		{good(), p + "CLIENTSECRET=" + canarySecret, p + "CLIENTID=x"},
		{good("client_secret=other"), p + "CLIENTSECRET=" + canarySecret, p + "CLIENTID=x"},
		{p + "CONNECTIONSTRING=" + x.byPassword(x.address, "u", canaryPassword), p + "CLIENTID=x"},
		{good("authentication=SqlPassword"), p + "CLIENTSECRET=" + canarySecret},
		{good(), p + "AUTHENTICATION=" + canaryPassword},
		{good(), "AZURE_TOKEN_CREDENTIALS=" + canaryPassword},
		{good(), "AZURE_AUTHORITY_HOST=" + canaryPassword},
		{good(), "AZURE_AUTHORITY_HOST=https://user:" + canaryPassword + "@login/"},
		{good(), "AZURE_AUTHORITY_HOST=https://login/?" + canaryPassword},
		{good(), "PASSWORDLESS_LOG=" + canaryPassword},
		{good(x.withoutTLS, "client_id=x", "client_secret="+canarySecret, "tenant_id=y")},
		{good("client_id=x", "tenant_id=y", "client_certificate_path=/nowhere", "client_certificate_password="+canaryCertificate)},
		{good("client_id=x", "tenant_id=y", "client_certificate_path="+notACertificate, "client_certificate_password="+canaryCertificate)},
		{good("client_certificate_path=/x", "client_certificate_password="+canaryCertificate)},
		{p + "CONNECTIONSTRING=@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/" + canaryVault + ")"},
		{good(), p + "CLIENTSECRET=@Microsoft.KeyVault(VaultName=v;SecretName=" + canaryVault + ")", p + "CLIENTID=x"},
		{p + "HOST=h", p + "PORT=" + canaryPassword},
		{p + "HOST=h", p + "SSL=" + canaryPassword, p + "PASSWORD=" + canaryPassword},
		{p + "HOST=h", p + "PASSWORD=" + canaryPassword, p + "CLIENTID=x"},
		{p + "HOST=h", p + "PASSWORD=" + canaryPassword},
		{p + "PASSWORD=" + canaryPassword},
		{p + "A_CONNECTIONSTRING=" + canaryPassword, p + "B_CONNECTIONSTRING=" + canaryPassword},
		{"spring.datasource.url=" + jdbc + canaryPassword, "spring.datasource.password=other"},
		{"spring.datasource.url=" + jdbc, "spring.datasource.username=u", "spring.datasource.password=" + canaryPassword,
			"spring.datasource.azure.passwordless-enabled=true"},
	}
}

// tryOpenPool is tryOpen for pgxpool.
func (w *watch) tryOpenPool(name string, o *passwordless.Options) {
	if pool, err := postgres.NewPool(context.Background(), name, o); err != nil {
		w.failure(err)
	} else {
		w.value(pool)
		w.value(pool.Config())
		w.value(*pool.Config().ConnConfig)
		pool.Close()
	}
	cfg, err := pgxpool.ParseConfig("pool_max_conns=2")
	if err == nil {
		err = postgres.ConfigurePool(cfg, name, o)
	}
	if err != nil {
		w.failure(err)
	} else {
		w.value(*cfg.ConnConfig)
	}
}

// tryLoginPool is tryLogin for pgxpool.
func (w *watch) tryLoginPool(ctx context.Context, t *testing.T, text string, o *passwordless.Options) {
	t.Helper()
	pool, err := postgres.NewPool(ctx, text, o)
	require.NoError(t, err)
	defer pool.Close()
	err = pool.Ping(ctx)
	require.Error(t, err, "of Ping")
	w.note(fmt.Sprintf("%v\n%+v\n%#v", err, err, err))
	w.failure(postgres.Explain(err))
	w.value(*pool.Config().ConnConfig)
}
