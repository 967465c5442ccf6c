package environ

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
)

// FuzzDiscover checks over arbitrary environments, one variable a line, that
// nothing panics, that the answer is always the same, and that no value gets into
// an error, a warning or the source.
func FuzzDiscover(f *testing.F) {
	for _, ask := range []string{"", "connection:orders", "env:DB_URL", connectortest.StringA} {
		f.Add(ask, "AZURE_POSTGRESQL_CONNECTIONSTRING="+connectortest.StringA+"\nAZURE_POSTGRESQL_CLIENTID="+connectortest.ClientA)
		f.Add(ask, "AZURE_POSTGRESQL_HOST="+connectortest.HostA+"\nAZURE_POSTGRESQL_PORT=5432\nazure_postgresql_user=u")
		f.Add(ask, "AZURE_POSTGRESQL_ORDERS_HOST="+connectortest.HostA+"\nAZURE_POSTGRESQL_ORDERS_AUTHENTICATION=x\nDB_URL="+connectortest.StringB)
		f.Add(ask, "spring.datasource.url=jdbc:postgresql://"+connectortest.HostA+"/d?user=u\nspring_datasource_password=p")
		f.Add(ask, "AZURE_MYSQL_CONNECTIONSTRING="+stringMy+"\nAZURE_MYSQL_CLIENTID="+connectortest.ClientA)
		f.Add(ask, "Azure_MYSQL_HOST="+connectortest.HostMySQL+"\nAZURE_MYSQL_FLAG=MySQL_CLIENT_SSL\nspring.datasource.url=jdbc:mysql://"+connectortest.HostMySQL+"/d")
		f.Add(ask, "AZURE_SQL_CONNECTIONSTRING="+connectortest.StringSQL+"\nAZURE_SQL_CLIENTID="+connectortest.ClientA+"\nFABRIC_SQL_CONNECTIONSTRING=jdbc:sqlserver://h,1433;user=u")
		f.Add(ask, "AZURE_SQL_SERVERNAME="+connectortest.HostSQL+",1433\nAZURE_SQL_UID=u\nAZURE_SQL_PASSWORD=p\nAZURE_SQL_AUTHENTICATIONTYPE=x")
		f.Add(ask, "DB_URL="+connectortest.KeyVault+"\nCUSTOMCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING=postgres://u:p@h/d")
	}
	f.Fuzz(func(t *testing.T, ask, environ string) {
		plain := strings.Split(environ, "\n")
		secret := make([]string, len(plain))
		for i, line := range plain {
			if name, _, _ := strings.Cut(line, "="); strings.Contains(name, connectortest.Canary) {
				return // names are no secrets
			}
			secret[i] = line + connectortest.Canary
		}
		for _, env := range []Vars{NewVars(plain), NewVars(secret)} {
			for _, s := range []string{ask, ask + connectortest.Canary} {
				for engine := range namings {
					checkDiscovery(t, engine, s, env)
				}
			}
		}
	})
}

func checkDiscovery(t *testing.T, engine dsn.Engine, s string, env Vars) {
	t.Helper()
	got, err := Find(engine, s, env)
	again, errAgain := Find(engine, s, env)
	assert.Equal(t, fmt.Sprint(err), fmt.Sprint(errAgain))
	assert.Equal(t, got.Config, again.Config)
	if err != nil {
		var setup *passwordless.SetupError
		require.ErrorAs(t, err, &setup)
		assert.NotContains(t, err.Error(), connectortest.Canary)
		return
	}
	assert.NotEmpty(t, got.Config.Hosts)
	assert.NotContains(t, strings.Join(got.Warnings, "\n")+got.Source, connectortest.Canary)
}

func BenchmarkDiscoverDefault(b *testing.B) {
	environ := []string{
		"AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringA + " sslmode=require",
		"AZURE_POSTGRESQL_CLIENTID=" + connectortest.ClientA,
	}
	for i := range 58 {
		environ = append(environ, fmt.Sprintf("WEBSITE_SETTING_%d=some value of an ordinary length", i))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Find(dsn.PostgreSQL, "", NewVars(environ)); err != nil {
			b.Fatal(err)
		}
	}
}
