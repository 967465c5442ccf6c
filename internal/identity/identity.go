package identity

import (
	"fmt"
	"slices"
	"time"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
)

// managed reports whether the host's identity endpoint issues the token.
func IsManaged(k passwordless.IdentityKind) bool {
	return k == passwordless.SystemAssigned || k == passwordless.UserAssigned
}

// developerTool reports whether a program on PATH issues the token.
func IsDeveloperTool(k passwordless.IdentityKind) bool { return slices.Contains(developerTools[:], k) }

// developerTools are in the order in which they are asked.
var developerTools = [...]passwordless.IdentityKind{passwordless.AzureCLI, passwordless.AzureDeveloperCLI, passwordless.AzurePowerShell}

// InteractiveTimeout is what a person gets to sign in.
const InteractiveTimeout = 5 * time.Minute

// Identity is what a connection logs in with, and why. It is not modified once
// chosen.
type Identity struct {
	Kind passwordless.IdentityKind
	Rule string // the name of the rule that chose it
	Why  string // one line, for people

	ClientID, ObjectID, ResourceID, TenantID string

	// EitherID is set if clientID, of a managed identity, may be its object ID.
	EitherID bool

	Secret              dsn.Secret // of a service principal; the password of a password login
	CertificateKey      string     // what named the certificate, for errors
	CertificatePath     string
	CertificatePassword dsn.Secret
	SendChain           bool // send the certificate's chain with it
	TokenFile           string

	// Probe is set for a managed identity on a host without markers but with a
	// developer's tools: the first token request finds out whether this is Azure.
	Probe bool

	// InAzure is set for a managed identity on a machine that is known to be in
	// Azure, where it is not replaced because the metadata service fails.
	InAzure bool

	// Tools are the developer's sign-ins to fall back to, in order.
	Tools []passwordless.IdentityKind

	Warnings []string
}

// Token reports whether the identity logs in with a token.
func (id Identity) Token() bool { return id.Kind != passwordless.PasswordLogin }

// ReplacesUser reports whether the identity is a developer's sign-in that stands
// in for the connection's managed identity, so that the database user is the one
// the token names and not the connection's.
func (id Identity) ReplacesUser() bool { return id.Rule == ruleDeveloper && IsDeveloperTool(id.Kind) }

// OnDemand reports whether a person must be there for each token, so that none
// is fetched in the background.
func (id Identity) OnDemand() bool {
	return id.Kind == passwordless.Interactive || id.Kind == passwordless.DeviceCode
}

// String returns the identity's kind and its public identifier, never a secret.
func (id Identity) String() string {
	switch {
	case IsDeveloperTool(id.Kind) || id.Kind == passwordless.PasswordLogin || id.Kind == passwordless.CustomCredential:
		return id.Kind.String()
	case id.ClientID != "":
		return fmt.Sprintf("%s (client ID %s)", id.Kind, id.ClientID)
	case id.ObjectID != "":
		return fmt.Sprintf("%s (object ID %s)", id.Kind, id.ObjectID)
	case id.ResourceID != "":
		return fmt.Sprintf("%s (resource ID %s)", id.Kind, id.ResourceID)
	default:
		return id.Kind.String()
	}
}

// ByObjectID is id with its client ID taken as an object ID. That the host is in
// Azure is known by the time it is asked for.
func (id Identity) ByObjectID() Identity {
	id.ObjectID, id.ClientID, id.EitherID = id.ClientID, "", false
	id.Probe, id.Tools = false, nil
	return id
}

// LacksTenant reports whether id is a service principal whose tenant nothing in
// the configuration names. Only SQL Server's connections are chosen so: a server
// names the tenant when a client logs in.
func (id Identity) LacksTenant() bool {
	return (id.Kind == passwordless.ServicePrincipal || id.Kind == passwordless.ServicePrincipalCertificate) && id.TenantID == ""
}
