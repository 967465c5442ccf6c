package e2e_test

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/postgres"
)

// secretShapes are Service Connector's variables for a secret instead of an identity.
var secretShapes = map[string][]string{
	"go":     {"AZURE_POSTGRESQL_CONNECTIONSTRING=host=<host> port=<port> dbname=<database> sslmode=require user=<user> password=<password>"},
	"dotnet": {"AZURE_POSTGRESQL_CONNECTIONSTRING=Server=<host>;Database=<database>;Port=<port>;Ssl Mode=Require;User Id=<user>;Password=<password>;"},
	"java":   {"AZURE_POSTGRESQL_CONNECTIONSTRING=jdbc:postgresql://<host>:<port>/<database>?sslmode=require&user=<user>&password=<password>"},
	"nodejs": {"AZURE_POSTGRESQL_HOST=<host>", "AZURE_POSTGRESQL_USER=<user>", "AZURE_POSTGRESQL_PASSWORD=<password>",
		"AZURE_POSTGRESQL_DATABASE=<database>", "AZURE_POSTGRESQL_PORT=<port>", "AZURE_POSTGRESQL_SSL=true"},
	"springBoot": {"spring_datasource_url=jdbc:postgresql://<host>:<port>/<database>?sslmode=require",
		"spring_datasource_username=<user>", "spring_datasource_password=<password>"},
}

func TestPasswordLogsIn(t *testing.T) {
	s := onStage(t)
	const password = "pa.ss-wörd_0"
	role := s.passwordRole(t, password)
	for name, shape := range secretShapes {
		t.Run(name, func(t *testing.T) {
			var environ []string
			for _, variable := range shape {
				environ = append(environ, fill(variable, s.server.Addr(), azuretest.Identity{Name: role, Secret: password}))
			}
			endpoint := s.newValve(t)
			options := s.options(environ...)
			options.Transport = endpoint
			c := newConnector(t, "", options)
			assert.Equal(t, passwordless.PasswordLogin, c.Status().Kind)
			requireUser(t, role, sql.OpenDB(c))
			requirePoolUser(t, role, openPool(t, "", options))
			assert.Zero(t, endpoint.requests(), "requests to the identity endpoint")
		})
	}
}

func TestWrongPasswordIsExplained(t *testing.T) {
	s := onStage(t)
	role := s.passwordRole(t, "own-secret-of-the-role")
	const wrong = "mistaken-secret-of-the-role"
	err := openDB(t, s.libpq(role)+" password="+wrong, s.options()).PingContext(limited(t))
	requireLoginError(t, err, "wrong-password", "wrong user name or password")
	requireState(t, err, "28P01", "password authentication failed")
	requireNoPart(t, fmt.Sprintf("%v %+v %#v", err, err, err), wrong)
}

// Without TLS a password goes only where the string says so, and this server then refuses by itself.
func TestPasswordWithoutTLSIsTheStringsWish(t *testing.T) {
	s := onStage(t)
	role := s.passwordRole(t, "own-password")
	text := fmt.Sprintf("%s dbname=%s user=%s password=own-password sslmode=disable", s.address(), s.server.Database, role)
	c := newConnector(t, text, s.options())
	assert.NotEmpty(t, c.Status().Warnings)
	_, err := c.Connect(limited(t))
	requireLoginError(t, err, "tls-disabled", "requires TLS")

	_, err = postgres.NewConnector("host="+azureName+" user=u password=p sslmode=disable", s.options())
	requireSetupError(t, err, "tls-disabled", azureName)
}

// A connection that has a password keeps it.
func TestPostgresVariablesDoNotReplaceAPassword(t *testing.T) {
	s := onStage(t)
	role := s.passwordRole(t, "own-password")
	t.Setenv("PGPASSWORD", "evil")
	t.Setenv("PGUSER", "evil")
	t.Setenv("PGREQUIREAUTH", "md5")
	text := s.libpq(role) + " password=own-password"
	requireUser(t, role, openDB(t, text, s.options()))
	requirePoolUser(t, role, openPool(t, text, s.options()))
}

// A password that only the environment has makes no password login.
func TestPostgresVariablesGiveNoPassword(t *testing.T) {
	s := onStage(t)
	role := s.passwordRole(t, "own-password")
	t.Setenv("PGPASSWORD", "own-password")
	c := newConnector(t, s.libpq(role)+" authentication=ActiveDirectoryManagedIdentity", s.options())
	assert.NotEqual(t, passwordless.PasswordLogin, c.Status().Kind)
	_, err := postgres.NewConnector(s.libpq(role)+" authentication=SqlPassword", s.options())
	requireSetupError(t, err, "incomplete-identity", "has no password")
}

// passwordRole is a new ordinary role.
func (s *stage) passwordRole(t *testing.T, password string) string {
	t.Helper()
	role := s.AddUserAssigned(azuretest.Identity{}).Name // a name that no other test has
	require.NoError(t, s.server.CreatePasswordUser(limited(t), role, password))
	return role
}
