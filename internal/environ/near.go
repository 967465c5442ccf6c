package environ

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azuredb/passwordless/dsn"
)

// aliases begin the names that people and other clients use in place of the engine's prefix, without underscores.
var aliases = map[dsn.Engine][]string{
	dsn.PostgreSQL: {"AZUREPOSTGRESQL", "AZUREPOSTGRES", "AZUREPG", "POSTGRESQL", "POSTGRES", "PG", "DATABASE", "DB"},
	dsn.MySQL:      {"AZUREMYSQL", "MYSQL", "DATABASE", "DB"},
	dsn.SQLServer:  {"AZURESQL", "AZURESQLSERVER", "AZUREMSSQL", "MSSQL", "SQLSERVER", "SQL", "DATABASE", "DB"},
}

// marks are in the values of variables with any name that say where to connect, in lower case: URLs, and Azure's hosts.
var marks = map[dsn.Engine][]string{
	dsn.PostgreSQL: {"postgres://", "postgresql://", ".postgres.database."},
	dsn.MySQL:      {"mysql://", "mysql2://", "mariadb://", ".mysql.database."},
	dsn.SQLServer:  {"sqlserver://", "mssql://", ".database.windows.net", ".database.fabric.microsoft.com"},
}

// nearMisses says which variables are set that were probably meant, but are not read. It is "" if there are none.
func (d *discovery) nearMisses() string {
	var names []string
	for _, v := range d.env.list {
		if engine := d.otherEngine(v); engine != 0 {
			names = append(names, fmt.Sprintf("%s (%s)", v.name, engine))
		} else if d.isNear(v) {
			names = append(names, v.name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("; set but not read: %s (a connection string in another variable is read by %s)",
		strings.Join(names[:min(len(names), 4)], ", "), fmt.Sprintf("sql.Open(%q, %q)", d.naming.driver, "env:NAME"))
}

// otherEngine returns the engine whose connection v describes; 0 if it is none.
func (d *discovery) otherEngine(v variable) dsn.Engine {
	for engine := dsn.PostgreSQL; engine <= dsn.SQLServer; engine++ {
		if _, _, s, ok := namings[engine].classify(v); ok && engine != d.engine && s.role <= roleHost {
			return engine
		}
	}
	return 0
}

// isNear reports whether a variable says where to connect: in nearly the engine's words, as an App Service connection
// string of any name, or by its value.
func (d *discovery) isNear(v variable) bool {
	name, value := v.folded, strings.ToLower(v.value)
	if slices.ContainsFunc(d.naming.appService, func(p string) bool { return strings.HasPrefix(name, p) }) ||
		slices.ContainsFunc(marks[d.engine], func(m string) bool { return strings.Contains(value, m) }) {
		return true
	}
	squeezed := strings.ReplaceAll(name, "_", "")
	for _, key := range [...]string{"CONNECTIONSTRING", "CONNSTR", "URL", "URI", "DSN", "HOST", "SERVER"} {
		stem, ok := strings.CutSuffix(squeezed, key)
		if ok && slices.ContainsFunc(aliases[d.engine], func(alias string) bool { return strings.HasPrefix(stem, alias) }) {
			return true
		}
	}
	for _, key := range [...]string{"CONNECTIONSTRING", "HOST"} {
		if Distance(name, d.naming.prefixes[0]+key) <= 2 {
			return true
		}
	}
	return strings.HasPrefix(name, "CONNECTIONSTRINGS__") || strings.HasPrefix(name, "CONNECTIONSTRINGS:")
}

// Distance is the number of characters to change, add or remove to make b of a (Levenshtein's distance).
func Distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
