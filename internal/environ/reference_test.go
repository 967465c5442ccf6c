package environ

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/internal/connectortest"
)

func TestParseReference(t *testing.T) {
	long := strings.Repeat("n", 60)
	rows := []struct {
		name, in string
		want     reference
	}{
		{"empty", "", reference{referenceDefault, ""}},
		{"blank", " \n", reference{referenceDefault, ""}},
		{"connection", "connection:My_conn.2", reference{referenceConnection, "My_conn.2"}},
		{"longest connection", "connection:" + long, reference{referenceConnection, long}},
		{"connection too long", "connection:n" + long, reference{referenceLiteral, "connection:n" + long}},
		{"connection without a name", "connection:", reference{referenceLiteral, "connection:"}},
		{"connection with a hyphen", "connection:a-b", reference{referenceLiteral, "connection:a-b"}},
		{"connection in upper case", "CONNECTION:a", reference{referenceLiteral, "CONNECTION:a"}},
		{"connection that is not the whole string", " connection:a", reference{referenceLiteral, "connection:a"}},
		{"connection with a letter beyond ASCII", "connection:é", reference{referenceLiteral, "connection:é"}},
		{"variable", "env:_My_VAR2", reference{referenceVariable, "_My_VAR2"}},
		{"variable that starts with a digit", "env:2A", reference{referenceLiteral, "env:2A"}},
		{"variable without a name", "env:", reference{referenceLiteral, "env:"}},
		{"variable with a period", "env:a.b", reference{referenceLiteral, "env:a.b"}},
		{"variable with a blank behind it", "env:A ", reference{referenceLiteral, "env:A"}},
		{"user and password", "env:secret@tcp(h:3306)/db", reference{referenceLiteral, "env:secret@tcp(h:3306)/db"}},
		{"characters beside the letters", "connection:@[`{", reference{referenceLiteral, "connection:@[`{"}},
		{"connection string", " host=h ", reference{referenceLiteral, "host=h"}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) { assert.Equal(t, row.want, parseReference(row.in)) })
	}
}

// discoverLiteralCases are the rows of TestDiscoverLiteral.
var discoverLiteralCases = []discoverCase{
	{
		name: "a connection's own string takes its identity",
		ask:  " " + connectortest.StringA + "\n",
		env: []string{
			splitPrefix + "CONNECTIONSTRING=" + connectortest.StringB, splitPrefix + "CLIENTID=" + connectortest.ClientB,
			splitPrefix + "ORDERS_CONNECTIONSTRING=" + connectortest.StringA + "  ", splitPrefix + "ORDERS_CLIENTID=" + connectortest.ClientA,
		},
		host: connectortest.HostA, clientID: connectortest.ClientA, connection: "ORDERS",
		source: "connection string, which is that of variable AZURE_POSTGRESQL_ORDERS_CONNECTIONSTRING",
	},
	{
		name: "App Service's form counts too",
		ask:  connectortest.StringA,
		env:  []string{"CUSTOMCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING=" + connectortest.StringA, splitPrefix + "CLIENTID=" + connectortest.ClientA},
		host: connectortest.HostA, clientID: connectortest.ClientA,
	},
	{
		name: "nobody's string stands alone",
		ask:  connectortest.StringA,
		env:  []string{splitPrefix + "CONNECTIONSTRING=" + connectortest.StringB, splitPrefix + "CLIENTID=" + connectortest.ClientB},
		host: connectortest.HostA, source: "connection string", warning: "none", variables: nil,
	},
	{
		name: "nobody's string with its own identity",
		ask:  connectortest.StringA + " client_id=" + connectortest.ClientA,
		env:  []string{splitPrefix + "CONNECTIONSTRING=" + connectortest.StringA, splitPrefix + "CLIENTID=" + connectortest.ClientB},
		host: connectortest.HostA, clientID: connectortest.ClientA,
	},
	{
		name: "two connections with one identity",
		ask:  connectortest.StringA,
		env: []string{
			splitPrefix + "X_CONNECTIONSTRING=" + connectortest.StringA, splitPrefix + "X_CLIENTID=" + connectortest.ClientA,
			splitPrefix + "Y_CONNECTIONSTRING=" + connectortest.StringA, splitPrefix + "Y_CLIENTID=AAAAAAAA-0000-4000-8000-000000000000",
		},
		host: connectortest.HostA, clientID: connectortest.ClientA, connection: "X",
	},
	{
		name: "two connections with different identities",
		ask:  connectortest.StringA,
		env: []string{
			splitPrefix + "CONNECTIONSTRING=" + connectortest.StringA,
			splitPrefix + "Y_CONNECTIONSTRING=" + connectortest.StringA, splitPrefix + "Y_CLIENTID=" + connectortest.ClientA,
		},
		err: "the connection string is that of AZURE_POSTGRESQL_CONNECTIONSTRING and of AZURE_POSTGRESQL_Y_CONNECTIONSTRING, " +
			`which have different identities: name one, as in sql.Open("azure-postgres", "connection:Y")`,
		errorTag: "several-connections",
	},
	{
		name: "go-sql-driver's string that looks like a reference",
		ask:  "env:" + connectortest.Canary + "@tcp(h:3306)/db",
		err:  "passwordless: not a connection string",
	},
	{
		name: "a reference with a colon in the name",
		ask:  "env:ConnectionStrings:Sql",
		err:  `passwordless: "env:" is followed by what cannot be a name: a variable's has letters`, errorTag: "no-connection-settings",
	},
	{
		name: "a reference with a hyphen in the name",
		ask:  "connection:my-db",
		err:  `passwordless: "connection:" is followed by what cannot be a name`, errorTag: "no-connection-settings",
	},
	{
		name: "a reference with a character too many",
		ask:  "connection:orders;" + connectortest.Canary,
		err:  "passwordless: not a connection string",
	},
	{
		name: "without a host",
		ask:  "dbname=d password=" + connectortest.Canary,
		err:  "passwordless: missing host", errorTag: "no-connection-settings",
	},
}

func TestDiscoverLiteral(t *testing.T) {
	runDiscoverCases(t, discoverLiteralCases)
}

const urlA = "DB_URL=postgres://ua@" + connectortest.HostA + "/da"

// discoverRenamedVariableCases are the rows of TestDiscoverRenamedVariable.
var discoverRenamedVariableCases = []discoverCase{
	{
		name: "renamed from the default connection",
		ask:  "env:DB_URL", env: []string{urlA, splitPrefix + "CLIENTID=" + connectortest.ClientA},
		host: connectortest.HostA, user: "ua", clientID: connectortest.ClientA, source: "variable DB_URL", warning: "none",
		variables: []string{"AZURE_POSTGRESQL_CLIENTID", "DB_URL"},
	},
	{
		name: "nothing is left of the connection",
		ask:  "env:DB_URL", env: []string{urlA},
		host: connectortest.HostA,
	},
	{
		name: "renamed from the named connection that lost its string",
		ask:  "env:DB_URL",
		env: []string{
			urlA, splitPrefix + "CONNECTIONSTRING=" + connectortest.StringB, splitPrefix + "CLIENTID=" + connectortest.ClientB,
			splitPrefix + "ORDERS_CLIENTID=" + connectortest.ClientA,
		},
		host: connectortest.HostA, clientID: connectortest.ClientA, connection: "ORDERS",
	},
	{
		name: "the default connection's identity, although it is complete",
		ask:  "env:DB_URL", env: []string{urlA, splitPrefix + "CONNECTIONSTRING=" + connectortest.StringB, splitPrefix + "CLIENTID=" + connectortest.ClientB},
		host: connectortest.HostA, clientID: connectortest.ClientB,
	},
	{
		name: "the default connection comes before named ones",
		ask:  "env:DB_URL", env: []string{urlA, splitPrefix + "CLIENTID=" + connectortest.ClientA, splitPrefix + "ORDERS_CLIENTID=" + connectortest.ClientB},
		host: connectortest.HostA, clientID: connectortest.ClientA,
	},
	{
		name: "several connections lost their strings",
		ask:  "env:DB_URL", env: []string{urlA, splitPrefix + "X_CLIENTID=" + connectortest.ClientA, splitPrefix + "Y_CLIENTID=" + connectortest.ClientB},
		err:      "AZURE_POSTGRESQL_X_CLIENTID and AZURE_POSTGRESQL_Y_CLIENTID are both left without a connection string",
		variable: "DB_URL", errorTag: "several-connections",
	},
	{
		name: "a string with its own identity needs no guess",
		ask:  "env:DB_URL",
		env:  []string{urlA + "?client_id=" + connectortest.ClientA, splitPrefix + "X_CLIENTID=" + connectortest.ClientA, splitPrefix + "Y_CLIENTID=" + connectortest.ClientB},
		host: connectortest.HostA, clientID: connectortest.ClientA,
	},
	{
		name: "a string with a password needs no identity",
		ask:  "env:DB_URL",
		env:  []string{"DB_URL=postgres://ua:pw@" + connectortest.HostA + "/da", splitPrefix + "CONNECTIONSTRING=" + connectortest.StringB, splitPrefix + "CLIENTID=" + connectortest.ClientB},
		host: connectortest.HostA, password: "pw",
	},
	{
		name: "a copy of a named connection's string",
		ask:  "env:DB_URL",
		env:  []string{"DB_URL=" + connectortest.StringA, splitPrefix + "X_CONNECTIONSTRING=" + connectortest.StringA, splitPrefix + "X_CLIENTID=" + connectortest.ClientA},
		host: connectortest.HostA, clientID: connectortest.ClientA, connection: "X",
	},
	{
		name: "a variable of a connection by its own name",
		ask:  "env:azure_postgresql_x_connectionstring",
		env:  []string{splitPrefix + "X_CONNECTIONSTRING=" + connectortest.StringA, splitPrefix + "X_CLIENTID=" + connectortest.ClientA, splitPrefix + "CLIENTID=" + connectortest.ClientB},
		host: connectortest.HostA, clientID: connectortest.ClientA, connection: "X",
	},
	{
		name: "the spelling asked for wins",
		ask:  "env:db_url", env: []string{"DB_URL=" + connectortest.StringB, "db_url=" + connectortest.StringA},
		host: connectortest.HostA, source: "variable db_url", warning: "db_url is also set as DB_URL, with another value",
	},
	{
		name: "not set",
		ask:  "env:DB_URL", env: []string{"DB_URL= "},
		err: "passwordless: DB_URL: is not set, but env:DB_URL names it", variable: "DB_URL", errorTag: "no-connection-settings",
	},
	{
		name: "a bad string",
		ask:  "env:DB_URL", env: []string{"DB_URL=" + connectortest.Canary},
		err: "passwordless: DB_URL: not a connection string", variable: "DB_URL",
	},
}

func TestDiscoverRenamedVariable(t *testing.T) {
	runDiscoverCases(t, discoverRenamedVariableCases)
}
