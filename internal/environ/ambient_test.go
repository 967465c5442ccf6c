package environ

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
)

func TestAmbientIdentity(t *testing.T) {
	own := connectortest.StringA
	client := []string{"AZURE_CLIENT_ID=" + connectortest.ClientB}
	principal := append(client, "AZURE_TENANT_ID="+connectortest.TenantA, "AZURE_CLIENT_SECRET="+connectortest.Canary)
	for _, row := range []struct {
		name, ask string
		env       []string
		method    dsn.Method
		client    string // "" if the ambient identity does not count
	}{
		{"string", own, client, dsn.MethodUnset, connectortest.ClientB},
		{"variable", "env:DB", append(client, "DB="+own), dsn.MethodUnset, connectortest.ClientB},
		{"variable beside a default connection without identity", "env:DB", append(client, "DB="+own, splitPrefix+"CONNECTIONSTRING=host=x"), dsn.MethodUnset, connectortest.ClientB},
		{"variable of a service principal", "env:DB", append(principal, "DB="+own), dsn.MethodEnvironment, connectortest.ClientB},
		{"certificate", own, append(client, "AZURE_TENANT_ID=t", "AZURE_CLIENT_CERTIFICATE_PATH=/c.pem"), dsn.MethodEnvironment, connectortest.ClientB},
		{"secret without a tenant", own, append(client, "AZURE_CLIENT_SECRET=x"), dsn.MethodUnset, connectortest.ClientB},
		{"service principal, but managed identity is forced", own, append(principal, "AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential"), dsn.MethodUnset, connectortest.ClientB},
		{"service principal in production", own, append(principal, "AZURE_TOKEN_CREDENTIALS=prod"), dsn.MethodEnvironment, connectortest.ClientB},
		{"pod", own, append(principal, "AZURE_FEDERATED_TOKEN_FILE=/f"), dsn.MethodUnset, connectortest.ClientB},
		{"word", own + " authentication=ActiveDirectoryDefault", client, dsn.MethodDefault, connectortest.ClientB},
		{"word of the SDKs, service principal in a pod", own + " authentication=DefaultAzureCredential", append(principal, "AZURE_FEDERATED_TOKEN_FILE=/f"), dsn.MethodEnvironment, connectortest.ClientB},
		{"word in Service Connector's string", "", append(client, splitPrefix+"CONNECTIONSTRING="+own+" authentication=ActiveDirectoryDefault"), dsn.MethodDefault, connectortest.ClientB},

		{"not set", own, nil, 0, ""},
		{"password", own + " password=x", principal, 0, ""},
		{"client ID in the string", own + " client_id=" + connectortest.ClientA, client, 0, ""},
		{"word and client ID", own + " authentication=default client_id=" + connectortest.ClientA, principal, 0, ""},
		{"another word", own + " authentication=ActiveDirectoryManagedIdentity", client, 0, ""},
		{"Service Connector's string", "", append(client, splitPrefix+"CONNECTIONSTRING="+own), 0, ""},
		{"Service Connector's string, given", own, append(client, splitPrefix+"CONNECTIONSTRING="+own), 0, ""},
		{"Service Connector's string, named", "connection:A", append(client, splitPrefix+"A_CONNECTIONSTRING="+own), 0, ""},
		{"Service Connector's variable", "env:" + splitPrefix + "CONNECTIONSTRING", append(client, splitPrefix+"CONNECTIONSTRING="+own), 0, ""},
		{"Service Connector's word", "", append(client, splitPrefix+"HOST=h", splitPrefix+"AUTHENTICATION=azure-active-directory-default"), 0, ""},
		{"renamed variable of Service Connector's", "env:DB", append(client, "DB="+own, splitPrefix+"CLIENTID="+connectortest.ClientA), 0, ""},
		{"Spring", "", append(client, "SPRING_DATASOURCE_URL=jdbc:postgresql://h/d"), 0, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := Find(dsn.PostgreSQL, row.ask, environOf(row.env...))
			require.NoError(t, err)
			assert.Equal(t, row.client, got.Ambient.Identity.ClientID)
			assert.Equal(t, row.client != "", got.Ambient.Why != "")
			assert.Equal(t, row.method, got.Ambient.Identity.Method)
			if row.client != "" {
				assert.Contains(t, got.Ambient.Why, "AZURE_CLIENT_ID")
				assert.Empty(t, got.Config.Identity.ClientID, "the connection does not say it")
			}
		})
	}
}

func TestIdentityVariablesInQuotationMarks(t *testing.T) {
	for _, name := range []string{"CLIENTID", "CLIENTSECRET", "TENANTID", "AUTHENTICATION", "CONNECTIONSTRING", "HOST", "USER", "PASSWORD"} {
		env := []string{splitPrefix + "HOST=h"}
		if name == "CONNECTIONSTRING" || name == "HOST" {
			env = nil
		}
		_, err := Find(dsn.PostgreSQL, "", environOf(append(env, splitPrefix+name+`="`+connectortest.Canary+`"`)...))
		require.ErrorContains(t, err, "quotation mark")
		require.ErrorContains(t, err, splitPrefix+name+": ")
		assert.NotContains(t, err.Error(), connectortest.Canary)
	}
}
