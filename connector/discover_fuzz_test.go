package connector

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
)

// FuzzDiscover checks over arbitrary environments, one variable a line, that
// nothing panics, that the answer is always the same, and that no value gets into
// an error, a warning or the source.
func FuzzDiscover(f *testing.F) {
	for _, ask := range []string{"", "connection:orders", "env:DB_URL", stringA} {
		f.Add(ask, "AZURE_POSTGRESQL_CONNECTIONSTRING="+stringA+"\nAZURE_POSTGRESQL_CLIENTID="+clientA)
		f.Add(ask, "AZURE_POSTGRESQL_HOST="+hostA+"\nAZURE_POSTGRESQL_PORT=5432\nazure_postgresql_user=u")
		f.Add(ask, "AZURE_POSTGRESQL_ORDERS_HOST="+hostA+"\nAZURE_POSTGRESQL_ORDERS_AUTHENTICATION=x\nDB_URL="+stringB)
		f.Add(ask, "spring.datasource.url=jdbc:postgresql://"+hostA+"/d?user=u\nspring_datasource_password=p")
		f.Add(ask, "AZURE_MYSQL_CONNECTIONSTRING="+stringMy+"\nAZURE_MYSQL_CLIENTID="+clientA)
		f.Add(ask, "Azure_MYSQL_HOST="+hostMy+"\nAZURE_MYSQL_FLAG=MySQL_CLIENT_SSL\nspring.datasource.url=jdbc:mysql://"+hostMy+"/d")
		f.Add(ask, "AZURE_SQL_CONNECTIONSTRING="+stringSQL+"\nAZURE_SQL_CLIENTID="+clientA+"\nFABRIC_SQL_CONNECTIONSTRING=jdbc:sqlserver://h,1433;user=u")
		f.Add(ask, "AZURE_SQL_SERVERNAME="+hostSQL+",1433\nAZURE_SQL_UID=u\nAZURE_SQL_PASSWORD=p\nAZURE_SQL_AUTHENTICATIONTYPE=x")
		f.Add(ask, "DB_URL="+keyVault+"\nCUSTOMCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING=postgres://u:p@h/d")
	}
	f.Fuzz(func(t *testing.T, ask, environ string) {
		plain := strings.Split(environ, "\n")
		secret := make([]string, len(plain))
		for i, line := range plain {
			if name, _, _ := strings.Cut(line, "="); strings.Contains(name, canary) {
				return // names are no secrets
			}
			secret[i] = line + canary
		}
		for _, env := range []variables{newVariables(plain), newVariables(secret)} {
			for _, s := range []string{ask, ask + canary} {
				for engine := range namings {
					checkDiscovery(t, engine, s, env)
				}
			}
		}
	})
}

func checkDiscovery(t *testing.T, engine dsn.Engine, s string, env variables) {
	t.Helper()
	got, err := discover(engine, s, env)
	again, errAgain := discover(engine, s, env)
	assert.Equal(t, fmt.Sprint(err), fmt.Sprint(errAgain))
	assert.Equal(t, got.config, again.config)
	if err != nil {
		var setup *SetupError
		require.ErrorAs(t, err, &setup)
		assert.NotContains(t, err.Error(), canary)
		return
	}
	assert.NotEmpty(t, got.config.Hosts)
	assert.NotContains(t, strings.Join(got.warnings, "\n")+got.source, canary)
}

func BenchmarkDiscoverDefault(b *testing.B) {
	environ := []string{
		"AZURE_POSTGRESQL_CONNECTIONSTRING=" + stringA + " sslmode=require",
		"AZURE_POSTGRESQL_CLIENTID=" + clientA,
	}
	for i := range 58 {
		environ = append(environ, fmt.Sprintf("WEBSITE_SETTING_%d=some value of an ordinary length", i))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := discover(dsn.PostgreSQL, "", newVariables(environ)); err != nil {
			b.Fatal(err)
		}
	}
}
