package grant

import "strings"

// mysqlRoles are what a role has in a database. Owner's are all that a database knows in MySQL 8.
var mysqlRoles = map[Role][]string{
	Reader: {"SELECT"},
	Writer: {"SELECT", "INSERT", "UPDATE", "DELETE"},
	Owner: {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "INDEX", "REFERENCES", "CREATE VIEW", "SHOW VIEW", "TRIGGER",
		"CREATE ROUTINE", "ALTER ROUTINE", "EXECUTE", "CREATE TEMPORARY TABLES", "LOCK TABLES", "EVENT"},
	ServiceConnector: {"ALL PRIVILEGES"},
}

// mysqlUser is the user as an account.
func (r Request) mysqlUser() string { return r.text(r.Principal) + "@'%'" }

// mysqlScope is all of the database, and of no other whose name is like it.
func (r Request) mysqlScope() string { return r.name(pattern(r.Database)) + ".*" }

// mysqlMode makes a backslash mean what Text takes it for.
func (r Request) mysqlMode() []Statement {
	if !strings.Contains(r.Principal, `\`) {
		return nil
	}
	return []Statement{{SQL: "SET SESSION sql_mode = REPLACE(@@SESSION.sql_mode, 'NO_BACKSLASH_ESCAPES', '')"}}
}

func (r Request) mysqlGrant() []Statement {
	list := r.mysqlMode()
	create := Statement{SQL: "CREATE AADUSER " + r.text(r.Principal), Creates: true, Comments: []string{
		"As a Microsoft Entra administrator of the server. The server has a user-assigned identity of its own, with which it looks up",
		"names: that needs User.Read.All, GroupMember.Read.All and Application.Read.All of Microsoft Graph, which a Privileged Role",
		"Administrator consents to, or the role Directory Readers.",
	}}
	switch {
	case r.ID != "":
		list = append(list, Statement{SQL: "SET aad_auth_validate_oids_in_tenant = OFF", Comments: []string{"The next statement takes the ID as it is."}})
		create.SQL += " IDENTIFIED BY " + r.text(r.ID)
	case r.Kind == Service:
		create.Comments = append(create.Comments, "The name must be the display name of the identity; with --client-id it may be any.")
	default:
		create.Comments = append(create.Comments, "The name must be the person's user principal name, or the group's name; with --object-id it may be any.")
	}
	if r.Kind == Group {
		create.Comments = append(create.Comments, "The members of the group log in with its name as their user.")
	}
	grant := Statement{SQL: "GRANT " + strings.Join(mysqlRoles[r.Role], ", ") + " ON " + r.mysqlScope() + " TO " + r.mysqlUser(),
		Comments: []string{"In the whole database, also on tables and views that anyone makes later."}}
	if r.Role == ServiceConnector {
		grant.Comments = append(grant.Comments, "What Service Connector grants: more than most need.")
	}
	return append(list, create, grant)
}

func (r Request) mysqlRevoke() []Statement {
	return append(r.mysqlMode(),
		Statement{SQL: "REVOKE ALL PRIVILEGES ON " + r.mysqlScope() + " FROM " + r.mysqlUser(), Revokes: true},
		Statement{SQL: "DROP USER " + r.mysqlUser(), Drops: true, Comments: []string{"This takes away what the user has in other databases, too: see SHOW GRANTS."}})
}
