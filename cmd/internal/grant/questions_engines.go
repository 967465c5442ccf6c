package grant

import (
	"fmt"
	"strings"
)

func (r Request) postgresQuestions() (list []Question) {
	rights := postgresRoles[r.Role]
	for _, right := range rights.database {
		list = append(list, Question{What: map[string]string{"CONNECT": "connect to the database", "CREATE": "create schemas", "TEMPORARY": "make temporary tables"}[right], One: true,
			SQL: "SELECT current_database()::text, pg_catalog.has_database_privilege($1::name, current_database(), $2)::int", Args: []any{r.Principal, right}})
	}
	for _, right := range rights.schema {
		list = append(list, Question{What: map[string]string{"USAGE": "use the schema", "CREATE": "create in the schema"}[right], One: true,
			SQL:  "SELECT nspname::text, pg_catalog.has_schema_privilege($1::name, oid, $3)::int FROM pg_catalog.pg_namespace WHERE nspname = $2",
			Args: []any{r.Principal, r.schema(), right}})
	}
	for _, right := range rights.tables {
		list = append(list, Question{What: strings.ToLower(right) + " on tables and views", SQL: tablesOf, Args: []any{r.Principal, r.schema(), right}})
	}
	for _, right := range rights.sequences {
		list = append(list, Question{What: strings.ToLower(right) + " on sequences", SQL: sequencesOf, Args: []any{r.Principal, r.schema(), right}})
	}
	if r.Role == ServiceConnector { // grants nothing on what is made later
		return list
	}
	for _, row := range []struct {
		what, kind string
		rights     []string
	}{{"tables and views", "r", rights.tables}, {"sequences", "S", rights.sequences}} {
		list = append(list, Question{What: fmt.Sprintf("%s on later %s of the roles that make them", strings.ToLower(strings.Join(row.rights, ", ")), row.what), SQL: laterOf,
			Args: []any{r.Principal, r.schema(), row.kind, len(row.rights), strings.Join(row.rights, ",")}})
	}
	return list
}

// mysqlColumns are the columns of MySQL's tables of privileges that are not named like them.
var mysqlColumns = map[string]string{"CREATE TEMPORARY TABLES": "Create_tmp_table_priv"}

// mysqlStored is a database's name, of two arguments, as the server has it in its tables of privileges: in lower case where
// lower_case_table_names is not zero, as in Azure.
const mysqlStored = "IF(@@lower_case_table_names = 0, ?, LOWER(?))"

// mysqlMay is true if the user of the arguments has a privilege in the database or everywhere.
func mysqlMay(column string) string {
	return "EXISTS (SELECT 1 FROM mysql.db WHERE user = ? AND host = '%' AND (" + mysqlStored + " LIKE db OR " + mysqlStored + " = db) AND " + column + " = 'Y')" +
		" OR EXISTS (SELECT 1 FROM mysql.user WHERE user = ? AND host = '%' AND " + column + " = 'Y')"
}

func (r Request) mysqlArgs() []any {
	name := pattern(r.Database) // which LIKE does not find where sql_mode has NO_BACKSLASH_ESCAPES
	return []any{r.Principal, r.Database, r.Database, name, name, r.Principal}
}

func (r Request) mysqlQuestions() []Question {
	// The server grants in a database that does not exist.
	list := []Question{{What: "find the database", One: true, Args: []any{r.Database, r.Database},
		SQL: "SELECT schema_name, 1 FROM information_schema.schemata WHERE schema_name = " + mysqlStored}}
	rights := mysqlRoles[r.Role]
	if r.Role == ServiceConnector {
		rights = mysqlRoles[Owner]
	}
	for _, right := range rights {
		column, ok := mysqlColumns[right]
		if !ok {
			column = right[:1] + strings.ToLower(strings.ReplaceAll(right[1:], " ", "_")) + "_priv"
		}
		list = append(list, Question{What: strings.ToLower(right), SQL: "SELECT 'the database', " + mysqlMay(column), Args: r.mysqlArgs(), One: true})
	}
	return list
}

// sqlServerHas is whether the user has a permission of its own on the database or a schema.
const sqlServerHas = `SELECT @p2, CASE WHEN EXISTS (SELECT 1 FROM sys.database_permissions p WHERE p.grantee_principal_id = user_id(@p1) AND p.state IN ('G', 'W')
	AND p.permission_name IN (@p2, 'CONTROL') AND (p.class = 0 OR p.class = 3 AND p.major_id = schema_id(@p3))) THEN 1 ELSE 0 END`

func (r Request) sqlServerQuestions() (list []Question) {
	rights := sqlServerRoles[r.Role]
	if r.Role != ServiceConnector && r.Schema == "" {
		for _, role := range rights.roles {
			list = append(list, Question{What: "be a member of " + role, One: true, Args: []any{r.Principal, role},
				SQL: "SELECT @p2, CASE WHEN is_rolemember(@p2, @p1) = 1 OR is_rolemember('db_owner', @p1) = 1 THEN 1 ELSE 0 END"})
		}
		return list
	}
	in := rights.schema
	if r.Role == ServiceConnector {
		in = []string{"CONTROL"}
	}
	for _, right := range in {
		list = append(list, Question{What: strings.ToLower(right), One: true, SQL: sqlServerHas, Args: []any{r.Principal, right, r.Schema}})
	}
	for _, right := range rights.database {
		list = append(list, Question{What: strings.ToLower(right), One: true, SQL: sqlServerHas, Args: []any{r.Principal, right, ""}})
	}
	return list
}
