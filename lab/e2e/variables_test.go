package e2e_test

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/postgres"
)

// clientType is what Service Connector writes for one client type and a user-assigned identity, in addition to CLIENTID
// (learn.microsoft.com, service-connector/how-to-integrate-postgres). Ports that it leaves out are added: the
// test's server cannot have PostgreSQL's own.
type clientType struct {
	name      string
	variables []string
	clientID  string // the variable's name; if empty, AZURE_POSTGRESQL_CLIENTID
}

var clientTypes = []clientType{
	{name: "dotnet", variables: []string{
		"AZURE_POSTGRESQL_CONNECTIONSTRING=Server=<host>;Database=<database>;Port=<port>;Ssl Mode=Require;User Id=<user>;"}},
	{name: "java", variables: []string{
		"AZURE_POSTGRESQL_CONNECTIONSTRING=jdbc:postgresql://<host>:<port>/<database>?sslmode=require&user=<user>"}},
	{name: "python", variables: []string{
		"AZURE_POSTGRESQL_CONNECTIONSTRING=dbname=<database> host=<host> port=<port> sslmode=require user=<user>"}},
	{name: "django", variables: []string{
		"AZURE_POSTGRESQL_NAME=<database>", "AZURE_POSTGRESQL_HOST=<host>", "AZURE_POSTGRESQL_USER=<user>", "AZURE_POSTGRESQL_PORT=<port>"}},
	{name: "go", variables: []string{
		"AZURE_POSTGRESQL_CONNECTIONSTRING=host=<host> dbname=<database> sslmode=require user=<user> port=<port>"}},
	{name: "nodejs", variables: []string{
		"AZURE_POSTGRESQL_HOST=<host>", "AZURE_POSTGRESQL_USER=<user>", "AZURE_POSTGRESQL_DATABASE=<database>",
		"AZURE_POSTGRESQL_PORT=<port>", "AZURE_POSTGRESQL_SSL=true"}},
	{name: "php", variables: []string{
		"AZURE_POSTGRESQL_CONNECTIONSTRING=host=<host> port=<port> dbname=<database> sslmode=require user=<user>"}},
	{name: "ruby, with the trailing blank of the page", variables: []string{
		"AZURE_POSTGRESQL_CONNECTIONSTRING=host=<host> port=<port> dbname=<database> sslmode=require user=<user> "}},
	{name: "none", variables: []string{
		"AZURE_POSTGRESQL_HOST=<host>", "AZURE_POSTGRESQL_USERNAME=<user>", "AZURE_POSTGRESQL_DATABASE=<database>",
		"AZURE_POSTGRESQL_PORT=<port>", "AZURE_POSTGRESQL_SSL=true"}},
	{name: "springBoot", clientID: "spring.cloud.azure.credential.client-id", variables: []string{
		"spring.datasource.azure.passwordless-enabled=true",
		"spring.datasource.url=jdbc:postgresql://<host>:<port>/<database>?sslmode=require",
		"spring.datasource.username=<user>",
		"spring.cloud.azure.credential.client-managed-identity-enabled=true"}},
	{name: "springBoot on Linux", clientID: "spring_cloud_azure_credential_client_id", variables: []string{
		"spring_datasource_azure_passwordless_enabled=true",
		"spring_datasource_url=jdbc:postgresql://<host>:<port>/<database>?sslmode=require",
		"spring_datasource_username=<user>",
		"spring_cloud_azure_credential_managed_identity_enabled=true"}},
	{name: "dotnet, as App Service's connection string", variables: []string{
		"POSTGRESQLCONNSTR_AZURE_POSTGRESQL_CONNECTIONSTRING=Server=<host>;Database=<database>;Port=<port>;Ssl Mode=Require;User Id=<user>;"}},
	{name: "names as the pages of 2022 printed them", clientID: "Azure_POSTGRESQL_CLIENTID", variables: []string{
		"Azure_POSTGRESQL_CONNECTIONSTRING=host=<host> port=<port> dbname=<database> sslmode=require user=<user>"}},
}

// set puts the variables into the process's environment.
func (c clientType) set(t *testing.T, s *stage, id azuretest.Identity) {
	t.Helper()
	for _, variable := range c.variables {
		azuretest.Setenv(t, fill(variable, s.server.Addr(), id))
	}
	name := c.clientID
	if name == "" {
		name = "AZURE_POSTGRESQL_CLIENTID"
	}
	t.Setenv(name, id.ClientID)
}

// fill replaces the marks in the text of a variable for a user at a server's address, "127.0.0.1:port".
func fill(text, address string, id azuretest.Identity) string {
	return strings.NewReplacer("<host>", loopback, "<port>", strings.TrimPrefix(address, loopback+":"), "<database>", database,
		"<user>", id.Name, "<client>", id.ClientID, "<object>", id.ObjectID, "<resource>", id.ResourceID, "<tenant>", id.TenantID,
		"<password>", id.Secret, "<secret>", id.Secret).Replace(text)
}

// The five lines of the README, with nothing but variables in the process's environment.
func TestVariablesAloneLogIn(t *testing.T) {
	s := onStage(t)
	for _, c := range clientTypes {
		t.Run(c.name, func(t *testing.T) {
			s.onAppService(t)
			s.setTrust(t)
			id := s.userAssigned(t)
			c.set(t, s, id)

			requireUser(t, id.Name, sqlOpen(t, ""))
			pool, err := postgres.NewPool(limited(t), "", nil)
			require.NoError(t, err)
			defer pool.Close()
			requirePoolUser(t, id.Name, pool)
		})
	}
}

func TestReferencesLogIn(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	s.setTrust(t)
	orders, renamed := s.userAssigned(t), s.userAssigned(t)
	t.Setenv("AZURE_POSTGRESQL_ORDERS_CONNECTIONSTRING", s.libpq(orders.Name))
	t.Setenv("AZURE_POSTGRESQL_ORDERS_CLIENTID", orders.ClientID)
	t.Setenv("DATABASE_URL", fmt.Sprintf("postgresql://%s@%s/%s", renamed.Name, s.server.Addr(), s.server.Database))
	t.Setenv("AZURE_POSTGRESQL_CLIENTID", renamed.ClientID)

	stored := os.Getenv("AZURE_POSTGRESQL_ORDERS_CONNECTIONSTRING")
	for _, c := range []struct{ name, text, role string }{
		{"connection", "connection:orders", orders.Name},
		{"connection in capitals", "connection:ORDERS", orders.Name},
		{"variable", "env:DATABASE_URL", renamed.Name},
		{"value of a connection's variable", stored, orders.Name},
		{"the same with blanks", "  " + stored + " ", orders.Name},
		{"key/value with an identity", s.libpq(renamed.Name) + " client_id=" + renamed.ClientID, renamed.Name},
		{"URL with an identity", os.Getenv("DATABASE_URL") + "?client_id=" + renamed.ClientID, renamed.Name},
	} {
		t.Run(c.name, func(t *testing.T) {
			requireUser(t, c.role, sqlOpen(t, c.text))
			requirePoolUser(t, c.role, openPool(t, c.text, nil))
		})
	}
}

// A single named connection is the default one's stand-in.
func TestOnlyNamedConnectionIsTheDefault(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	s.setTrust(t)
	id := s.userAssigned(t)
	t.Setenv("AZURE_POSTGRESQL_TESTCONN_CONNECTIONSTRING", s.libpq(id.Name))
	t.Setenv("AZURE_POSTGRESQL_TESTCONN_CLIENTID", id.ClientID)
	requireUser(t, id.Name, sqlOpen(t, ""))
}

// sqlOpen is sql.Open until the test ends.
func sqlOpen(t *testing.T, name string) *sql.DB {
	t.Helper()
	return sqlOpenAs(t, postgres.DriverName, name)
}

// sqlOpenAs is sql.Open with a driver.
func sqlOpenAs(t *testing.T, driver, name string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, name)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}
