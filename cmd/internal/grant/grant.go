// Package grant has the SQL that makes a database's user for a Microsoft Entra identity and gives it the least that a
// role needs, that takes it back, and that asks what the user may do.
package grant

import (
	"strings"

	"github.com/azuredb/passwordless/dsn"
)

// Role is what a user is to do with a database.
type Role string

// The roles.
const (
	Reader           Role = "reader"            // reads tables and views
	Writer           Role = "writer"            // also changes their rows
	Owner            Role = "owner"             // also makes tables
	ServiceConnector Role = "service-connector" // has what Service Connector gives
)

// Roles are all of them, from the least.
var Roles = []string{string(Reader), string(Writer), string(Owner), string(ServiceConnector)}

// Kind is what an identity is to Microsoft Entra.
type Kind string

// The kinds.
const (
	Service Kind = "service" // a managed identity or service principal
	User    Kind = "user"
	Group   Kind = "group"
)

// Kinds are all of them.
var Kinds = []string{string(Service), string(User), string(Group)}

// Request is what is asked for. [Request.Validate] must have accepted it.
type Request struct {
	Engine    dsn.Engine
	Principal string // the database's user
	ID        string // of the identity: MySQL's of a service is the client ID, all others are object IDs; may be empty
	Kind      Kind
	Role      Role
	Database  string // may be empty where the engine does not need it
	Schema    string // empty: public in PostgreSQL, the whole database in SQL Server
}

// Statement is one statement, without a semicolon.
type Statement struct {
	SQL      string
	Comments []string // sentences for people, which hold no name
	Database string   // where it must run; empty: wherever the operator is
	Creates  bool     // the user
	Revokes  bool     // from the user
	Drops    bool     // the user
}

// dialect is how an engine grants.
type dialect struct {
	grant, revoke func(Request) []Statement
	questions     func(Request) []Question
}

var dialects = map[dsn.Engine]dialect{
	dsn.PostgreSQL: {Request.postgresGrant, Request.postgresRevoke, Request.postgresQuestions},
	dsn.MySQL:      {Request.mysqlGrant, Request.mysqlRevoke, Request.mysqlQuestions},
	dsn.SQLServer:  {Request.sqlServerGrant, Request.sqlServerRevoke, Request.sqlServerQuestions},
}

// Grant returns the statements that make the user and give it the role.
func (r Request) Grant() []Statement { return dialects[r.Engine].grant(r) }

// Revoke returns the statements that take back what any role was given, and the user.
func (r Request) Revoke() []Statement { return dialects[r.Engine].revoke(r) }

// Script is the text of statements, for the engine's own programs.
func Script(engine dsn.Engine, list []Statement) string {
	var b strings.Builder
	database := ""
	for _, s := range list {
		if s.Database != database {
			database = s.Database
			b.WriteString("-- In the database " + Name(engine, database) + ":\n")
		}
		writeComment(&b, strings.Fields(strings.Join(s.Comments, " ")))
		b.WriteString(s.SQL + ";\n")
	}
	return b.String()
}

// writeComment writes words as comments that fit a terminal.
func writeComment(b *strings.Builder, words []string) {
	const width = 80
	line := "--"
	for i, w := range words {
		line += " " + w
		if i+1 == len(words) || len(line)+1+len(words[i+1]) > width {
			b.WriteString(line + "\n")
			line = "--"
		}
	}
}

// name quotes a name for the request's engine.
func (r Request) name(s string) string { return Name(r.Engine, s) }

// text quotes a text for the request's engine.
func (r Request) text(s string) string { return Text(r.Engine, s) }
