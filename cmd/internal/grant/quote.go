package grant

import (
	"strings"

	"github.com/azuredb/passwordless/dsn"
)

// quotes begin and end a name. Inside, the one that ends it is doubled.
var quotes = map[dsn.Engine][2]string{
	dsn.PostgreSQL: {`"`, `"`}, dsn.MySQL: {"`", "`"}, dsn.SQLServer: {"[", "]"},
}

// Name quotes a name, such as that of a database.
func Name(engine dsn.Engine, s string) string {
	q := quotes[engine]
	return q[0] + strings.ReplaceAll(s, q[1], q[1]+q[1]) + q[1]
}

// Text quotes a text. PostgreSQL reads it as s whatever standard_conforming_strings is. MySQL does unless its sql_mode has
// NO_BACKSLASH_ESCAPES: then backslashes are doubled, but the text ends where it should.
func Text(engine dsn.Engine, s string) string {
	quoted := strings.ReplaceAll(s, "'", "''")
	if engine == dsn.SQLServer || !strings.Contains(s, `\`) {
		return "'" + quoted + "'"
	}
	quoted = strings.ReplaceAll(quoted, `\`, `\\`)
	if engine == dsn.PostgreSQL {
		return "E'" + quoted + "'"
	}
	return "'" + quoted + "'"
}

// pattern is what names one database where MySQL's GRANT takes a pattern of LIKE.
func pattern(database string) string {
	return strings.NewReplacer(`\`, `\\`, `_`, `\_`, `%`, `\%`).Replace(database)
}
