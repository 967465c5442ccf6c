package identity

import (
	"fmt"
	"slices"
	"time"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
)

// IsManaged reports whether the host's identity endpoint issues the token.
func IsManaged(k passwordless.IdentityKind) bool {
	return k == passwordless.SystemAssigned || k == passwordless.UserAssigned
}

// IsDeveloperTool reports whether a program on PATH issues the token.
func IsDeveloperTool(k passwordless.IdentityKind) bool { return slices.Contains(developerTools[:], k) }

// developerTools are in the order in which they are asked.
var developerTools = [...]passwordless.IdentityKind{passwordless.AzureCLI, passwordless.AzureDeveloperCLI, passwordless.AzurePowerShell}

// InteractiveTimeout is what a person gets to sign in.
const InteractiveTimeout = 5 * time.Minute

// Identity is what a connection logs in with, and why. It is not modified once chosen.
type Identity struct {
	Kind passwordless.IdentityKind
	Rule string // the name of the rule that chose it
	Why  string // one line, for people

	ClientID, ObjectID, ResourceID, TenantID string

	EitherID bool // ClientID, of a managed identity, may be its object ID

	Secret              dsn.Secret // of a service principal; the password of a password login
	CertificateKey      string     // what named the certificate, for errors
	CertificatePath     string
	CertificatePassword dsn.Secret
	SendChain           bool // send the certificate's chain with it
	TokenFile           string
	InPod               bool // of a workload identity: Kubernetes writes the file
	Ambient             bool // the environment's: its IDs and secret are in the variables of the SDKs

	Probe    bool                        // of a managed identity: the first token request finds out whether this is Azure
	InAzure  bool                        // of a managed identity: that is known, so a failing metadata service is an error
	Tools    []passwordless.IdentityKind // the developer's sign-ins to fall back to, in order
	OnPath   []passwordless.IdentityKind // of a managed identity on a machine that may be in Azure: the tools it has
	Warnings []string

	UnusedClientID bool // of the system-assigned identity: AZURE_CLIENT_ID is set
}

// Token reports whether the identity logs in with a token.
func (id Identity) Token() bool { return id.Kind != passwordless.PasswordLogin }

// ReplacesUser reports whether the identity is a developer's sign-in in place of a managed identity: the
// token then names the database user, and not the connection.
func (id Identity) ReplacesUser() bool { return id.Rule == ruleDeveloper && IsDeveloperTool(id.Kind) }

// OnDemand reports whether a person must be there for each token: none is fetched in the background.
func (id Identity) OnDemand() bool {
	return id.Kind == passwordless.Interactive || id.Kind == passwordless.DeviceCode
}

// String returns the identity's kind and its public identifier, never a secret.
func (id Identity) String() string {
	public := !IsDeveloperTool(id.Kind) && id.Kind != passwordless.PasswordLogin && id.Kind != passwordless.CustomCredential
	for _, v := range [...][2]string{{"client", id.ClientID}, {"object", id.ObjectID}, {"resource", id.ResourceID}} {
		if public && v[1] != "" {
			return fmt.Sprintf("%s (%s ID %s)", id.Kind, v[0], v[1])
		}
	}
	return id.Kind.String()
}

// ByObjectID is id with its client ID taken as an object ID. By then it is known that this is Azure.
func (id Identity) ByObjectID() Identity {
	id.ObjectID, id.ClientID, id.EitherID, id.Probe, id.Tools = id.ClientID, "", false, false, nil
	return id
}

// LacksTenant reports whether id is a service principal whose tenant nothing names: a SQL Server does,
// when a client logs in.
func (id Identity) LacksTenant() bool {
	return (id.Kind == passwordless.ServicePrincipal || id.Kind == passwordless.ServicePrincipalCertificate) && id.TenantID == ""
}
