package connector

import (
	"fmt"
	"slices"
	"time"

	"github.com/azuredb/passwordless/dsn"
)

// IdentityKind says as what a connection logs in.
type IdentityKind uint8

// The kinds of identity. All but PasswordLogin log in with a Microsoft Entra token.
const (
	SystemAssigned              IdentityKind = iota + 1 // the host's own managed identity
	UserAssigned                                        // a managed identity named by client, object or resource ID
	ServicePrincipal                                    // an application with a client secret
	ServicePrincipalCertificate                         // an application with a certificate
	WorkloadIdentity                                    // an application that trusts a file written by Kubernetes
	AzureCLI                                            // who is signed in with az
	AzureDeveloperCLI                                   // who is signed in with azd
	AzurePowerShell                                     // who is signed in with Connect-AzAccount
	Interactive                                         // a browser window asks
	DeviceCode                                          // a code to type in a browser elsewhere
	PasswordLogin                                       // no token: the database's own password
	OwnCredential                                       // Options.Credential
)

var kindNames = [...]string{
	SystemAssigned:              "system-assigned managed identity",
	UserAssigned:                "user-assigned managed identity",
	ServicePrincipal:            "service principal",
	ServicePrincipalCertificate: "service principal with certificate",
	WorkloadIdentity:            "workload identity",
	AzureCLI:                    "Azure CLI sign-in",
	AzureDeveloperCLI:           "Azure Developer CLI sign-in",
	AzurePowerShell:             "Azure PowerShell sign-in",
	Interactive:                 "interactive sign-in",
	DeviceCode:                  "device code sign-in",
	PasswordLogin:               "password",
	OwnCredential:               "credential from Options",
}

// String returns the kind in words.
func (k IdentityKind) String() string {
	if k == 0 || int(k) >= len(kindNames) {
		return "unknown identity"
	}
	return kindNames[k]
}

// MarshalText implements [encoding.TextMarshaler], so that JSON holds the words.
func (k IdentityKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// managed reports whether the host's identity endpoint issues the token.
func (k IdentityKind) managed() bool { return k == SystemAssigned || k == UserAssigned }

// developerTool reports whether a program on PATH issues the token.
func (k IdentityKind) developerTool() bool { return slices.Contains(developerTools[:], k) }

// developerTools are in the order in which they are asked.
var developerTools = [...]IdentityKind{AzureCLI, AzureDeveloperCLI, AzurePowerShell}

// interactiveTimeout is what a person gets to sign in.
const interactiveTimeout = 5 * time.Minute

// identity is as whom a connection logs in, and why. It is not modified once
// chosen.
type identity struct {
	kind IdentityKind
	rule string // the name of the rule that chose it
	why  string // one line, for people

	clientID, objectID, resourceID, tenantID string

	// eitherID is set if clientID, of a managed identity, may be its object ID.
	eitherID bool

	secret              dsn.Secret // of a service principal; the password of a password login
	certificateKey      string     // what named the certificate, for errors
	certificatePath     string
	certificatePassword dsn.Secret
	sendChain           bool // send the certificate's chain with it
	tokenFile           string

	// probe is set for a managed identity on a host without markers but with a
	// developer's tools: the first token request finds out whether this is Azure.
	probe bool

	// inAzure is set for a managed identity on a machine that is known to be in
	// Azure, where it is not replaced because the metadata service fails.
	inAzure bool

	// tools are the developer's sign-ins to fall back to, in order.
	tools []IdentityKind

	warnings []string
}

// token reports whether the identity logs in with a token.
func (id identity) token() bool { return id.kind != PasswordLogin }

// replacesUser reports whether the identity is a developer's sign-in that stands
// in for the connection's managed identity, so that the database user is the one
// the token names and not the connection's.
func (id identity) replacesUser() bool { return id.rule == ruleDeveloper && id.kind.developerTool() }

// onDemand reports whether a person must be there for each token, so that none
// is fetched in the background.
func (id identity) onDemand() bool { return id.kind == Interactive || id.kind == DeviceCode }

// String returns the identity's kind and its public identifier, never a secret.
func (id identity) String() string {
	switch {
	case id.kind.developerTool() || id.kind == PasswordLogin || id.kind == OwnCredential:
		return id.kind.String()
	case id.clientID != "":
		return fmt.Sprintf("%s (client ID %s)", id.kind, id.clientID)
	case id.objectID != "":
		return fmt.Sprintf("%s (object ID %s)", id.kind, id.objectID)
	case id.resourceID != "":
		return fmt.Sprintf("%s (resource ID %s)", id.kind, id.resourceID)
	default:
		return id.kind.String()
	}
}
