package dsn

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseMethod(t *testing.T) {
	words := map[Method][]string{
		MethodUnset: {"", " "},
		MethodDefault: {"default", "Active Directory Default", "ActiveDirectoryDefault", "azure-active-directory-default",
			"NotSpecified", "DefaultAzureCredential"},
		MethodManagedIdentity: {"managed identity", "Active Directory Managed Identity", "ActiveDirectoryManagedIdentity",
			"Active Directory MSI", "ActiveDirectoryMSI", "ActiveDirectoryMsi", "azure-active-directory-msi-app-service",
			"azure-active-directory-msi-vm", "ManagedIdentityCredential"},
		MethodServicePrincipal: {"service_principal", "Active Directory Service Principal", "ActiveDirectoryServicePrincipal",
			"ActiveDirectoryServicePrincipalCertificate", "ActiveDirectoryServerPrincipal", "ActiveDirectoryApplication",
			"azure-active-directory-service-principal-secret", "ClientSecretCredential", "ClientCertificateCredential"},
		MethodWorkloadIdentity:  {"Active Directory Workload Identity", "ActiveDirectoryWorkloadIdentity", "workload-identity", "WorkloadIdentityCredential"},
		MethodAzureCLI:          {"ActiveDirectoryAzCli", "az", "Azure CLI", "AzureCliCredential", "AzureCLICredential"},
		MethodAzureDeveloperCLI: {"ActiveDirectoryAzureDeveloperCli", "azd", "AzureDeveloperCliCredential"},
		MethodAzurePowerShell:   {"azure-powershell", "PowerShell", "AzurePowerShellCredential"},
		MethodEnvironment:       {"ActiveDirectoryEnvironment", "EnvironmentCredential"},
		MethodInteractive:       {"Active Directory Interactive", "ActiveDirectoryInteractive", "InteractiveBrowserCredential"},
		MethodDeviceCode:        {"Active Directory Device Code Flow", "ActiveDirectoryDeviceCode", "DeviceCodeCredential"},
		MethodPassword:          {"Sql Password", "SqlPassword", "password"},
	}
	for want, list := range words {
		for _, word := range append(list, want.String()) {
			for _, spelled := range []string{word, strings.ToUpper(word), strings.ToLower(word), " " + strings.ReplaceAll(word, "-", " ")} {
				m, err := ParseMethod(spelled)
				require.NoError(t, err, spelled)
				require.Equal(t, want, m, spelled)
			}
		}
	}
	require.Len(t, words, len(methods), "every method is tested")
}

func TestParseMethodRefuses(t *testing.T) {
	for word, instead := range map[string]string{
		"Active Directory Integrated": "write ActiveDirectoryDefault", "integrated": "write ActiveDirectoryDefault",
		"ActiveDirectoryPassword": "write ActiveDirectoryServicePrincipal", "Active Directory Password": "write ActiveDirectoryServicePrincipal",
		"azure-active-directory-password": "write ActiveDirectoryServicePrincipal", "UsernamePasswordCredential": "write ActiveDirectoryServicePrincipal",
	} {
		_, err := ParseMethod(word)
		require.ErrorContains(t, err, instead, word)
	}
	for _, word := range []string{"azure-active-directory-access-token", "token-credential", "ActiveDirectoryServicePrincipalAccessToken",
		"ActiveDirectoryOnBehalfOf", "ActiveDirectoryAzurePipelines", "ActiveDirectoryClientAssertion", "ntlm", "OnBehalfOfCredential", "ChainedTokenCredential"} {
		_, err := ParseMethod(word)
		require.EqualError(t, err, "dsn: authentication: this authentication method is not built in: pass a credential in Options.Credential", word)
	}
	_, err := ParseMethod(canary)
	var parseError *ParseError
	require.ErrorAs(t, err, &parseError)
	assert.Contains(t, err.Error(), "want default, managed-identity, service-principal")
	assert.NotContains(t, err.Error(), canary)
	assert.Equal(t, "unknown method", Method(200).String())
}

func TestTLSString(t *testing.T) {
	want := []string{"", "disable", "prefer", "require", "skip-verify", "verify-ca", "verify-full", "unknown TLS declaration"}
	for i, s := range want {
		assert.Equal(t, s, TLS(i).String())
	}
}

func TestTLSStringsParse(t *testing.T) {
	for engine, rules := range engines {
		for mode := TLSDisable; mode <= TLSVerifyFull; mode++ {
			got, err := rules.tls.mode(mode.String())
			require.NoError(t, err, "%v %v", engine, mode)
			require.Equal(t, mode, got, engine)
		}
		for word := range rules.tls.words {
			require.Equal(t, fold(word), word, engine)
		}
	}
}

func TestTablesAreFolded(t *testing.T) {
	var keys []string
	for k := range synonyms {
		keys = append(keys, k)
	}
	for k := range neverPassed {
		keys = append(keys, k)
		require.NotContains(t, synonyms, k)
	}
	for _, rules := range engines {
		for _, g := range rules.grammars {
			keys = slices.AppendSeq(keys, maps.Keys(g.rules))
		}
	}
	keys = slices.AppendSeq(keys, maps.Keys(goMSSQLOnly))
	for k := range methodWords {
		keys = append(keys, k)
	}
	for _, k := range keys {
		require.Equal(t, fold(k), k)
	}
}
