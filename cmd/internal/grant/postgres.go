package grant

import (
	"cmp"
	"fmt"
	"strings"
)

// maintenance is the database that has Azure's functions.
const maintenance = "postgres"

// postgresRights are what a role has in a database, in a schema, and on all tables and sequences of it.
type postgresRights struct{ database, schema, tables, sequences []string }

var (
	readTables  = []string{"SELECT"}
	writeTables = []string{"SELECT", "INSERT", "UPDATE", "DELETE"}
	allTables   = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"}
	allSequence = []string{"SELECT", "USAGE", "UPDATE"}
)

var postgresRoles = map[Role]postgresRights{
	Reader:           {[]string{"CONNECT"}, []string{"USAGE"}, readTables, readTables},
	Writer:           {[]string{"CONNECT"}, []string{"USAGE"}, writeTables, []string{"SELECT", "USAGE"}},
	Owner:            {[]string{"CONNECT"}, []string{"USAGE", "CREATE"}, allTables, allSequence},
	ServiceConnector: {[]string{"CONNECT", "CREATE", "TEMPORARY"}, nil, allTables, allSequence},
}

// schema is the one of the request.
func (r Request) schema() string { return cmp.Or(r.Schema, "public") }

func (r Request) postgresGrant() []Statement {
	create := Statement{SQL: fmt.Sprintf("SELECT * FROM pg_catalog.pgaadauth_create_principal(%s, false, false)", r.text(r.Principal)), Database: maintenance, Creates: true,
		Comments: []string{"As a Microsoft Entra administrator of the server. The two false: no administrator, no multi-factor authentication."}}
	if r.ID == "" {
		create.Comments = append(create.Comments, "The name must be the display name of the identity or group, or the person's user principal name; with --object-id it may be any.")
	} else {
		create.SQL = fmt.Sprintf("SELECT * FROM pg_catalog.pgaadauth_create_principal_with_oid(%s, %s, %s, false, false)", r.text(r.Principal), r.text(r.ID), r.text(string(r.Kind)))
	}
	if r.Kind == Group {
		create.Comments = append(create.Comments, "The members of the group log in with its name as their user.")
	}
	user, in := r.name(r.Principal), " IN SCHEMA "+r.name(r.schema())
	if r.Role == ServiceConnector {
		return []Statement{create,
			{Database: r.Database, SQL: "GRANT ALL PRIVILEGES ON DATABASE " + r.name(r.Database) + " TO " + user,
				Comments: []string{"What Service Connector grants: more than most need, not CREATE in the schema, and nothing on tables that others make later."}},
			{Database: r.Database, SQL: "GRANT ALL PRIVILEGES ON ALL TABLES" + in + " TO " + user},
			{Database: r.Database, SQL: "GRANT ALL PRIVILEGES ON ALL SEQUENCES" + in + " TO " + user}}
	}
	rights := postgresRoles[r.Role]
	grant := func(what []string, on string) Statement {
		return Statement{SQL: "GRANT " + strings.Join(what, ", ") + " ON " + on + " TO " + user, Database: r.Database}
	}
	later := func(what []string, on string) Statement {
		return Statement{SQL: "ALTER DEFAULT PRIVILEGES" + in + " GRANT " + strings.Join(what, ", ") + " ON " + on + " TO " + user, Database: r.Database}
	}
	list := []Statement{create,
		grant(rights.database, "DATABASE "+r.name(r.Database)), grant(rights.schema, "SCHEMA "+r.name(r.schema())),
		grant(rights.tables, "ALL TABLES"+in), grant(rights.sequences, "ALL SEQUENCES"+in),
		later(rights.tables, "TABLES"), later(rights.sequences, "SEQUENCES")}
	list[3].Comments = []string{"As the owner of the tables, views and sequences, or a member of the owning role."}
	list[5].Comments = []string{"For the tables, views and sequences that the role which runs this makes later. Run it also as each other role that makes", "some in this schema, such as that of your migrations."}
	return list
}

func (r Request) postgresRevoke() []Statement {
	user, in := r.name(r.Principal), " IN SCHEMA "+r.name(r.schema())
	var list []Statement
	for _, sql := range []string{
		"ALTER DEFAULT PRIVILEGES" + in + " REVOKE ALL ON TABLES", "ALTER DEFAULT PRIVILEGES" + in + " REVOKE ALL ON SEQUENCES",
		"REVOKE ALL ON ALL TABLES" + in, "REVOKE ALL ON ALL SEQUENCES" + in,
		"REVOKE ALL ON SCHEMA " + r.name(r.schema()), "REVOKE ALL ON DATABASE " + r.name(r.Database),
	} {
		list = append(list, Statement{SQL: sql + " FROM " + user, Database: r.Database, Revokes: true})
	}
	list[0].Comments = []string{"As each role that granted it."}
	return append(list, Statement{SQL: "DROP ROLE " + user, Database: maintenance, Drops: true,
		Comments: []string{"The server refuses this while the role owns anything, or has a privilege in another schema or database."}})
}
