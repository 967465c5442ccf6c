package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hostileEnvironment are variables and files that other clients of the engines read, and the one that go-mssqldb
// does: they lead to another server, as another user, without TLS.
func hostileEnvironment(t *testing.T, impostor front) map[string]string {
	t.Helper()
	home := t.TempDir()
	options := fmt.Sprintf("[client]\nhost=%s\nport=%d\nuser=evil\npassword=evil\nssl-mode=DISABLED\n", impostor.Host(), impostor.Port())
	for _, name := range []string{".my.cnf", "my.cnf"} {
		require.NoError(t, os.WriteFile(filepath.Join(home, name), []byte(options), 0o600))
	}
	return map[string]string{
		"HOME":                                home,
		"MYSQL_HOME":                          home,
		"MYSQL_HOST":                          impostor.Host(),
		"MYSQL_TCP_PORT":                      strconv.Itoa(impostor.Port()),
		"MYSQL_UNIX_PORT":                     filepath.Join(home, "mysql.sock"),
		"MYSQL_PWD":                           "evil",
		"USER":                                "evil",
		"LIBMYSQL_ENABLE_CLEARTEXT_PLUGIN":    "1",
		"LIBMYSQL_PLUGINS":                    "mysql_clear_password",
		"SQLCMDSERVER":                        impostor.Addr(),
		"SQLCMDUSER":                          "evil",
		"SQLCMDPASSWORD":                      "evil",
		"SQLCMDDBNAME":                        "evil",
		"MSSQL_USE_EPA":                       "true",
		"ODBCINI":                             filepath.Join(home, ".my.cnf"),
		"ALL_PROXY":                           "socks5://" + impostor.Addr(),
		"DATABASE_URL":                        "mysql://evil:evil@" + impostor.Addr() + "/evil?ssl-mode=DISABLED",
		"AZURE_POSTGRESQL_CONNECTIONSTRING":   "host=" + impostor.Host() + " user=evil sslmode=disable",
		"POSTGRESQLCONNSTR_AZURE_POSTGRESQL_": "host=" + impostor.Host() + " user=evil sslmode=disable",
	}
}

// Nothing but the connection's own settings makes the session.
func TestEngineVariablesOfOthersChangeNothing(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		b.setTrust(t)
		id, impostor := b.userAssigned(t), b.named(t, loopback)
		for name, value := range hostileEnvironment(t, impostor) {
			t.Setenv(name, value)
		}
		t.Setenv(b.prefix+"CONNECTIONSTRING", b.to(id.Name))
		t.Setenv(b.prefix+"CLIENTID", id.ClientID)
		mark := b.mark()
		b.requireUser(t, id.Name, b.sqlOpen(t, ""))
		for _, door := range b.doors() {
			require.NoError(t, door.open(limited(t), "", nil), door.name)
		}
		assert.Equal(t, 1, b.asked(mark, id), "one token for all")
		requireNoToken(t, impostor)
		assert.Empty(t, impostor.Logins(), "connections")
	})
}
