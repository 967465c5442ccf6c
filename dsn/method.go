package dsn

import (
	"errors"
	"strings"
)

// Method is the authentication method that a connection string names, as in
// Authentication=ActiveDirectoryManagedIdentity.
type Method uint8

// The methods. MethodDefault is what "ActiveDirectoryDefault" and similar words
// mean: the choice is left open. MethodPassword is a database password.
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

// methods has a row for each Method: its name, the words that mean it with or
// without one of the prefixes in directoryPrefixes, and the words that mean it only
// without. The name is one of the words. How words are written does not matter, see
// fold.
//
// The words are those of Microsoft.Data.SqlClient and the SQL Server drivers for
// JDBC and ODBC, of go-mssqldb's fedauth and of tedious' authentication type,
// with the misspelling ActiveDirectoryServerPrincipal that Service Connector
// writes.
var methods = [...]struct{ name, directory, plain string }{
	MethodUnset:             {},
	MethodDefault:           {"default", "default", "not-specified"},
	MethodManagedIdentity:   {"managed-identity", "managed-identity, msi, msi-app-service, msi-vm", ""},
	MethodServicePrincipal:  {"service-principal", "service-principal, server-principal, service-principal-secret, service-principal-certificate, application", ""},
	MethodWorkloadIdentity:  {"workload-identity", "workload-identity", ""},
	MethodAzureCLI:          {"azure-cli", "azure-cli, az-cli", "az"},
	MethodAzureDeveloperCLI: {"azure-developer-cli", "azure-developer-cli, azd", ""},
	MethodAzurePowerShell:   {"azure-powershell", "azure-powershell, powershell", "pwsh"},
	MethodEnvironment:       {"environment", "environment", ""},
	MethodInteractive:       {"interactive", "interactive", ""},
	MethodDeviceCode:        {"device-code", "device-code, device-code-flow", ""},
	MethodPassword:          {"password", "", "password, sql-password"},
}

// unsupported are words of those drivers for what this module does not do itself,
// with a prefix or without; a word of methods wins.
const unsupported = `integrated, password, access-token, service-principal-access-token, token-credential,
	on-behalf-of, azure-pipelines, client-assertion, ntlm`

// methodUnsupported marks them in methodWords.
const methodUnsupported Method = 255

// directoryPrefixes stand before a word in the SQL Server dialects; the first of
// them is no prefix at all.
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
// spaces and hyphens: a name as [Method.String] returns it, or a word of
// a SQL Server driver such as "Active Directory Managed Identity",
// "ActiveDirectoryMsi" or "azure-active-directory-default". The empty word is
// MethodUnset.
//
// A word for something this module does not do (integrated, a password given to
// Entra, an access token, on-behalf-of, pipelines, client assertion) is an error
// that says to pass a credential; any other word is an error that lists the
// known ones. The error is a [*ParseError] and does not repeat the word.
func ParseMethod(word string) (Method, error) {
	m, err := methodOf(word)
	if err != nil {
		return MethodUnset, &ParseError{Key: "authentication", Pos: -1, err: err}
	}
	return m, nil
}

func methodOf(word string) (Method, error) {
	switch m, ok := methodWords[fold(trimBlanks(word))]; {
	case m == methodUnsupported:
		return MethodUnset, errUnsupported
	case ok:
		return m, nil
	case trimBlanks(word) == "":
		return MethodUnset, nil
	}
	return MethodUnset, errNoMethod
}
