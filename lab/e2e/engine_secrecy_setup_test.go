package e2e_test

import (
	"testing"

	gomysql "github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/mysql"
)

// engineBrokenStrings are wrong in each dialect's own ways, by the engine's name. <pw> is where a password stands.
var engineBrokenStrings = map[string][]string{
	"mysql": {
		"u:<pw>@tcp(h:x)/d",
		"u:<pw>@tcp(h:3306/d",
		"u:<pw>@unix(/tmp/mysql.sock)/d",
		"u:<pw>@udp(h:3306)/d",
		"u:<pw>@tcp(h:3306)",
		"u:<pw>@tcp(h:3306)/d?tls=bogus <pw>",
		"u:<pw>@tcp(h:3306)/d?tls=<pw>",
		"u:<pw>@tcp(h:3306)/d?parseTime=<pw>",
		"u:<pw>@tcp(h:3306)/d?timeout=<pw>",
		"u:<pw>@tcp(h:3306)/d?loc=<pw>",
		"u:<pw>@tcp(h:3306)/d?maxAllowedPacket=<pw>",
		"u:<pw>@tcp(h:3306)/d?serverPubKey=<pw>",
		"u:<pw>@tcp(h:3306)/d?password=<pw>",
		"u:<pw>@tcp(h:3306)/d?authentication=<pw>",
		"u:<pw>@tcp(h:3306)/d?client_id=x",
		"u:<pw>@tcp(h:3306)/d?authentication=ActiveDirectoryMSI",
		"u:<pw>@tcp(h:3306)/d?sslrootcert=%2Fnowhere",
		"u:<pw>/x@tcp(h:3306)/d?y=%zz",
		"u:p@<pw>@tcp(h:3306)/d?sql_mode=%",
		"u:p(<pw>)/d",
		"u:<pw>@h:3306/d",
		"mysql://u:<pw>@h:x/d",
		"mysql://u:<pw>@[h/d",
		"mysql://u:<pw>@tcp(h:3306)/d",
		"mysql://u:<pw>@h/d?ssl-mode=<pw>",
		"mysql+srv://u:<pw>@h/d",
		"postgres://u:<pw>@h/d",
		"jdbc:mysql://u:<pw>@h:x/d",
		"jdbc:mysql://h:x/d?user=u&password=<pw>",
		"jdbc:mysql://h/d?user=u&password=<pw>&sslMode=<pw>",
		"jdbc:mysql://h/d?user=u&password=<pw>&sessionVariables=<pw>",
		"jdbc:mysql:loadbalance://u:<pw>@h/d",
		"jdbc:mysql://address=(host=h)(password=<pw>)/d",
		"Server=h;User Id=u;Password=<pw>;Port=x",
		`Server=h;User Id=u;Password="<pw>`,
		"Server=h;User Id=u;Password=a;<pw>;SSL Mode=Required",
		"Server=h;User Id=u;Password=<pw>;SSL Mode=<pw>",
		"Server=h;User Id=u;Password=<pw>;Connection Timeout=<pw>",
		"Driver={MySQL};Server=h;User=u;Password={<pw>",
		"Driver={<pw>;Server=h",
		"Driver={MySQL};Server=h;User=u;Password={a}<pw>};SSLMODE=x",
		"env:<pw>@tcp(h:3306)/d",
		"connection:<pw>/x",
		"<pw>",
		" <pw>\n",
	},
	"sqlserver": {
		"server=h;port=x;user id=u;password=<pw>",
		`server=h;port=1433;user id=u;password="<pw>`,
		"server=h;port=1433;user id=u;password=a;<pw>;encrypt=true",
		"server=h;port=1433;user id=u;password=<pw>;encrypt=<pw>",
		"server=h;port=1433;user id=u;password=<pw>;TrustServerCertificate=<pw>",
		"server=h;port=1433;user id=u;password=<pw>;dial timeout=<pw>",
		"server=h;port=1433;user id=u;password=<pw>;packet size=<pw>",
		"server=h;port=1433;user id=u;password=<pw>;log=<pw>",
		"server=h;port=1433;user id=u;password=<pw>;ApplicationIntent=<pw>",
		"server=h;port=1433;user id=u;password=<pw>;timezone=<pw>",
		"server=h;port=1433;user id=u;password=<pw>;fedauth=<pw>",
		"server=h;port=1433;user id=u;password=<pw>;fedauth=ActiveDirectoryMSI;client_id=x",
		"server=h;port=1433;user id=u;password=<pw>;client_id=x",
		"server=h;port=1433;user id=u;password=<pw>;certificate=/nowhere",
		"server=h;port=1433;user id=u;password=<pw>;integrated security=true",
		"server=h;port=1433;user id=u;password=<pw>;authenticator=<pw>",
		"server=h;port=1433;user id=u;password=<pw>;access token=<pw>",
		`server=h\i;user id=u;password=<pw>;app name=x`,
		"server=np:h;port=1433;user id=u;password=<pw>",
		"sqlserver://u:<pw>@h:x?database=d",
		"sqlserver://u:<pw>@[h?database=d",
		"sqlserver://u:<pw>%zz@h",
		"sqlserver://u:12/<pw>@h",
		"sqlserver://u:p@<pw>@h:x",
		"sqlserver://u@h?password=<pw>&encrypt=x",
		"mssql://u:<pw>@h?encrypt=<pw>",
		"sqlserver://<pw>",
		"odbc:server=h;user id=u;password={<pw>",
		"postgres://u:<pw>@h/d",
		"jdbc:sqlserver://h:x;user=u;password=<pw>",
		"jdbc:sqlserver://h;user=u;password={<pw>",
		"jdbc:sqlserver://h;user=u;password=<pw>;encrypt=<pw>",
		"jdbc:sqlserver://h;user=u;password=<pw>;authentication=<pw>",
		"jdbc:mysql://h/d?user=u&password=<pw>",
		"Server=tcp:h,x;User Id=u;Password=<pw>",
		`Server=h;User Id=u;Password="<pw>`,
		"Server=h;User Id=u;Password=a;<pw>;Encrypt=True",
		"Server=h;User Id=u;Password=<pw>;Authentication=bogus",
		"Server=h;User Id=u;Password=<pw>;Authentication=<pw>",
		"Server=h;User Id=u;Password=<pw>;Failover Partner=x,y",
		"Driver={ODBC Driver 18 for SQL Server};Server=h;UID=u;PWD={<pw>",
		"Driver={ODBC Driver 18 for SQL Server};Server=h;UID=u;PWD={a}<pw>}",
		"connection:<pw>/x",
		"<pw>",
		" <pw>\n",
	},
}

func TestEngineBrokenStringsStaySecret(t *testing.T) {
	onEachSite(t, func(t *testing.T, x *site) { brokenStringsStaySecret(t, x, engineBrokenStrings[x.name]) })
}

func TestEngineFaultySettingsStaySecret(t *testing.T) { onEachSite(t, faultySettingsStaySecret) }

// tryOpenConfigured is tryOpen for a configuration of the caller's own.
func (w *watch) tryOpenConfigured(text string, o *passwordless.Options) {
	cfg := gomysql.NewConfig()
	if err := mysql.Configure(cfg, text, o); err != nil {
		w.failure(err)
		return
	}
	w.value(cfg)
	w.value(*cfg)
	w.note(cfg.FormatDSN())
}
