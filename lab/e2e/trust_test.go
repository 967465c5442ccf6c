package e2e_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
	"github.com/azuredb/passwordless/postgres"
)

// refusedSetups are connections that are refused before anything is sent anywhere.
var refusedSetups = []struct {
	name   string
	text   func(front *postgresfront.Server) string
	adjust func(*passwordless.Options)
	anchor string
	says   string
}{
	{name: "sslmode=disable", text: keyValue("sslmode=disable"), anchor: "tls-disabled", says: "a token is sent only to a verified server"},
	{name: "sslmode=disable, URL", text: func(front *postgresfront.Server) string {
		return fmt.Sprintf("postgres://app@%s/app?sslmode=disable", front.Addr())
	}, anchor: "tls-disabled", says: "a token is sent only to a verified server"},
	{name: "sslmode=disable, JDBC", text: func(front *postgresfront.Server) string {
		return fmt.Sprintf("jdbc:postgresql://%s/app?user=app&sslmode=disable", front.Addr())
	}, anchor: "tls-disabled", says: "a token is sent only to a verified server"},
	{name: "Ssl Mode=Disable, ADO.NET", text: ado("Ssl Mode=Disable"), anchor: "tls-disabled", says: "a token is sent only to a verified server"},
	{name: "Trust Server Certificate, ADO.NET", text: ado("Ssl Mode=Require;Trust Server Certificate=true"),
		anchor: "tls-disabled", says: "an unverified server certificate"},
	{name: "untrusted host", text: keyValue(""), adjust: trust(), anchor: "untrusted-host", says: `host "127.0.0.1"`},
	{name: "trusted host, untrusted name by option", text: keyValue(""),
		adjust: func(o *passwordless.Options) { o.ServerName = "evil.example" }, anchor: "untrusted-host", says: `host "evil.example"`},
	{name: "trusted host, untrusted name in the string", text: keyValue("hostNameInCertificate=evil.example"),
		anchor: "untrusted-host", says: `host "evil.example"`},
	{name: "second host of a list", text: func(front *postgresfront.Server) string {
		return fmt.Sprintf("host=127.0.0.1,evil.example port=%d,5432 dbname=app user=app", front.Port())
	}, anchor: "untrusted-host", says: `host "evil.example"`},
	{name: "first host of a list", text: func(front *postgresfront.Server) string {
		return fmt.Sprintf("postgres://app@evil.example:5432,%s/app", front.Addr())
	}, anchor: "untrusted-host", says: `host "evil.example"`},
	{name: "host that only looks like Azure's", text: func(*postgresfront.Server) string {
		return "host=srv.postgres.database.azure.com.evil.example dbname=app user=app"
	}, anchor: "untrusted-host", says: `host "srv.postgres.database.azure.com.evil.example"`},
	{name: "host of another of Azure's services", text: func(*postgresfront.Server) string {
		return "host=srv.database.windows.net dbname=app user=app"
	}, anchor: "untrusted-host", says: `host "srv.database.windows.net"`},
	{name: "trusted host is a suffix", text: func(*postgresfront.Server) string {
		return "host=a.corp.example dbname=app user=app"
	}, adjust: trust("corp.example"), anchor: "untrusted-host", says: `host "a.corp.example"`},
}

func keyValue(more string) func(*postgresfront.Server) string {
	return func(front *postgresfront.Server) string {
		return fmt.Sprintf("host=%s port=%d dbname=app user=app %s", front.Host(), front.Port(), more)
	}
}

func ado(more string) func(*postgresfront.Server) string {
	return func(front *postgresfront.Server) string {
		return fmt.Sprintf("Server=%s;Port=%d;Database=app;User Id=app;%s", front.Host(), front.Port(), more)
	}
}

func trust(hosts ...string) func(*passwordless.Options) {
	return func(o *passwordless.Options) { o.TrustedHosts = append([]string{}, hosts...) }
}

func TestRefusedSetupAsksForNoToken(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	for _, c := range refusedSetups {
		t.Run(c.name, func(t *testing.T) {
			front, err := postgresfront.Start(s.Cloud, nil)
			require.NoError(t, err)
			options := s.options("AZURE_POSTGRESQL_CONNECTIONSTRING="+c.text(front), "AZURE_POSTGRESQL_CLIENTID="+s.AddUserAssigned(azuretest.Identity{}).ClientID)
			if c.adjust != nil {
				c.adjust(options)
			}
			endpoint := s.newValve(t)
			options.Transport = endpoint
			for _, text := range []string{"", c.text(front)} {
				_, err = postgres.OpenDB(text, options)
				requireSetupError(t, err, c.anchor, c.says)
				_, err = postgres.NewPool(limited(t), text, options)
				requireSetupError(t, err, c.anchor, c.says)
				cfg, err := pgxpool.ParseConfig("")
				require.NoError(t, err)
				requireSetupError(t, postgres.ConfigurePool(cfg, text, options), c.anchor, c.says)
			}
			assert.Zero(t, endpoint.requests(), "requests to the identity endpoint")
			requireNoToken(t, front)
			assert.Empty(t, front.Logins(), "connections")
		})
	}
}

// A pool's own hook may still choose the host of a connection; the choice is checked like any other.
func TestPoolHookCannotChooseAnUntrustedHost(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	id := s.userAssigned(t)
	front := s.named(t, "evil.example")
	cfg, err := pgxpool.ParseConfig("")
	require.NoError(t, err)
	cfg.BeforeConnect = func(_ context.Context, cc *pgx.ConnConfig) error {
		cc.Host, cc.Port = "evil.example", uint16(front.Port())
		cc.TLSConfig = nil
		return nil
	}
	endpoint, options := s.newValve(t), s.options()
	options.Dial, options.Transport = dialTo(front), endpoint
	require.NoError(t, postgres.ConfigurePool(cfg, s.libpq(id.Name)+" client_id="+id.ClientID, options))
	pool, err := pgxpool.NewWithConfig(limited(t), cfg)
	require.NoError(t, err)
	defer pool.Close()
	requireSetupError(t, pool.Ping(limited(t)), "untrusted-host", `host "evil.example"`)
	assert.Zero(t, endpoint.requests(), "requests to the identity endpoint")
	requireNoToken(t, front)
}
