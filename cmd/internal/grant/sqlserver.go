package grant

import "strings"

// sqlServerRights are what a role has: as a member of database roles, or where a schema is named in that and in the
// database.
type sqlServerRights struct{ roles, schema, database []string }

var sqlServerRoles = map[Role]sqlServerRights{
	Reader: {roles: []string{"db_datareader"}, schema: []string{"SELECT"}},
	Writer: {roles: []string{"db_datareader", "db_datawriter"}, schema: []string{"SELECT", "INSERT", "UPDATE", "DELETE"}},
	Owner: {roles: []string{"db_datareader", "db_datawriter", "db_ddladmin"},
		schema:   []string{"SELECT", "INSERT", "UPDATE", "DELETE", "EXECUTE", "REFERENCES", "VIEW DEFINITION", "ALTER"},
		database: []string{"CREATE TABLE", "CREATE VIEW", "CREATE PROCEDURE", "CREATE FUNCTION"}},
}

func (r Request) sqlServerGrant() []Statement {
	user := r.name(r.Principal)
	create := Statement{SQL: "CREATE USER " + user + " FROM EXTERNAL PROVIDER", Database: r.Database, Creates: true, Comments: []string{
		"In the database itself, not in master, as a Microsoft Entra administrator of the server or an Entra user who may ALTER ANY USER.",
		"Where a service principal runs this, the server's own identity needs the role Directory Readers.",
	}}
	if r.ID != "" {
		create.SQL += " WITH OBJECT_ID = " + r.text(r.ID)
		create.Comments = append(create.Comments, "The name must begin with the display name: an ID is for one that several have.")
	} else {
		create.Comments = append(create.Comments, "The name must be the display name of the identity or group, or the person's user principal name.")
	}
	if strings.Contains(r.Principal+r.Database+r.Schema, "$(") {
		create.Comments = append(create.Comments, "With sqlcmd -x, which takes $( as it is.")
	}
	list := []Statement{create}
	add := func(sql string) { list = append(list, Statement{SQL: sql, Database: r.Database}) }
	rights := sqlServerRoles[r.Role]
	switch {
	case r.Role == ServiceConnector:
		add("GRANT CONTROL ON DATABASE::" + r.name(r.Database) + " TO " + user)
		list[1].Comments = []string{"What Service Connector grants: everything in the database, far more than most need."}
		return list
	case r.Schema == "":
		for _, role := range rights.roles {
			add("ALTER ROLE " + r.name(role) + " ADD MEMBER " + user)
		}
		list[1].Comments = []string{"In every schema, also on tables and views that anyone makes later; --schema limits it to one."}
		return list
	}
	add("GRANT " + strings.Join(rights.schema, ", ") + " ON SCHEMA::" + r.name(r.Schema) + " TO " + user)
	list[1].Comments = []string{"Also on tables and views that anyone makes later."}
	if len(rights.database) > 0 {
		add("GRANT " + strings.Join(rights.database, ", ") + " TO " + user)
		list[1].Comments = append(list[1].Comments, "Views and procedures that the user makes reach all that the schema's owner owns: let the schema have an owner of its own.")
	}
	return list
}

func (r Request) sqlServerRevoke() []Statement {
	user := r.name(r.Principal)
	if r.Schema == "" {
		return []Statement{{SQL: "DROP USER " + user, Database: r.Database, Drops: true,
			Comments: []string{"With all that the user has in this database. The server refuses this while the user owns anything."}}}
	}
	rights := sqlServerRoles[Owner]
	return []Statement{
		{SQL: "REVOKE " + strings.Join(rights.schema, ", ") + " ON SCHEMA::" + r.name(r.Schema) + " FROM " + user, Database: r.Database,
			Comments: []string{"The user stays: without --schema it is dropped."}},
		{SQL: "REVOKE " + strings.Join(rights.database, ", ") + " FROM " + user, Database: r.Database}}
}
