package dsn

import (
	"errors"
	"strings"
)

// Method is the kind of identity that a connection string asks for by word, as
// in Authentication=ActiveDirectoryManagedIdentity.
type Method uint8

// The methods. MethodDefault is what "ActiveDirectoryDefault" and its relatives
// mean: no choice is made by the word. MethodPassword is a database password.
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

// methods says for each Method its name, the words that mean it with or without
// one of the prefixes in directoryPrefixes, and the words that mean it only
// without. All words but the names are folded.
//
// The words are those of Microsoft.Data.SqlClient and the SQL Server drivers for
// JDBC and ODBC, of go-mssqldb's fedauth and of tedious' authentication type,
// with the misspelling ActiveDirectoryServerPrincipal that Service Connector
// writes.
var methods = [...]struct {
	name      string
	directory string
	plain     string
}{
	MethodUnset:             {"", "", ""},
	MethodDefault:           {"default", "default", "notspecified"},
	MethodManagedIdentity:   {"managed-identity", "managedidentity msi msiappservice msivm", ""},
	MethodServicePrincipal:  {"service-principal", "serviceprincipal serverprincipal serviceprincipalsecret serviceprincipalcertificate application", ""},
	MethodWorkloadIdentity:  {"workload-identity", "workloadidentity", ""},
	MethodAzureCLI:          {"azure-cli", "azcli azurecli", "az"},
	MethodAzureDeveloperCLI: {"azure-developer-cli", "azuredevelopercli azd", ""},
	MethodAzurePowerShell:   {"azure-powershell", "azurepowershell powershell", "pwsh"},
	MethodEnvironment:       {"environment", "environment", ""},
	MethodInteractive:       {"interactive", "interactive", ""},
	MethodDeviceCode:        {"device-code", "devicecode devicecodeflow", ""},
	MethodPassword:          {"password", "", "password sqlpassword"},
}

// directoryPrefixes stand before a word in the SQL Server dialects; the first of
// them is no prefix at all.
var directoryPrefixes = []string{"", "activedirectory", "azureactivedirectory"}

// unsupported are words of those drivers for what this module does not do
// itself, with the prefix or without it.
const unsupported = "integrated password accesstoken serviceprincipalaccesstoken tokencredential onbehalfof azurepipelines clientassertion ntlm"

// methodUnsupported marks the unsupported words in methodWords.
const methodUnsupported Method = 255

var (
	methodWords = foldMethods()

	errNoMethod = errors.New("unknown authentication word: want " + listMethods() +
		", or one of the ActiveDirectory words for them")
	errUnbuilt = errors.New("this kind of authentication is not built in: pass a credential in Options.Credential")
)

func foldMethods() map[string]Method {
	words := make(map[string]Method)
	add := func(list string, m Method, prefixes ...string) {
		for _, w := range strings.Fields(list) {
			for _, p := range prefixes {
				words[p+w] = m
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

// ParseMethod returns the method that a word asks for, in any case and with or
// without spaces and hyphens: a name as [Method.String] returns it, or a word of
// a SQL Server driver such as "Active Directory Managed Identity",
// "ActiveDirectoryMsi" or "azure-active-directory-default". The empty word is
// MethodUnset.
//
// A word for something this module does not do (integrated, a password given to
// Entra, a ready token, on-behalf-of, pipelines, client assertion) is an error
// that says to pass a credential; any other word is an error that lists the
// known ones. The error is a [*ParseError] and does not repeat the word.
func ParseMethod(word string) (Method, error) {
	m, err := methodOf(word)
	if err != nil {
		return MethodUnset, &ParseError{Key: "authentication", Pos: -1, Err: err}
	}
	return m, nil
}

func methodOf(word string) (Method, error) {
	switch m, ok := methodWords[fold(trimBlanks(word))]; {
	case ok && m == methodUnsupported:
		return MethodUnset, errUnbuilt
	case ok:
		return m, nil
	case trimBlanks(word) == "":
		return MethodUnset, nil
	}
	return MethodUnset, errNoMethod
}
