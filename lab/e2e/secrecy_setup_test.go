package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
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
	onStage(t)
	w := newWatch()
	for _, broken := range brokenStrings {
		text := strings.ReplaceAll(broken, "<pw>", canaryPassword)
		for name, environ := range map[string][]string{
			text:                      nil,
			"":                        {"AZURE_POSTGRESQL_CONNECTIONSTRING=" + text},
			"connection:orders":       {"AZURE_POSTGRESQL_ORDERS_CONNECTIONSTRING=" + text},
			"env:MY_DB":               {"MY_DB=" + text},
			"\t":                      {"spring.datasource.url=" + text, "spring.datasource.password=" + canaryPassword},
			"env:AZURE_POSTGRESQL_X_": {"AZURE_POSTGRESQL_X_=" + text},
		} {
			w.tryOpen(name, w.over(&connector.Options{Environ: func() []string { return environ }}))
		}
	}
	w.require(t)
}

func TestFaultySettingsStaySecret(t *testing.T) {
	s := onStage(t)
	w := newWatch()
	notACertificate := filepath.Join(t.TempDir(), "app.pfx")
	require.NoError(t, os.WriteFile(notACertificate, []byte(canaryPassword), 0o600))
	good := "AZURE_POSTGRESQL_CONNECTIONSTRING=" + s.libpq("u")
	for _, environ := range [][]string{
		{good, "AZURE_POSTGRESQL_CLIENTSECRET=" + canarySecret},
		{good, "AZURE_POSTGRESQL_CLIENTSECRET=" + canarySecret, "AZURE_POSTGRESQL_CLIENTID=x"},
		{good + " client_secret=other", "AZURE_POSTGRESQL_CLIENTSECRET=" + canarySecret, "AZURE_POSTGRESQL_CLIENTID=x"},
		{good + " password=" + canaryPassword, "AZURE_POSTGRESQL_CLIENTID=x"},
		{good + " authentication=SqlPassword", "AZURE_POSTGRESQL_CLIENTSECRET=" + canarySecret},
		{good, "AZURE_POSTGRESQL_AUTHENTICATION=" + canaryPassword},
		{good, "AZURE_TOKEN_CREDENTIALS=" + canaryPassword},
		{good, "AZURE_AUTHORITY_HOST=" + canaryPassword},
		{good, "AZURE_AUTHORITY_HOST=https://user:" + canaryPassword + "@login/"},
		{good, "AZURE_AUTHORITY_HOST=https://login/?" + canaryPassword},
		{good, "PASSWORDLESS_LOG=" + canaryPassword},
		{good + " sslmode=disable client_id=x client_secret=" + canarySecret + " tenant_id=y"},
		{good + " client_id=x tenant_id=y client_certificate_path=/nowhere client_certificate_password=" + canaryCertificate},
		{good + " client_id=x tenant_id=y client_certificate_path=" + notACertificate + " client_certificate_password=" + canaryCertificate},
		{good + " client_certificate_path=/x client_certificate_password=" + canaryCertificate},
		{"AZURE_POSTGRESQL_CONNECTIONSTRING=@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/" + canaryVault + ")"},
		{good, "AZURE_POSTGRESQL_CLIENTSECRET=@Microsoft.KeyVault(VaultName=v;SecretName=" + canaryVault + ")", "AZURE_POSTGRESQL_CLIENTID=x"},
		{"AZURE_POSTGRESQL_HOST=h", "AZURE_POSTGRESQL_PORT=" + canaryPassword},
		{"AZURE_POSTGRESQL_HOST=h", "AZURE_POSTGRESQL_SSL=" + canaryPassword, "AZURE_POSTGRESQL_PASSWORD=" + canaryPassword},
		{"AZURE_POSTGRESQL_HOST=h", "AZURE_POSTGRESQL_PASSWORD=" + canaryPassword, "AZURE_POSTGRESQL_CLIENTID=x"},
		{"AZURE_POSTGRESQL_HOST=h", "AZURE_POSTGRESQL_PASSWORD=" + canaryPassword},
		{"AZURE_POSTGRESQL_PASSWORD=" + canaryPassword},
		{"AZURE_POSTGRESQL_A_CONNECTIONSTRING=" + canaryPassword, "AZURE_POSTGRESQL_B_CONNECTIONSTRING=" + canaryPassword},
		{"spring.datasource.url=jdbc:postgresql://h/d?password=" + canaryPassword, "spring.datasource.password=other"},
		{"spring.datasource.url=jdbc:postgresql://h/d", "spring.datasource.username=u", "spring.datasource.password=" + canaryPassword,
			"spring.datasource.azure.passwordless-enabled=true"},
	} {
		o := w.over(s.options(environ...))
		w.tryOpen("", o)
		o.Logger = nil // so that PASSWORDLESS_LOG counts
		w.tryOpen("", o)
	}
	w.require(t, "unresolved key vault reference", "both a password and an identity", "conflicting-settings", "no certificate with its private key")
}

// tryOpen opens a connection in each way there is, and notes the error or the state.
func (w *watch) tryOpen(name string, o *connector.Options) {
	if native, err := postgres.NewConnector(name, o); err != nil {
		w.failure(err)
	} else {
		w.states(native)
		_ = native.Close() // never fails
	}
	if h, err := connector.Open(dsn.PostgreSQL, name, o); err != nil {
		w.failure(err)
	} else {
		w.value(h)
		w.value(h.Config())
		_ = h.Close()
	}
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
	if _, err := dsn.Parse(dsn.PostgreSQL, name); err != nil {
		w.failure(err)
	}
}
