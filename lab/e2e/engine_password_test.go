package e2e_test

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
)

// secretShapesOf are Service Connector's variables for a secret instead of an identity.
var secretShapesOf = map[*engine][]shape{
	&mySQL: {
		{"dotnet", []string{"AZURE_MYSQL_CONNECTIONSTRING=Server=<host>;Database=<database>;Port=<port>;User Id=<user>;Password=<password>;SSL Mode=Required"}},
		{"java", []string{"AZURE_MYSQL_CONNECTIONSTRING=jdbc:mysql://<host>:<port>/<database>?sslmode=required&user=<user>&password=<password>"}},
		{"springBoot", []string{"spring.datasource.url=jdbc:mysql://<host>:<port>/<database>?sslmode=required",
			"spring.datasource.username=<user>", "spring.datasource.password=<password>"}},
		{"python, django", []string{"AZURE_MYSQL_NAME=<database>", "AZURE_MYSQL_HOST=<host>", "AZURE_MYSQL_USER=<user>",
			"AZURE_MYSQL_PASSWORD=<password>", "AZURE_MYSQL_PORT=<port>"}},
		{"go", []string{"AZURE_MYSQL_CONNECTIONSTRING=<user>:<password>@tcp(<host>:<port>)/<database>?tls=true"}},
		{"nodejs", []string{"AZURE_MYSQL_HOST=<host>", "AZURE_MYSQL_USER=<user>", "AZURE_MYSQL_PASSWORD=<password>",
			"AZURE_MYSQL_DATABASE=<database>", "AZURE_MYSQL_PORT=<port>", "AZURE_MYSQL_SSL=true"}},
		{"php", []string{"AZURE_MYSQL_DBNAME=<database>", "AZURE_MYSQL_HOST=<host>", "AZURE_MYSQL_PORT=<port>",
			"AZURE_MYSQL_FLAG=MySQL_CLIENT_SSL", "AZURE_MYSQL_USERNAME=<user>", "AZURE_MYSQL_PASSWORD=<password>"}},
		{"ruby", []string{"AZURE_MYSQL_DATABASE=<database>", "AZURE_MYSQL_HOST=<host>", "AZURE_MYSQL_USERNAME=<user>",
			"AZURE_MYSQL_PASSWORD=<password>", "AZURE_MYSQL_SSLMODE=required", "AZURE_MYSQL_PORT=<port>"}},
		{"none", []string{"AZURE_MYSQL_HOST=<host>", "AZURE_MYSQL_USERNAME=<user>", "AZURE_MYSQL_PASSWORD=<password>",
			"AZURE_MYSQL_DATABASE=<database>", "AZURE_MYSQL_PORT=<port>", "AZURE_MYSQL_SSL=true"}},
		{"portal's Web App + Database", []string{
			"MYSQLCONNSTR_AZURE_MYSQL_CONNECTIONSTRING=Database=<database>;Server=<host>;Port=<port>;User Id=<user>;Password=<password>"}},
	},
	&sqlServer: {
		{"dotnet", []string{"AZURE_SQL_CONNECTIONSTRING=Data Source=<host>,<port>;Initial Catalog=<database>;User ID=<user>;Password=<password>"}},
		{"java", []string{"AZURE_SQL_CONNECTIONSTRING=jdbc:sqlserver://<host>:<port>;databaseName=<database>;user=<user>;password=<password>;"}},
		{"springBoot", []string{"spring.datasource.url=jdbc:sqlserver://<host>:<port>;databaseName=<database>;",
			"spring.datasource.username=<user>", "spring.datasource.password=<password>"}},
		{"python", []string{"AZURE_SQL_SERVER=<host>", "AZURE_SQL_PORT=<port>", "AZURE_SQL_DATABASE=<database>",
			"AZURE_SQL_USER=<user>", "AZURE_SQL_PASSWORD=<password>"}},
		{"nodejs", []string{"AZURE_SQL_SERVER=<host>", "AZURE_SQL_PORT=<port>", "AZURE_SQL_DATABASE=<database>",
			"AZURE_SQL_USERNAME=<user>", "AZURE_SQL_PASSWORD=<password>"}},
		{"none, ruby", []string{"AZURE_SQL_HOST=<host>", "AZURE_SQL_PORT=<port>", "AZURE_SQL_DATABASE=<database>",
			"AZURE_SQL_USERNAME=<user>", "AZURE_SQL_PASSWORD=<password>"}},
		{"django", []string{"AZURE_SQL_HOST=<host>", "AZURE_SQL_PORT=<port>", "AZURE_SQL_NAME=<database>",
			"AZURE_SQL_USER=<user>", "AZURE_SQL_PASSWORD=<password>"}},
		{"go", []string{"AZURE_SQL_CONNECTIONSTRING=server=<host>;port=<port>;database=<database>;user id=<user>;password=<password>;"}},
		{"php", []string{"AZURE_SQL_SERVERNAME=<host>,<port>", "AZURE_SQL_DATABASE=<database>", "AZURE_SQL_UID=<user>", "AZURE_SQL_PASSWORD=<password>"}},
		{"ODBC", []string{"AZURE_SQL_CONNECTIONSTRING=Driver={ODBC Driver 18 for SQL Server};Server=tcp:<host>,<port>;Database=<database>;" +
			"Uid=<user>;Pwd={<password>};Encrypt=yes;TrustServerCertificate=no;Connection Timeout=30;"}},
	},
}

func TestEnginePasswordLogsIn(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		somebody := b.passwordUser(t, "pa.ss-wörd_0")
		for _, shape := range secretShapesOf[b.engine] {
			t.Run(shape.name, func(t *testing.T) {
				endpoint := b.newValve(t)
				o := b.options(shape.environ(b, somebody)...)
				o.Transport = endpoint
				c := b.connector(t, "", o)
				assert.Equal(t, passwordless.PasswordLogin, c.Status().Kind)
				db := sql.OpenDB(c)
				t.Cleanup(func() { assert.NoError(t, db.Close()) })
				b.requireUser(t, somebody.Name, db)
				assert.Zero(t, endpoint.requests(), "requests to the identity endpoint")
			})
		}
		t.Run("by sql.Open", func(t *testing.T) {
			b.setTrust(t)
			secretShapesOf[b.engine][0].set(t, b, somebody)
			b.requireUser(t, somebody.Name, b.sqlOpen(t, ""))
		})
	})
}

func TestEngineWrongPasswordIsExplained(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		somebody := b.passwordUser(t, "own-secret-of-the-user")
		const wrong = "mistaken-secret-of-the-user"
		err := b.db(t, b.byPassword(b.server.Addr(), somebody.Name, wrong), b.options()).PingContext(limited(t))
		requireLoginError(t, err, "wrong-password", "wrong user name or password")
		assert.Contains(t, []int{1045, 18456}, b.code(err))
		requireNoPart(t, everyText(err), wrong)
	})
}

// Without TLS a password goes only where the string says so, and these servers then refuse by themselves.
func TestEnginePasswordWithoutTLSIsTheStringsWish(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		plain := map[*engine]string{&mySQL: "tls=false", &sqlServer: "encrypt=disable"}[b.engine]
		front := b.newFront(t)
		c := b.connector(t, b.byPassword(front.Addr(), "app", "own-password", plain), b.options())
		assert.NotEmpty(t, c.Status().Warnings)
		_, err := c.Connect(limited(t))
		requireLoginError(t, err, "tls-disabled", "the server requires TLS")
		requireNoToken(t, front)

		_, err = b.open(b.byPassword(b.azure+":1", "app", "own-password", plain), b.options())
		requireSetupError(t, err, "tls-disabled", b.azure)
	})
}

// passwordUser is a new ordinary user, with the password as its secret.
func (b *bench) passwordUser(t *testing.T, password string) azuretest.Identity {
	t.Helper()
	id := b.AddUserAssigned(azuretest.Identity{}) // for a name that no other test has
	id.Secret = password
	require.NoError(t, b.server.CreatePasswordUser(limited(t), id.Name, password))
	return id
}

// byPassword is a string for an ordinary user.
func (b *bench) byPassword(address, user, password string, more ...string) string {
	if b.engine == &mySQL {
		return b.text(address, database, fmt.Sprintf("%s:%s", user, password), more...)
	}
	return b.text(address, database, user, append(more, "password="+password)...)
}
