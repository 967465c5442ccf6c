package e2e_test

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
)

// untenanted are Service Connector's variables for a service principal that leave out its tenant.
var untenanted = []shape{
	{"dotnet", []string{"AZURE_SQL_CONNECTIONSTRING=Data Source=<host>,<port>;Initial Catalog=<database>;User ID=<client>;" +
		"Password=<secret>;Authentication=ActiveDirectoryServicePrincipal"}},
	{"java", []string{"AZURE_SQL_CONNECTIONSTRING=jdbc:sqlserver://<host>:<port>;databaseName=<database>;user=<client>;" +
		"password={<secret>};authentication=ActiveDirectoryServicePrincipal;"}},
	{"springBoot", []string{"spring.datasource.url=jdbc:sqlserver://<host>:<port>;databaseName=<database>;authentication=ActiveDirectoryServicePrincipal;",
		"spring.datasource.username=<client>", "spring.datasource.password=<secret>"}},
	{"python", []string{"AZURE_SQL_SERVER=<host>", "AZURE_SQL_PORT=<port>", "AZURE_SQL_DATABASE=<database>",
		"AZURE_SQL_USER=<client>", "AZURE_SQL_PASSWORD=<secret>", "AZURE_SQL_AUTHENTICATION=ActiveDirectoryServerPrincipal"}},
	{"none", []string{"AZURE_SQL_HOST=<host>", "AZURE_SQL_PORT=<port>", "AZURE_SQL_DATABASE=<database>",
		"AZURE_SQL_USERNAME=<client>", "AZURE_SQL_PASSWORD=<secret>", "AZURE_SQL_AUTHENTICATION=azure-active-directory-default"}},
}

// The tenant is that of the connection, the options or the environment, and else the one that the server names.
func TestSQLServerPrincipalWithoutATenant(t *testing.T) {
	b := sqlServer.on(t)
	for _, shape := range untenanted {
		variable := "AZURE_SQL_TENANTID"
		if shape.name == "springBoot" {
			variable = "spring.cloud.azure.profile.tenant-id"
		}
		for _, c := range []struct {
			name, variable string
			inOptions      bool
		}{
			{name: "the server's"},
			{name: "the environment's", variable: "AZURE_TENANT_ID"},
			{name: "the connection's", variable: variable},
			{name: "the options'", inOptions: true},
		} {
			t.Run(shape.name+", "+c.name, func(t *testing.T) {
				id := b.admitPrincipal(t)
				environ := append(shape.environ(b, id), b.authority())
				if c.variable != "" {
					environ = append(environ, c.variable+"="+id.TenantID)
				}
				o := b.options(environ...)
				if c.inOptions {
					o.TenantID = id.TenantID
				}
				b.requireTenant(t, id, o, c.variable == "" && !c.inOptions)
			})
		}
	}
}

// requireTenant asserts that a principal logs in, often, with one token of its own tenant; learned: its tenant is not
// known before.
func (b *bench) requireTenant(t *testing.T, id azuretest.Identity, o *passwordless.Options, learned bool) {
	t.Helper()
	mark := b.mark()
	native := b.connector(t, "", o)
	before := id.TenantID
	if learned {
		before = ""
	}
	assert.Equal(t, before, native.Status().Tenant)
	db := sql.OpenDB(native)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	db.SetMaxIdleConns(-1)
	for range 3 {
		b.requireUser(t, id.Name, db)
	}
	b.requireUser(t, id.Name, b.db(t, "", o))
	assert.Equal(t, id.TenantID, native.Status().Tenant)
	assert.Equal(t, passwordless.ServicePrincipal, native.Status().Kind)
	b.requireAsked(t, mark, azuretest.Authority)
}

func TestSQLServerCertificateWithoutATenant(t *testing.T) {
	b := sqlServer.on(t)
	id, file := b.certified(t)
	mark := b.mark()
	o := b.options("AZURE_CLIENT_CERTIFICATE_PATH="+file, b.authority())
	b.requireUser(t, id.Name, b.db(t, b.to("", "authentication=ActiveDirectoryServicePrincipal", b.key("client_id", id.ClientID)), o))
	b.requireAsked(t, mark, azuretest.Authority)
}

// Someone else's token service gets nothing: neither the secret nor a request.
func TestSQLServerThatNamesAForeignTokenService(t *testing.T) {
	b := sqlServer.on(t)
	id := b.admitPrincipal(t)
	for _, url := range []string{
		"https://login.evil.example/" + id.TenantID,
		"http" + b.AuthorityHost()[len("https"):] + id.TenantID,
		b.AuthorityHost(),
	} {
		t.Run(url, func(t *testing.T) {
			front, err := sqlserverfront.Start(b.Cloud, &sqlserverfront.Options{STSURL: url})
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, front.Close()) })
			mark := b.mark()
			text := b.toFront(front, "", "authentication=ActiveDirectoryServicePrincipal", b.key("client_id", id.ClientID))
			o := b.options("AZURE_SQL_CONNECTIONSTRING="+text, "AZURE_SQL_CLIENTSECRET="+id.Secret, b.authority())
			err = b.db(t, "", o).PingContext(limited(t))
			refused, ok := errors.AsType[*passwordless.TokenError](err)
			require.True(t, ok, "%T: %v", err, err)
			assert.Equal(t, "service-principal-tenant", refused.Anchor)
			assert.NotContains(t, err.Error(), "\n")
			requireNoPart(t, everyText(err), id.Secret)
			assert.Empty(t, b.since(mark))
			requireNoToken(t, front)
		})
	}
}

// A token of a principal that has learned its tenant from the server is replaced as others are.
func TestSQLServerTokenOfALearnedTenantIsReplaced(t *testing.T) {
	b := sqlServer.on(t)
	id, file := b.certified(t)
	front := b.newFront(t)
	o := b.options(b.authority())
	requireReplaced(t, front, o, func() opened {
		return b.connector(t, b.toFront(front, "", "authentication=ActiveDirectoryServicePrincipal",
			b.key("client_id", id.ClientID), b.key("client_certificate_path", file)), o)
	})
}
