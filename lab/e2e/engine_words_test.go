package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
)

// filled is a string for SQL Server with marks for fill, and an environment.
func (x *site) filled(id azuretest.Identity, text string, environ ...string) setting {
	return setting{id.Name, fill(text, x.address, id), x.options(environ...)}
}

// SQL Server's drivers put the identity into the user name and the password.
func TestSQLServerUserNameThatIsAnIdentity(t *testing.T) {
	hosted := func(text string) func(*testing.T, *site) setting {
		return func(t *testing.T, x *site) setting {
			x.onAppService(t)
			return x.filled(x.userAssigned(t), text)
		}
	}
	principal := func(text string) func(*testing.T, *site) setting {
		return func(t *testing.T, x *site) setting { return x.filled(x.admitPrincipal(t), text, x.authority()) }
	}
	const managed, ado = passwordless.UserAssigned, "Data Source=<host>,<port>;Initial Catalog=<database>;"
	sqlServer.on(t).requireLogins(t, []identityCase{
		{".NET", managed, azuretest.AppService, hosted(ado + "User ID=<client>;Authentication=ActiveDirectoryManagedIdentity")},
		{".NET, MSI with spaces", managed, azuretest.AppService, hosted(ado + "UID=<client>;Authentication=Active Directory MSI")},
		{".NET, resource ID", managed, azuretest.AppService, hosted(ado + "User ID=<resource>;Authentication=ActiveDirectoryManagedIdentity")},
		{"JDBC's msiClientId", managed, azuretest.AppService,
			hosted("jdbc:sqlserver://<host>:<port>;databaseName=<database>;msiClientId=<client>;authentication=ActiveDirectoryMSI;")},
		{"JDBC's user", managed, azuretest.AppService,
			hosted("jdbc:sqlserver://<host>:<port>;databaseName=<database>;user=<client>;authentication=ActiveDirectoryManagedIdentity;")},
		{"ODBC", managed, azuretest.AppService,
			hosted("Driver={ODBC Driver 18 for SQL Server};Server=tcp:<host>,<port>;Database={<database>};UID={<client>};Authentication=ActiveDirectoryMsi")},
		{"default", managed, azuretest.AppService, hosted(ado + "User ID=<client>;Authentication=Active Directory Default")},
		{"no word", managed, azuretest.AppService, hosted(ado + "User ID=<client>")},
		{".NET, service principal", passwordless.ServicePrincipal, azuretest.Authority,
			principal(ado + "User ID=<client>@<tenant>;Password=<secret>;Authentication=Active Directory Service Principal")},
		{"a client ID and its secret by default", passwordless.ServicePrincipal, azuretest.Authority,
			principal(ado + "User ID=<client>;Password=<secret>;Tenant_Id=<tenant>;Authentication=ActiveDirectoryDefault")},
	})
}

// Python's USER is an object ID by the page's table: a host that knows no such client ID is asked for it so.
func TestSQLServerUserNameThatIsAnObjectID(t *testing.T) {
	b := sqlServer.on(t)
	python := shape{"python", []string{"AZURE_SQL_SERVER=<host>", "AZURE_SQL_PORT=<port>", "AZURE_SQL_DATABASE=<database>",
		"AZURE_SQL_AUTHENTICATION=ActiveDirectoryMsi", "AZURE_SQL_USER=<object>"}}
	for _, endpoint := range []azuretest.Endpoint{azuretest.AppService, azuretest.IMDS} {
		t.Run(string(endpoint), func(t *testing.T) {
			if endpoint == azuretest.AppService {
				b.onAppService(t)
			}
			id := b.userAssigned(t)
			o, mark := b.options(python.environ(b, id)...), b.mark()
			b.requireUser(t, id.Name, b.db(t, "", o))
			b.requireUser(t, id.Name, b.db(t, "", o))
			var asked []string
			for _, r := range b.since(mark) {
				assert.Equal(t, endpoint, r.Endpoint)
				asked = append(asked, r.Identity)
			}
			require.Equal(t, []string{id.ObjectID, id.ObjectID}, asked, "first as a client ID, then as an object ID")
			answers := b.since(mark)
			assert.NotEqual(t, 200, answers[0].Status)
			assert.Equal(t, 200, answers[1].Status)
		})
	}
}

// The words of go-mssqldb's fedauth, in its key/value pairs and in its URLs.
func TestSQLServerFedAuthWords(t *testing.T) {
	const pairs = "server=<host>;port=<port>;database=<database>;"
	hosted := func(text string) func(*testing.T, *site) setting {
		return func(t *testing.T, x *site) setting {
			x.onAppService(t)
			return x.filled(x.userAssigned(t), text)
		}
	}
	principal := func(text string) func(*testing.T, *site) setting {
		return func(t *testing.T, x *site) setting { return x.filled(x.admitPrincipal(t), text, x.authority()) }
	}
	certified := func(text string) func(*testing.T, *site) setting {
		return func(t *testing.T, x *site) setting {
			id, file := x.certified(t)
			return x.filled(id, text+";clientcertpath="+file, x.authority())
		}
	}
	byTool := func(word string, install azuretest.Endpoint) func(*testing.T, *site) setting {
		return func(t *testing.T, x *site) setting { return x.filled(x.signedIn(t, install), pairs+"fedauth="+word) }
	}
	sqlServer.on(t).requireLogins(t, []identityCase{
		{"ActiveDirectoryManagedIdentity", passwordless.UserAssigned, azuretest.AppService, hosted(pairs + "user id=<client>;fedauth=ActiveDirectoryManagedIdentity")},
		{"ActiveDirectoryMSI, in another case", passwordless.UserAssigned, azuretest.AppService, hosted(pairs + "user id=<client>;fedauth=activedirectoryMsi")},
		{"resource ID", passwordless.UserAssigned, azuretest.AppService, hosted(pairs + "user id=<resource>;fedauth=ActiveDirectoryManagedIdentity")},
		{"URL", passwordless.UserAssigned, azuretest.AppService,
			hosted("sqlserver://<client>@<host>:<port>?database=<database>&fedauth=ActiveDirectoryManagedIdentity")},
		{"ActiveDirectoryDefault", passwordless.UserAssigned, azuretest.AppService, hosted(pairs + "user id=<client>;fedauth=ActiveDirectoryDefault")},
		{"ActiveDirectoryServicePrincipal", passwordless.ServicePrincipal, azuretest.Authority,
			principal(pairs + "user id=<client>@<tenant>;password=<secret>;fedauth=ActiveDirectoryServicePrincipal")},
		{"ActiveDirectoryApplication in a URL", passwordless.ServicePrincipal, azuretest.Authority,
			principal("sqlserver://<client>%40<tenant>:<secret>@<host>:<port>?database=<database>&fedauth=ActiveDirectoryApplication")},
		{"clientcertpath", passwordless.ServicePrincipalCertificate, azuretest.Authority,
			certified(pairs + "user id=<client>@<tenant>;fedauth=ActiveDirectoryServicePrincipal")},
		{"ActiveDirectoryWorkloadIdentity", passwordless.WorkloadIdentity, azuretest.Authority, func(t *testing.T, x *site) setting {
			id := x.userAssigned(t)
			pod, err := x.WorkloadEnviron(t.TempDir(), id)
			require.NoError(t, err)
			return x.filled(id, pairs+"user id=<client>;fedauth=ActiveDirectoryWorkloadIdentity", pod...)
		}},
		{"ActiveDirectoryEnvironment", passwordless.ServicePrincipal, azuretest.Authority, func(t *testing.T, x *site) setting {
			id := x.admitPrincipal(t)
			return x.filled(id, pairs+"fedauth=ActiveDirectoryEnvironment", "AZURE_CLIENT_ID="+id.ClientID,
				"AZURE_CLIENT_SECRET="+id.Secret, "AZURE_TENANT_ID="+id.TenantID, x.authority())
		}},
		{"ActiveDirectoryAzCli", passwordless.AzureCLI, azuretest.AzureCLI, byTool("ActiveDirectoryAzCli", azuretest.AzureCLI)},
		{"ActiveDirectoryAzureDeveloperCli", passwordless.AzureDeveloperCLI, azuretest.AzureDeveloperCLI,
			byTool("ActiveDirectoryAzureDeveloperCli", azuretest.AzureDeveloperCLI)},
	})
}

// What is not built in says so, and how to do it.
func TestSQLServerWordsThatAreNotBuiltIn(t *testing.T) {
	b := sqlServer.on(t)
	for _, word := range []string{"ActiveDirectoryPassword", "ActiveDirectoryIntegrated", "ActiveDirectoryServicePrincipalAccessToken",
		"ActiveDirectoryOnBehalfOf", "ActiveDirectoryAzurePipelines", "ActiveDirectoryClientAssertion"} {
		_, err := b.open(b.to("", "fedauth="+word), b.options())
		require.ErrorContains(t, err, "pass a credential in Options.Credential", word)
		_, ok := err.(*passwordless.SetupError)
		assert.True(t, ok, "%T", err)
	}
}
