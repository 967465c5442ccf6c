package e2e_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

// shape is what Service Connector writes for one client type, with marks for fill (learn.microsoft.com,
// service-connector/how-to-integrate-mysql and how-to-integrate-sql-database), or what people make of it. Ports that
// it leaves out are added: the tests' servers cannot have the engines' own.
type shape struct {
	name      string
	variables []string
}

// set puts the variables into the process's environment.
func (s shape) set(t *testing.T, b *bench, id azuretest.Identity) {
	t.Helper()
	azuretest.Setenv(t, s.environ(b, id)...)
}

// environ is the variables for Options.Environ.
func (s shape) environ(b *bench, id azuretest.Identity) []string {
	var environ []string
	for _, variable := range s.variables {
		environ = append(environ, fill(variable, b.server.Addr(), id))
	}
	return environ
}

// userAssignedShapes are for a user-assigned identity.
var userAssignedShapes = map[*engine][]shape{
	&mySQL: {
		{"dotnet", []string{"AZURE_MYSQL_CLIENTID=<client>",
			"AZURE_MYSQL_CONNECTIONSTRING=Server=<host>;Database=<database>;Port=<port>;User Id=<user>;SSL Mode=Required;"}},
		{"java", []string{"AZURE_MYSQL_CLIENTID=<client>",
			"AZURE_MYSQL_CONNECTIONSTRING=jdbc:mysql://<host>:<port>/<database>?sslmode=required&user=<user>"}},
		{"java, as it is really written", []string{"AZURE_MYSQL_CLIENTID=<client>",
			"AZURE_MYSQL_CONNECTIONSTRING=jdbc:mysql://<host>:<port>/<database>?serverTimezone=UTC&sslmode=required&user=<user>"}},
		{"python, django", []string{"AZURE_MYSQL_NAME=<database>", "AZURE_MYSQL_HOST=<host>", "AZURE_MYSQL_USER=<user>",
			"AZURE_MYSQL_PORT=<port>", "AZURE_MYSQL_CLIENTID=<client>"}},
		{"go", []string{"AZURE_MYSQL_CONNECTIONSTRING=<user>@tcp(<host>:<port>)/<database>?tls=true", "AZURE_MYSQL_CLIENTID=<client>"}},
		{"nodejs", []string{"AZURE_MYSQL_HOST=<host>", "AZURE_MYSQL_USER=<user>", "AZURE_MYSQL_DATABASE=<database>",
			"AZURE_MYSQL_PORT=<port>", "AZURE_MYSQL_SSL=true", "AZURE_MYSQL_CLIENTID=<client>"}},
		{"php", []string{"AZURE_MYSQL_DBNAME=<database>", "AZURE_MYSQL_HOST=<host>", "AZURE_MYSQL_PORT=<port>",
			"AZURE_MYSQL_FLAG=MySQL_CLIENT_SSL", "AZURE_MYSQL_USERNAME=<user>", "AZURE_MYSQL_CLIENTID=<client>"}},
		{"ruby", []string{"AZURE_MYSQL_DATABASE=<database>", "AZURE_MYSQL_HOST=<host>", "AZURE_MYSQL_USERNAME=<user>",
			"AZURE_MYSQL_SSLMODE=required", "AZURE_MYSQL_PORT=<port>", "AZURE_MYSQL_CLIENTID=<client>"}},
		{"none", []string{"AZURE_MYSQL_HOST=<host>", "AZURE_MYSQL_USERNAME=<user>", "AZURE_MYSQL_DATABASE=<database>",
			"AZURE_MYSQL_PORT=<port>", "AZURE_MYSQL_SSL=true", "AZURE_MYSQL_CLIENTID=<client>"}},
		{"springBoot", []string{"spring.datasource.azure.passwordless-enabled=true", "spring.datasource.username=<user>",
			"spring.datasource.url=jdbc:mysql://<host>:<port>/<database>?sslmode=required",
			"spring.cloud.azure.credential.client-id=<client>", "spring.cloud.azure.credential.client-managed-identity-enabled=true"}},
		{"springBoot on Linux", []string{"spring_datasource_azure_passwordless_enabled=true", "spring_datasource_username=<user>",
			"spring_datasource_url=jdbc:mysql://<host>:<port>/<database>?sslmode=required",
			"spring_cloud_azure_credential_client_id=<client>", "spring_cloud_azure_credential_managed_identity_enabled=true"}},
		{"dotnet, as App Service's connection string", []string{"AZURE_MYSQL_CLIENTID=<client>",
			"MYSQLCONNSTR_AZURE_MYSQL_CONNECTIONSTRING=Server=<host>;Database=<database>;Port=<port>;User Id=<user>;SSL Mode=Required;"}},
		{"names with a blank, as on the page", []string{"AZURE_MYSQL_CLIENTID=<client>",
			"AZURE_MYSQL_CONNECTIONSTRING =<user>@tcp(<host>:<port>)/<database>?tls=true"}},
		{"names as the pages of 2022 printed them", []string{"Azure_MYSQL_CLIENTID=<client>",
			"Azure_MYSQL_CONNECTIONSTRING=<user>@tcp(<host>:<port>)/<database>?tls=true"}},
	},
	&sqlServer: {
		{"dotnet", []string{
			"AZURE_SQL_CONNECTIONSTRING=Data Source=<host>,<port>;Initial Catalog=<database>;User ID=<client>;Authentication=ActiveDirectoryManagedIdentity"}},
		{"java", []string{
			"AZURE_SQL_CONNECTIONSTRING=jdbc:sqlserver://<host>:<port>;databaseName=<database>;msiClientId=<client>;authentication=ActiveDirectoryMSI;"}},
		{"springBoot", []string{
			"spring.datasource.url=jdbc:sqlserver://<host>:<port>;databaseName=<database>;msiClientId=<client>;authentication=ActiveDirectoryMSI;"}},
		{"python, client ID", []string{"AZURE_SQL_SERVER=<host>", "AZURE_SQL_PORT=<port>", "AZURE_SQL_DATABASE=<database>",
			"AZURE_SQL_USER=<client>", "AZURE_SQL_AUTHENTICATION=ActiveDirectoryMsi"}},
		{"python, object ID", []string{"AZURE_SQL_SERVER=<host>", "AZURE_SQL_PORT=<port>", "AZURE_SQL_DATABASE=<database>",
			"AZURE_SQL_USER=<object>", "AZURE_SQL_AUTHENTICATION=ActiveDirectoryMsi"}},
		{"nodejs", []string{"AZURE_SQL_SERVER=<host>", "AZURE_SQL_PORT=<port>", "AZURE_SQL_DATABASE=<database>",
			"AZURE_SQL_AUTHENTICATIONTYPE=azure-active-directory-default", "AZURE_SQL_CLIENTID=<client>"}},
		{"none", []string{"AZURE_SQL_HOST=<host>", "AZURE_SQL_PORT=<port>", "AZURE_SQL_DATABASE=<database>",
			"AZURE_SQL_AUTHENTICATION=azure-active-directory-default", "AZURE_SQL_USERNAME=<client>"}},
		{"dotnet, as App Service's connection string", []string{
			"SQLAZURECONNSTR_AZURE_SQL_CONNECTIONSTRING=Data Source=<host>,<port>;Initial Catalog=<database>;User ID=<client>;" +
				"Authentication=ActiveDirectoryManagedIdentity"}},
		{"dotnet, word with spaces", []string{
			"AZURE_SQL_CONNECTIONSTRING=Server=tcp:<host>,<port>;Database=<database>;User ID=<client>;Authentication=Active Directory Managed Identity;Encrypt=True"}},
		{"Fabric, dotnet", []string{
			"FABRIC_SQL_CONNECTIONSTRING=Data Source=tcp:<host>,<port>;Initial Catalog=<database>;User ID=<client>;Authentication=ActiveDirectoryManagedIdentity"}},
		{"Fabric, java", []string{
			"FABRIC_SQL_CONNECTIONSTRING=jdbc:sqlserver://<host>,<port>;databaseName=<database>;msiClientId=<client>;authentication=ActiveDirectoryMSI;"}},
		{"Fabric, python", []string{
			"FABRIC_SQL_CONNECTIONSTRING=Driver={ODBC Driver 17 for SQL Server};Server=tcp:<host>,<port>;Database=<database>;" +
				"UID=<client>;Authentication=ActiveDirectoryMSI;"}},
		{"Fabric, go", []string{
			"FABRIC_SQL_CONNECTIONSTRING=server=tcp:<host>;port=<port>;database=<database>;user id=<client>;fedauth=ActiveDirectoryManagedIdentity;"}},
		{"names as the pages of 2022 printed them", []string{"Azure_SQL_CLIENTID=<client>", "Azure_SQL_SERVER=<host>",
			"Azure_SQL_PORT=<port>", "Azure_SQL_DATABASE=<database>", "Azure_SQL_AUTHENTICATIONTYPE=azure-active-directory-default"}},
	},
}

// systemAssignedShapes are for the host's own identity. Where MySQL's only lack CLIENTID, one stands for all.
var systemAssignedShapes = map[*engine][]shape{
	&mySQL: {
		{"go", []string{"AZURE_MYSQL_CONNECTIONSTRING=<user>@tcp(<host>:<port>)/<database>?tls=true"}},
	},
	&sqlServer: {
		{"dotnet", []string{
			"AZURE_SQL_CONNECTIONSTRING=Data Source=<host>,<port>;Initial Catalog=<database>;Authentication=ActiveDirectoryManagedIdentity"}},
		{"java", []string{
			"AZURE_SQL_CONNECTIONSTRING=jdbc:sqlserver://<host>:<port>;databaseName=<database>;authentication=ActiveDirectoryMSI;"}},
		{"python", []string{"AZURE_SQL_SERVER=<host>", "AZURE_SQL_PORT=<port>", "AZURE_SQL_DATABASE=<database>",
			"AZURE_SQL_AUTHENTICATION=ActiveDirectoryMsi"}},
		{"nodejs", []string{"AZURE_SQL_SERVER=<host>", "AZURE_SQL_PORT=<port>", "AZURE_SQL_DATABASE=<database>",
			"AZURE_SQL_AUTHENTICATIONTYPE=azure-active-directory-default"}},
		{"none", []string{"AZURE_SQL_HOST=<host>", "AZURE_SQL_PORT=<port>", "AZURE_SQL_DATABASE=<database>",
			"AZURE_SQL_AUTHENTICATION=azure-active-directory-default"}},
		{"Fabric, go", []string{
			"FABRIC_SQL_CONNECTIONSTRING=server=tcp:<host>;port=<port>;database=<database>;fedauth=ActiveDirectoryManagedIdentity;"}},
	},
}

// The five lines of the README, with nothing but variables in the process's environment.
func TestEngineVariablesAloneLogIn(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		for _, shape := range userAssignedShapes[b.engine] {
			t.Run(shape.name, func(t *testing.T) {
				b.onAppService(t)
				b.setTrust(t)
				id := b.userAssigned(t)
				shape.set(t, b, id)
				b.requireUser(t, id.Name, b.sqlOpen(t, ""))
			})
		}
	})
}

// A host has one identity of its own, of which a process keeps one token.
func TestEngineVariablesWithoutAnIDLogIn(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		id := b.admit(t, b.AddSystemAssigned(azuretest.Identity{}))
		for _, shape := range systemAssignedShapes[b.engine] {
			t.Run(shape.name, func(t *testing.T) {
				b.requireUser(t, id.Name, b.db(t, "", b.options(shape.environ(b, id)...)))
			})
		}
	})
}

// own is a parameter that makes a string differ from the others of a test.
func (b *bench) own() string {
	if b.engine == &mySQL {
		return "parseTime=true"
	}
	return "app name=renamed"
}

func TestEngineReferencesLogIn(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		b.setTrust(t)
		orders, renamed := b.userAssigned(t), b.userAssigned(t)
		t.Setenv(b.prefix+"ORDERS_CONNECTIONSTRING", b.to(orders.Name))
		t.Setenv(b.prefix+"ORDERS_CLIENTID", orders.ClientID)
		t.Setenv("DATABASE_URL", b.to(renamed.Name, b.own()))
		t.Setenv(b.prefix+"CLIENTID", renamed.ClientID)

		stored := os.Getenv(b.prefix + "ORDERS_CONNECTIONSTRING")
		for _, c := range []struct{ name, text, user string }{
			{"connection", "connection:orders", orders.Name},
			{"connection in capitals", "connection:ORDERS", orders.Name},
			{"variable", "env:DATABASE_URL", renamed.Name},
			{"value of a connection's variable", stored, orders.Name},
			{"the same with blanks", "  " + stored + " ", orders.Name},
			{"string with an identity", b.to(renamed.Name, b.key("client_id", renamed.ClientID)), renamed.Name},
		} {
			t.Run(c.name, func(t *testing.T) { b.requireUser(t, c.user, b.sqlOpen(t, c.text)) })
		}
	})
}

// A single named connection is the default one's stand-in.
func TestEngineOnlyNamedConnectionIsTheDefault(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		b.setTrust(t)
		id := b.userAssigned(t)
		t.Setenv(b.prefix+"TESTCONN_CONNECTIONSTRING", b.to(id.Name))
		t.Setenv(b.prefix+"TESTCONN_CLIENTID", id.ClientID)
		b.requireUser(t, id.Name, b.sqlOpen(t, ""))
	})
}

// A connection of each engine may stand side by side, with one identity and one token per engine's resource.
func TestEnginesStandSideBySide(t *testing.T) {
	servers := map[*engine]server{}
	for _, e := range engines { // before the stage hides the compiler from PATH
		e.require(t)
		var err error
		servers[e], err = e.shared()
		require.NoError(t, err)
	}
	s := onStage(t)
	s.onAppService(t)
	s.setTrust(t)
	id := s.userAssigned(t)
	t.Setenv("AZURE_POSTGRESQL_CONNECTIONSTRING", s.libpq(id.Name))
	t.Setenv("AZURE_POSTGRESQL_CLIENTID", id.ClientID)
	mark := s.mark()
	requireUser(t, id.Name, sqlOpen(t, ""))
	for e, server := range servers {
		b := e.onto(s, server)
		b.admit(t, id)
		t.Setenv(e.prefix+"CONNECTIONSTRING", b.to(id.Name))
		t.Setenv(e.prefix+"CLIENTID", id.ClientID)
		b.requireUser(t, id.Name, b.sqlOpen(t, ""))
	}
	require.Equal(t, 2, s.asked(mark, id), "PostgreSQL and MySQL share a token")
}
