package e2e_test

import (
	"database/sql"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	labsqlserver "github.com/azuredb/passwordless/lab/sqlserver"
)

// effect is a parameter of the native driver's as each dialect writes it, and what can be seen of it.
type effect struct {
	name  string
	write map[string]string // by dialect
	holds seen
}

// seen looks at a session, and at the login that came before it as far as a front end has recorded it.
type seen func(*testing.T, *sql.Conn, azuretest.ServerLogin)

// inEach writes a parameter in the same way in each dialect.
func inEach(text string, dialects ...string) map[string]string {
	all := map[string]string{}
	for _, d := range dialects {
		all[d] = text
	}
	return all
}

// requireEffects opens a connection for each effect in each dialect, whose strings end where a parameter may follow.
func (b *bench) requireEffects(t *testing.T, dialects map[string]string, logins func() []azuretest.ServerLogin, effects []effect) {
	t.Helper()
	b.onAppService(t)
	id := b.userAssigned(t)
	for _, e := range effects {
		for dialect, parameters := range e.write {
			t.Run(e.name+", "+dialect, func(t *testing.T) {
				db := b.db(t, fill(dialects[dialect], b.server.Addr(), id)+parameters, b.options())
				conn, err := db.Conn(limited(t))
				require.NoError(t, err)
				defer func() { assert.NoError(t, conn.Close()) }()
				var login azuretest.ServerLogin
				if all := logins(); len(all) > 0 {
					login = all[len(all)-1]
				}
				e.holds(t, conn, login)
			})
		}
	}
}

// answers asserts what a query of one row and column answers; bytes may stand for text.
func answers(query string, want any) seen {
	return func(t *testing.T, conn *sql.Conn, _ azuretest.ServerLogin) {
		t.Helper()
		var got any
		require.NoError(t, conn.QueryRowContext(limited(t), query).Scan(&got))
		_, isText := want.(string)
		if bytes, ok := got.([]byte); ok && isText {
			got = string(bytes)
		}
		assert.Equal(t, want, got)
	}
}

func TestMySQLParametersHaveTheirEffect(t *testing.T) {
	kathmandu, err := time.LoadLocation("Asia/Kathmandu")
	require.NoError(t, err)
	const datetime = "select cast('2026-01-02 03:04:05' as datetime)"
	dialects := map[string]string{
		"DSN":     "<user>@tcp(<host>:<port>)/<database>?tls=true&client_id=<client>&",
		"JDBC":    "jdbc:mysql://<host>:<port>/<database>?user=<user>&client_id=<client>&",
		"ADO.NET": "Server=<host>;Port=<port>;Database=<database>;User Id=<user>;Client_Id=<client>;",
	}
	mySQL.on(t).requireEffects(t, dialects, func() []azuretest.ServerLogin { return nil }, []effect{
		{"no parseTime", inEach("", "DSN", "JDBC", "ADO.NET"), answers(datetime, "2026-01-02 03:04:05")},
		{"loc", map[string]string{"DSN": "parseTime=true&loc=Asia%2FKathmandu", "JDBC": "parseTime=true&loc=Asia%2FKathmandu",
			"ADO.NET": "parseTime=true;loc=Asia/Kathmandu"}, answers(datetime, time.Date(2026, 1, 2, 3, 4, 5, 0, kathmandu))},
		{"session variable", map[string]string{"DSN": "sql_mode=%27ANSI_QUOTES%27", "JDBC": "sessionVariables=sql_mode='ANSI_QUOTES'"},
			answers("select @@session.sql_mode", "ANSI_QUOTES")},
		{"charset", map[string]string{"DSN": "charset=latin1"}, answers("select @@character_set_client", "latin1")},
		{"interpolateParams", inEach("interpolateParams=true", "DSN", "JDBC", "ADO.NET"), prepared("0")},
		{"no interpolateParams", inEach("", "DSN", "JDBC", "ADO.NET"), prepared("1")},
		{"compression", map[string]string{"DSN": "compress=true", "JDBC": "useCompression=true", "ADO.NET": "Use Compression=true"},
			statusIs("Compression", "ON")},
		{"no compression", inEach("", "DSN", "JDBC", "ADO.NET"), statusIs("Compression", "OFF")},
		{"columnsWithAlias", inEach("columnsWithAlias=true", "DSN", "JDBC", "ADO.NET"),
			func(t *testing.T, conn *sql.Conn, _ azuretest.ServerLogin) {
				rows, err := conn.QueryContext(limited(t), "select t.a from (select 1 as a) as t")
				require.NoError(t, err)
				defer func() { assert.NoError(t, rows.Close()) }()
				columns, err := rows.Columns()
				require.NoError(t, err)
				assert.Equal(t, []string{"t.a"}, columns)
			}},
	})
}

// statusIs asserts the value of one of MySQL's status variables of the session.
func statusIs(name, want string) seen {
	return func(t *testing.T, conn *sql.Conn, _ azuretest.ServerLogin) {
		t.Helper()
		var got string
		require.NoError(t, conn.QueryRowContext(limited(t), "show session status like '"+name+"'").Scan(&name, &got))
		assert.Equal(t, want, got)
	}
}

// prepared asserts how many statements the server has prepared for a query with an argument.
func prepared(want string) seen {
	return func(t *testing.T, conn *sql.Conn, login azuretest.ServerLogin) {
		t.Helper()
		var sum int
		require.NoError(t, conn.QueryRowContext(limited(t), "select 1 + ?", 2).Scan(&sum))
		assert.Equal(t, 3, sum)
		statusIs("Com_stmt_prepare", want)(t, conn, login)
	}
}

func TestSQLServerParametersHaveTheirEffect(t *testing.T) {
	b := sqlServer.on(t)
	dialects := map[string]string{
		"go-mssqldb": "server=<host>;port=<port>;database=<database>;client_id=<client>;",
		"URL":        "sqlserver://<host>:<port>?database=<database>&client_id=<client>&",
		"ADO.NET":    "Data Source=<host>,<port>;Initial Catalog=<database>;User ID=<client>;Authentication=Active Directory Managed Identity;",
		"JDBC":       "jdbc:sqlserver://<host>:<port>;databaseName=<database>;msiClientId=<client>;authentication=ActiveDirectoryMSI;",
		"ODBC":       "Driver={ODBC Driver 18 for SQL Server};Server=<host>,<port>;Database=<database>;UID=<client>;Authentication=ActiveDirectoryMsi;",
	}
	inAll := func(text string) map[string]string {
		return inEach(text, "go-mssqldb", "URL", "ADO.NET", "JDBC", "ODBC")
	}
	said := func(name, want string) seen {
		return func(t *testing.T, _ *sql.Conn, login azuretest.ServerLogin) {
			assert.Equal(t, want, login.Parameters[name])
		}
	}
	const guid = "select cast('6F9619FF-8B86-D011-B42D-00C04FC964FF' as uniqueidentifier)"
	ordered := []byte{0x6f, 0x96, 0x19, 0xff, 0x8b, 0x86, 0xd0, 0x11, 0xb4, 0x2d, 0x00, 0xc0, 0x4f, 0xc9, 0x64, 0xff}
	mixed := slices.Concat([]byte{0xff, 0x19, 0x96, 0x6f, 0x86, 0x8b, 0x11, 0xd0}, ordered[8:])
	b.requireEffects(t, dialects, b.server.(*labsqlserver.Server).Front().Logins, []effect{
		{"no intent", inAll(""), said("application intent", "ReadWrite")},
		{"strict", inAll("Encrypt=Strict"), said("tds version", "8.0")},
		{"not strict", inAll("Encrypt=true"), said("tds version", "7.4")},
		{"guid conversion", map[string]string{"go-mssqldb": "guid conversion=true", "URL": "guid+conversion=true"}, answers(guid, ordered)},
		{"no guid conversion", inAll(""), answers(guid, mixed)},
		{"MultiSubnetFailover", inAll("MultiSubnetFailover=true"), answers("select 1", int64(1))},
	})
}
