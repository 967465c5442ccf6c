package grant

import "github.com/azuredb/passwordless/dsn"

// Question is a query about what the user may do. Each row has the name of what it is about, and 1 or 0.
type Question struct {
	What string // "insert", "use the schema"
	SQL  string
	Args []any
	One  bool // there must be a row: it is not about each of many
}

// Questions are those whose rows must all be 1 for the request's role. They are asked in the request's database.
func (r Request) Questions() []Question { return dialects[r.Engine].questions(r) }

// Exists has the row 1 if there is such a user.
func (r Request) Exists() Question {
	return Question{What: "exist", One: true, Args: []any{r.Principal}, SQL: map[dsn.Engine]string{
		dsn.PostgreSQL: "SELECT 'user', count(*) FROM pg_catalog.pg_roles WHERE rolname = $1",
		dsn.MySQL:      "SELECT 'user', count(*) FROM mysql.user WHERE user = ? AND host = '%'",
		dsn.SQLServer:  "SELECT 'user', count(*) FROM sys.database_principals WHERE name = @p1 AND type IN ('E', 'X')",
	}[r.Engine]}
}

// Sees has a row for each table and view that the user may read, by the engine's own list of privileges.
func (r Request) Sees() Question {
	switch r.Engine {
	case dsn.PostgreSQL: // the check of Microsoft's tutorial; it shows what was granted to the user by name
		return Question{Args: []any{r.Principal, r.schema()}, SQL: `SELECT DISTINCT table_name::text, 1 FROM information_schema.table_privileges
WHERE grantee = $1 AND table_schema = $2 AND privilege_type = 'SELECT' ORDER BY 1`}
	case dsn.MySQL:
		return Question{Args: append(r.mysqlArgs(), r.Database, r.Database, r.Principal, r.Database, r.Database), SQL: `SELECT t.table_name, 1 FROM information_schema.tables t
WHERE (` + mysqlMay("Select_priv") + `) AND t.table_schema = ` + mysqlStored + ` OR EXISTS (SELECT 1 FROM mysql.tables_priv p WHERE p.user = ? AND p.host = '%' AND p.db = ` + mysqlStored + `
	AND p.db = t.table_schema AND p.table_name = t.table_name AND find_in_set('Select', p.table_priv)) ORDER BY 1`}
	default:
		return Question{Args: []any{r.Principal, r.Schema}, SQL: `SELECT s.name + '.' + o.name, 1 FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id
WHERE o.type IN ('U', 'V') AND @p2 IN ('', s.name) AND (is_rolemember('db_datareader', @p1) = 1 OR is_rolemember('db_owner', @p1) = 1
	OR EXISTS (SELECT 1 FROM sys.database_permissions p WHERE p.grantee_principal_id = user_id(@p1) AND p.state IN ('G', 'W') AND p.permission_name IN ('SELECT', 'CONTROL')
		AND (p.class = 0 OR p.class = 1 AND p.major_id = o.object_id OR p.class = 3 AND p.major_id = o.schema_id))) ORDER BY 1`}
	}
}

// Elsewhere counts what the user has outside the database, where dropping the user takes that away without a word. Only
// MySQL does.
func (r Request) Elsewhere() (Question, bool) {
	name := pattern(r.Database)
	return Question{Args: []any{r.Principal, name, name, r.Database, r.Database, r.Principal, r.Database, r.Database, r.Principal, r.Database, r.Database, r.Principal},
			SQL: `SELECT db, 1 FROM mysql.db WHERE user = ? AND host = '%' AND db NOT IN (` + mysqlStored + ", " + mysqlStored + `)
UNION SELECT db, 1 FROM mysql.tables_priv WHERE user = ? AND host = '%' AND db <> ` + mysqlStored + `
UNION SELECT db, 1 FROM mysql.procs_priv WHERE user = ? AND host = '%' AND db <> ` + mysqlStored + `
UNION SELECT 'all', 1 FROM mysql.user WHERE user = ? AND host = '%' AND 'Y' IN (Select_priv, Insert_priv, Create_priv, Create_user_priv, Process_priv, Reload_priv)`},
		r.Engine == dsn.MySQL
}

const tablesOf = `SELECT c.relname::text, pg_catalog.has_table_privilege($1::name, c.oid, $3)::int FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1`

const sequencesOf = `SELECT c.relname::text, pg_catalog.has_sequence_privilege($1::name, c.oid, $3)::int FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $2 AND c.relkind = 'S' ORDER BY 1`

// laterOf has a row for each role but the user that owns tables in the schema; for the operator if there is none.
const laterOf = `WITH owners AS (SELECT DISTINCT c.relowner AS oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')), granted AS (
	SELECT d.defaclrole AS oid, a.privilege_type FROM pg_catalog.pg_default_acl d JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
	CROSS JOIN LATERAL pg_catalog.aclexplode(d.defaclacl) a JOIN pg_catalog.pg_roles g ON g.oid = a.grantee
	WHERE g.rolname = $1 AND n.nspname = $2 AND d.defaclobjtype = $3)
SELECT o.rolname::text, (SELECT count(*) = $4 FROM granted WHERE granted.oid = o.oid AND privilege_type = ANY (pg_catalog.string_to_array($5, ',')))::int
FROM pg_catalog.pg_roles o WHERE o.rolname <> $1 AND (o.oid IN (SELECT oid FROM owners) OR NOT EXISTS (SELECT FROM owners) AND o.rolname = current_user) ORDER BY 1`
