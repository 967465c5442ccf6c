package grant

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/dsn"
)

// code is what the server calls an error; empty if it is not the server's.
func code(err error) string {
	var state interface{ SQLState() string }
	var number interface{ SQLErrorNumber() int32 }
	if errors.As(err, &state) {
		return state.SQLState()
	}
	if errors.As(err, &number) {
		return strconv.Itoa(int(number.SQLErrorNumber()))
	}
	if failed, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return strconv.Itoa(int(failed.Number))
	}
	return ""
}

// explain says what an error means for a statement, and what mends it.
func (r Request) explain(err error, s Statement) (State, string) {
	c, text := code(err), err.Error()
	switch {
	case s.Creates && (c == "42710" || c == "1396" || c == "15023"):
		return Exists, "make sure that it is this identity's: " + r.whose()
	case s.Drops && (c == "42704" || c == "1396" || c == "15151"), s.Revokes && (c == "42704" || c == "3F000" || c == "1141"):
		return Missing, ""
	}
	switch r.Engine {
	case dsn.PostgreSQL:
		return Failed, r.postgresFix(c, text, s)
	case dsn.MySQL:
		return Failed, r.mysqlFix(c, s)
	default:
		return Failed, r.sqlServerFix(c)
	}
}

// whose is SQL that shows which identity the user is for.
func (r Request) whose() string {
	switch r.Engine {
	case dsn.PostgreSQL:
		return "SELECT * FROM pg_catalog.pgaadauth_list_principals(false) WHERE rolename = " + r.text(r.Principal) + ";  -- in the database postgres"
	case dsn.MySQL:
		return "SELECT plugin, authentication_string FROM mysql.user WHERE user = " + r.text(r.Principal) + ";"
	default:
		return "SELECT name, type_desc, CAST(CAST(sid AS varbinary(16)) AS uniqueidentifier) FROM sys.database_principals WHERE name = N" + r.text(r.Principal) + ";"
	}
}

func (r Request) postgresFix(code, text string, s Statement) string {
	user := r.name(r.Principal)
	switch {
	case s.Creates && code == "42883":
		return "switch on Microsoft Entra authentication: az postgres flexible-server update -g '<group>' -n '<server>' --microsoft-entra-auth Enabled"
	case (s.Creates || s.Drops) && code == "42501":
		return "log in as a Microsoft Entra administrator of the server, whom its Authentication page shows"
	case s.Creates && strings.Contains(text, "not found in the tenant"):
		return "give the identity's exact display name, or any name with --object-id"
	case code == "42501":
		return "run it as the owner, or as a member of the owning role: SELECT tablename, tableowner FROM pg_tables WHERE schemaname = " + r.text(r.schema()) + ";"
	case code == "3F000":
		return "CREATE SCHEMA " + r.name(r.schema()) + ";  -- or name another with --schema"
	case code == "2BP01":
		return fmt.Sprintf("in each database that the detail names: REASSIGN OWNED BY %s TO CURRENT_USER; DROP OWNED BY %[1]s;", user)
	}
	return ""
}

func (r Request) mysqlFix(code string, s Statement) string {
	switch code {
	case "1193", "1064":
		return "is this Azure Database for MySQL, with Microsoft Entra authentication on its Authentication page?"
	case "1044", "1045", "1142", "1227":
		return "log in as a Microsoft Entra administrator of the server, whom its Authentication page shows"
	case "1410":
		return "make the user first"
	}
	if s.Creates {
		return "give the server's own identity its three permissions of Microsoft Graph, or name the identity with an ID, which the server does not look up"
	}
	return ""
}

func (r Request) sqlServerFix(code string) string {
	switch code {
	case "33134", "37353":
		return "give the exact display name, and the server's own identity the role Directory Readers"
	case "33131":
		return "several have this display name: add --object-id, and a suffix to the name"
	case "37545":
		return "give the object ID of the identity or service principal, not its client ID or that of the app registration"
	case "15247", "15151", "15007", "262", "15517":
		return "log in as a Microsoft Entra administrator of the server, and make the user first"
	case "15138":
		return "give what it owns to another: ALTER AUTHORIZATION ON SCHEMA::[name] TO [dbo];"
	}
	return ""
}
