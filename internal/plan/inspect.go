package plan

import (
	"errors"
	"slices"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/credential"
	"github.com/azuredb/passwordless/internal/environ"
	"github.com/azuredb/passwordless/internal/identity"
)

// Inspection is what connector.Open would do with a connection. It holds no secret.
type Inspection struct {
	// Status is the handle's before the first token, but with the Cloud, Scope and Authority of a token for password logins too.
	passwordless.Status

	// Config is what the connection says, before anything is raised, left out or read in another way. The
	// value of its secrets is "***".
	Config dsn.Config

	// ClientID, ObjectID and ResourceID name the identity; at most one is set.
	ClientID, ObjectID, ResourceID string

	// EitherID is set if nothing tells whether an ID is a client ID or an object ID. It is then what Service
	// Connector's pages call it: an ObjectID in a variable of its own, a ClientID in a connection string.
	EitherID bool

	// Secrets are those of "password", "client_secret" and "client_certificate_password" of the identity.
	Secrets []string

	// AssetTag is set if the machine has Azure's chassis asset tag.
	AssetTag bool

	// Probe is set where the first token request finds out whether the host is in Azure. The identity is the
	// one that holds if it is. Otherwise, or if the host has no identity, Developer are used.
	Probe bool

	// Developer are the developer's sign-ins to fall back to, in the order in which they are asked.
	Developer []passwordless.IdentityKind

	// ServerNames are the names that the certificates of Hosts are verified against.
	ServerNames []string

	// Trust says for each of ServerNames whether, and why, a token may be sent to the server. It is empty for
	// password logins, and where that was not decided.
	Trust []string
}

// Inspect returns what connector.Open would do with s, without opening anything. It makes no request and starts no
// program. The error is the one that Open would return: then the Inspection holds what was known by then. Of
// a connection that could not be read in full that is the identity which the rules give for what was read, if
// nothing that tells the identity is missing.
func Inspect(engine dsn.Engine, s string, o *passwordless.Options) (Inspection, error) {
	p, err := newPlan(identity.DetectHost(), engine, s, o)
	id := p.Identity
	if err == nil && id.Token() && !id.LacksTenant() {
		_, err = credential.New(id, p.Cloud, p.Options) // as Open does
	}
	i := Inspection{
		Status: p.Status(id, p.Azure()), Config: withoutSecrets(p.found.Config), ServerNames: p.Servers().VerifiedNames(),
		ClientID: id.ClientID, ObjectID: id.ObjectID, ResourceID: id.ResourceID, EitherID: id.EitherID,
		Secrets: p.secretKeys(), AssetTag: p.Host.AssetTag.Get(), Probe: id.Probe, Developer: slices.Clone(id.Tools),
	}
	if len(id.Tools) > 0 && p.keepsNoUser() && identity.IsManaged(id.Kind) {
		i.Warnings = append(i.Warnings, p.Replaced("if a developer's sign-in answers, the token names the database user", id.Tools[0]))
	}
	if id.EitherID && p.found.Config.Dialect == dsn.DialectSettings {
		i.ObjectID, i.ClientID = i.ClientID, ""
	}
	if i.Cloud == "" {
		// An error here is about the token of a password login, or the one returned.
		cl, _ := cloud.Resolve(engine, i.ServerNames, p.env, p.Options)
		i.Cloud, i.Scope, i.Authority = cl.Name, cl.Scope, cl.Authority
	}
	if p.Trust != nil {
		for _, name := range i.ServerNames {
			i.Trust = append(i.Trust, p.Trust.Explain(name))
		}
	}
	return i, err
}

// identityDespite is the identity of a connection that could not be read in full: see [Inspect]. Service
// Connector keeps whole connection strings in Key Vault only where they hold a password.
func identityDespite(fault error, found environ.Found, env environ.Vars, host identity.HostInfo, o *passwordless.Options) identity.Identity {
	c := found.Config
	inVault := found.Partial && len(c.Hosts) == 0 && errors.Is(fault, environ.ErrUnresolvedKeyVault)
	if found.Partial && !inVault {
		return identity.Identity{}
	}
	if inVault {
		c.Password = present
	}
	id, err := identity.Choose(c, env, host, o)
	if err != nil {
		return identity.Identity{}
	}
	if inVault {
		id.Secret = dsn.Secret{} // it is not there
		id.Why = "Service Connector keeps in Key Vault what holds a password"
	}
	return id
}

// present replaces a secret that is set.
var present = dsn.NewSecret("***")

func withoutSecrets(c dsn.Config) dsn.Config {
	c = c.Clone()
	for _, s := range [...]*dsn.Secret{&c.Password, &c.Identity.ClientSecret, &c.Identity.ClientCertificatePassword} {
		if !s.IsZero() {
			*s = present
		}
	}
	return c
}

// secretKeys lists the identity's secrets; before it is chosen, those that are set.
func (p *Plan) secretKeys() (keys []string) {
	id, c := p.Identity, p.found.Config
	known := func(s dsn.Secret) bool { return !s.IsZero() && environ.CheckResolved(s.Reveal()) == nil }
	for _, s := range [...]struct {
		key   string
		kind  passwordless.IdentityKind
		value dsn.Secret // if the identity is of that kind
		given dsn.Secret // if there is no identity
	}{
		{"password", passwordless.PasswordLogin, id.Secret, c.Password},
		{"client_secret", passwordless.ServicePrincipal, id.Secret, c.Identity.ClientSecret},
		{"client_certificate_password", passwordless.ServicePrincipalCertificate, id.CertificatePassword, c.Identity.ClientCertificatePassword},
	} {
		if id.Kind == s.kind && known(s.value) || id.Kind == 0 && known(s.given) {
			keys = append(keys, s.key)
		}
	}
	return keys
}
