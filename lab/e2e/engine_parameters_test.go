package e2e_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/tds"
)

// Parameters of the string reach the session in each dialect that has words for them, and the others do no harm.
func TestMySQLParametersOfTheString(t *testing.T) {
	b := mySQL.on(t)
	b.onAppService(t)
	id, f := b.userAssigned(t), b.newFront(t)
	for name, text := range map[string]string{
		"go": "<user>@tcp(<host>:<port>)/<database>?client_id=<client>&collation=utf8mb4_unicode_ci&clientFoundRows=true&multiStatements=true&" +
			"parseTime=true&connectionAttributes=program_name%3Amy+app&time_zone=%27%2B05%3A45%27",
		"URL": "mysql://<user>@<host>:<port>/<database>?client_id=<client>&collation=utf8mb4_unicode_ci&clientFoundRows=true&allowMultiQueries=true&" +
			"parseTime=true&connectionAttributes=program_name%3Amy%20app&serverTimezone=UTC&pool_size=7",
		"JDBC": "jdbc:mysql://<host>:<port>/<database>?user=<user>&client_id=<client>&connectionCollation=utf8mb4_unicode_ci&useAffectedRows=false&" +
			"allowMultiQueries=true&parseTime=true&connectionAttributes=program_name%3Amy%20app&sessionVariables=time_zone='%2B05:45'&" +
			"serverTimezone=UTC&authenticationPlugins=com.azure.identity.extensions.jdbc.mysql.AzureMysqlAuthenticationPlugin&cachePrepStmts=true",
		"ADO.NET": "Server=<host>;Port=<port>;Database=<database>;User Id=<user>;Client_Id=<client>;Collation=utf8mb4_unicode_ci;Use Affected Rows=false;" +
			"Allow Batch=true;ParseTime=true;Application Name=my app;Pooling=true;Maximum Pool Size=7;Connection Timeout=30",
		"ODBC": "Driver={MySQL ODBC 9.0 Unicode Driver};Server=<host>;Port=<port>;Database=<database>;UID=<user>;client_id=<client>;" +
			"collation=utf8mb4_unicode_ci;FOUND_ROWS=1;MULTI_STATEMENTS=1;parseTime=true;connectionAttributes=program_name:my app;AUTO_RECONNECT=1",
	} {
		t.Run(name, func(t *testing.T) {
			db := b.db(t, fill(text, f.Addr(), id), b.options())
			var collation, zone string
			var now time.Time
			scan(t, db, "select 'one of several'; select 2", &collation)
			scan(t, db, "select @@collation_connection, @@time_zone, now()", &collation, &zone, &now)
			assert.Equal(t, "utf8mb4_unicode_ci", collation)
			if name == "go" || name == "JDBC" { // the others have no word for a session variable
				assert.Equal(t, "+05:45", zone)
			}
			table := newTable(t, db, "id int primary key")
			affected, err := execute(t, db, "insert into "+table+" values (1); update "+table+" set id = 1").RowsAffected()
			require.NoError(t, err)
			assert.Equal(t, int64(1), affected, "rows found by the last statement")
			logins := f.Logins()
			assert.Equal(t, "my app", logins[len(logins)-1].Parameters["program_name"])
		})
	}
}

func TestSQLServerParametersOfTheString(t *testing.T) {
	b := sqlServer.on(t)
	b.onAppService(t)
	id, sessions := b.userAssigned(t), make(chan *tds.Session, 1)
	f := b.handled(t, func(_ context.Context, s *tds.Session) error { sessions <- s; return nil })
	for name, text := range map[string]string{
		"go-mssqldb": "server=<host>;port=<port>;database=<database>;client_id=<client>;app name=my app;workstation id=desk;applicationintent=ReadOnly;packet size=8192",
		"URL": "sqlserver://<host>:<port>?database=<database>&client_id=<client>&app+name=my+app&workstation+id=desk&applicationintent=ReadOnly&" +
			"disableretry=true",
		"ADO.NET": "Data Source=tcp:<host>,<port>;Initial Catalog=<database>;Client_Id=<client>;Application Name=my app;Workstation ID=desk;" +
			"Application Intent=ReadOnly;Packet Size=8192;Pooling=true;Max Pool Size=7;MultipleActiveResultSets=False;Connection Timeout=30;Persist Security Info=False",
		"JDBC": "jdbc:sqlserver://<host>:<port>;databaseName=<database>;msiClientId=<client>;applicationName=my app;workstationID=desk;" +
			"applicationIntent=readOnly;packetSize=8000;loginTimeout=30;sendStringParametersAsUnicode=false",
		"ODBC": "Driver={ODBC Driver 18 for SQL Server};Server=tcp:<host>,<port>;Database=<database>;Client_Id=<client>;APP={my app};WSID=desk;" +
			"ApplicationIntent=ReadOnly;MARS_Connection=no",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := b.connector(t, fill(text, f.Addr(), id), b.options()).Connect(limited(t))
			require.NoError(t, err)
			require.NoError(t, conn.Close())
			s := <-sessions
			assert.Equal(t, []any{"my app", "desk", true, database, id.Name}, []any{s.AppName, s.HostName, s.ReadOnlyIntent, s.Database, s.User})
		})
	}
}

// Timeouts of the string, which are not the caller's context.
func TestMySQLStatementTimeoutOfTheString(t *testing.T) {
	b := mySQL.on(t)
	_, err := b.readyDB(t, "max_statement_time=0.02").ExecContext(limited(t), "select sleep(600)")
	assert.Equal(t, 1969, b.code(err), "%v", err)
	_, err = b.readyDB(t, "readTimeout=50ms").ExecContext(limited(t), "select sleep(600)")
	assert.Error(t, err)
}

// A time for reading bounds the login at a server that is silent; the caller's context would go on for a minute.
func TestEngineReadTimeoutOfTheString(t *testing.T) {
	timeouts := map[*engine]string{&mySQL: "readTimeout=500ms", &sqlServer: "connection timeout=1"}
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		id, f := b.userAssigned(t), b.newFront(t)
		f.Inject(azuretest.ServerFault{Kind: azuretest.Silent})
		ctx := limited(t)
		db := b.db(t, b.toFront(f, id.Name, timeouts[b.engine], "client_id="+id.ClientID), b.options())
		requireLoginError(t, db.PingContext(ctx), "no-answer", "")
		require.NoError(t, ctx.Err())
	})
}

// The time zone of the string is that in which go-mssqldb takes what the server stores without one.
func TestSQLServerTimezoneOfTheString(t *testing.T) {
	b := sqlServer.on(t)
	var utc, kathmandu time.Time
	query := fmt.Sprintf("select cast('%s' as datetime2(6))", aMoment.Format("2006-01-02 15:04:05.000000"))
	scan(t, b.readyDB(t), query, &utc)
	scan(t, b.readyDB(t, "timezone=Asia/Kathmandu"), query, &kathmandu)
	assert.True(t, utc.Equal(aMoment), "%v", utc)
	assert.Equal(t, aMoment.Format(time.DateTime), kathmandu.Format(time.DateTime))
	assert.Equal(t, 5*time.Hour+45*time.Minute, utc.Sub(kathmandu))
}
