package dsn

import (
	"errors"
	"strings"
)

// Method is an authentication method, as in Authentication=ActiveDirectoryManagedIdentity.
type Method uint8

// The methods. MethodDefault leaves the choice open, as ActiveDirectoryDefault does;
// MethodPassword is a database password.
const (
	MethodUnset Method = iota
	MethodDefault
	MethodManagedIdentity
	MethodServicePrincipal
	MethodWorkloadIdentity
	MethodAzureCLI
	MethodAzureDeveloperCLI
	MethodAzurePowerShell
	MethodEnvironment
	MethodInteractive
	MethodDeviceCode
	MethodPassword
)

// methods has a row for each Method: its name, which is one of the words (see fold), the
// words that mean it with or without one of directoryPrefixes, and those that mean it
// only without. They are the words of Microsoft.Data.SqlClient and the SQL Server drivers
// for JDBC and ODBC, of go-mssqldb's fedauth and of tedious' authentication type, with
// the misspelling ActiveDirectoryServerPrincipal that Service Connector writes, and the
// names of the credentials in the Azure SDKs.
var methods = [...]struct{ name, directory, plain string }{
	MethodDefault:           {"default", "default", "not-specified, default-azure-credential"},
	MethodManagedIdentity:   {"managed-identity", "managed-identity, msi, msi-app-service, msi-vm", "managed-identity-credential, msi-credential"},
	MethodServicePrincipal:  {"service-principal", "service-principal, server-principal, service-principal-secret, service-principal-certificate, application", "client-secret-credential, client-certificate-credential, certificate-credential"},
	MethodWorkloadIdentity:  {"workload-identity", "workload-identity", "workload-identity-credential"},
	MethodAzureCLI:          {"azure-cli", "azure-cli, az-cli", "az, azure-cli-credential"},
	MethodAzureDeveloperCLI: {"azure-developer-cli", "azure-developer-cli, azd", "azure-developer-cli-credential"},
	MethodAzurePowerShell:   {"azure-powershell", "azure-powershell, powershell", "pwsh, azure-powershell-credential"},
	MethodEnvironment:       {"environment", "environment", "environment-credential"},
	MethodInteractive:       {"interactive", "interactive", "interactive-browser-credential"},
	MethodDeviceCode:        {"device-code", "device-code, device-code-flow", "device-code-credential"},
	MethodPassword:          {"password", "", "password, sql-password"},
}

// unsupported are those drivers' words for what this module does not do itself, with a
// prefix or without; a word of methods wins.
const unsupported = `integrated, password, access-token, service-principal-access-token, token-credential,
	on-behalf-of, azure-pipelines, client-assertion, ntlm, username-password-credential, on-behalf-of-credential,
	azure-pipelines-credential, client-assertion-credential, chained-token-credential, shared-token-cache-credential,
	visual-studio-credential, visual-studio-code-credential, intellij-credential, authorization-code-credential, broker-credential,
	interactive-browser-broker-credential`

// instead are the words to write for those that are refused most often.
var instead = map[Method]error{
	methodIntegrated: errors.New("a login as the Windows or domain user is not supported: write ActiveDirectoryDefault, " +
		"which on a developer's machine is the sign-in of az, or ActiveDirectoryInteractive, or pass a credential in Options.Credential"),
	methodDirectoryPassword: errors.New("a Microsoft Entra user's password is not accepted: write ActiveDirectoryServicePrincipal " +
		"for an application, ActiveDirectoryInteractive for a person, or SqlPassword for a database login, or pass a credential in Options.Credential"),
}

// These mark them in methodWords.
const (
	methodUnsupported Method = 255 - iota
	methodIntegrated
	methodDirectoryPassword
)

var directoryPrefixes = []string{"", "active-directory-", "azure-active-directory-"}

var (
	methodWords = newMethodWords()
	errNoMethod = errors.New("unknown authentication method: want " + listMethods() +
		", or one of the ActiveDirectory words for them")
	errUnsupported = errors.New("this authentication method is not built in: pass a credential in Options.Credential")
)

func newMethodWords() map[string]Method {
	words := make(map[string]Method)
	add := func(list string, m Method, prefixes ...string) {
		for _, word := range commaList(list) {
			for _, prefix := range prefixes {
				words[fold(prefix+word)] = m
			}
		}
	}
	add(unsupported, methodUnsupported, directoryPrefixes...)
	add("integrated", methodIntegrated, directoryPrefixes...)
	add("password", methodDirectoryPassword, directoryPrefixes[1:]...)
	add("username-password-credential", methodDirectoryPassword, "")
	for m, row := range methods {
		add(row.directory, Method(m), directoryPrefixes...)
		add(row.plain, Method(m), "")
	}
	return words
}

func listMethods() string {
	var names []string
	for _, row := range methods[MethodDefault:] {
		names = append(names, row.name)
	}
	return strings.Join(names, ", ")
}

// String returns the method's name as [ParseMethod] takes it, "" for MethodUnset.
func (m Method) String() string {
	if int(m) >= len(methods) {
		return "unknown method"
	}
	return methods[m].name
}

// ParseMethod returns the method that a word names, in any case and with or without
// spaces and hyphens: a name as [Method.String] returns it, or a word of a SQL Server
// driver such as "Active Directory Managed Identity", "ActiveDirectoryMsi" or
// "azure-active-directory-default". The empty word is MethodUnset.
//
// The error is a [*ParseError] that does not repeat the word. It lists the known ones,
// or for what this module does not do (such as on-behalf-of) says to pass a credential.
func ParseMethod(word string) (Method, error) {
	m, err := methodOf(word)
	if err != nil {
		return MethodUnset, &ParseError{Key: "authentication", Pos: -1, err: err}
	}
	return m, nil
}

func methodOf(word string) (Method, error) {
	switch m, ok := methodWords[fold(trimBlanks(word))]; {
	case isQuoted(trimBlanks(word)):
		return MethodUnset, errQuoted
	case instead[m] != nil:
		return MethodUnset, instead[m]
	case m == methodUnsupported:
		return MethodUnset, errUnsupported
	case ok || trimBlanks(word) == "":
		return m, nil
	}
	return MethodUnset, errNoMethod
}
