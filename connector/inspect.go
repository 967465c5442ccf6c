package connector

import (
	"errors"
	"slices"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/environ"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/trust"
)

// Inspection is what [Open] would do with a connection. It holds no secret.
type Inspection struct {
	// Status is that of the handle. Its Cloud, Scope and Authority are set for
	// password logins too: those that a token would be for.
	passwordless.Status

	// Config is what the connection says, before anything is raised, left out or
	// read in another way. Its secrets only tell that they are there: their value is
	// "***".
	Config dsn.Config

	// ClientID, ObjectID and ResourceID name the identity; at most one is set, but
	// for service principals and workload identity it is ClientID.
	ClientID, ObjectID, ResourceID string

	// EitherID is set if nothing tells whether an ID is a client ID or an object ID:
	// the host is asked for the first and, if it knows none such, for the second. It
	// is then what Service Connector's pages call it: an ObjectID in a variable of
	// its own, a ClientID in a connection string.
	EitherID bool

	// Secrets are the keys of what proves the identity, of "password",
	// "client_secret" and "client_certificate_password".
	Secrets []string

	// Probe is set where the first token request finds out whether the host is in
	// Azure, because nothing else tells. The identity is the one that holds if it is.
	// Otherwise, or if the host has no identity, Developer are used.
	Probe bool

	// Developer are the developer's sign-ins to fall back to, in the order in which
	// they are asked.
	Developer []passwordless.IdentityKind

	// ServerNames are the names that the certificates of Hosts are verified against.
	ServerNames []string

	// Trust says for each of ServerNames whether, and why, a token may be sent to the
	// server. It is empty for password logins, and where that was not decided.
	Trust []string
}

// Inspect tells what [Open] would do with s, without opening anything. It makes
// no request and starts no program; it reads what Open reads. The error is the one
// that Open would return: then the Inspection holds what was known by then, and
// the identity that the rules give for that, if they give one.
func Inspect(engine dsn.Engine, s string, o *passwordless.Options) (Inspection, error) {
	h := newHandle(identity.DetectHost(), o)
	env := environ.NewVars(variablesOf(h.o))
	err := h.setUp(engine, s, env)
	defer func() { _ = h.Close() }() // never fails
	h.config.Engine = engine
	if err != nil && h.identity.Kind == 0 {
		h.supposeIdentity(env, err)
	}
	if h.cloud.Name == "" {
		h.cloud = supposeCloud(h.config, env, h.o)
	}
	return h.inspection(), err
}

// inspection describes the handle, which may be unfinished.
func (h *Handle) inspection() Inspection {
	id := h.identity
	i := Inspection{
		Status:      h.Status(),
		Config:      withoutSecrets(h.found.Config),
		ClientID:    id.ClientID,
		ObjectID:    id.ObjectID,
		ResourceID:  id.ResourceID,
		EitherID:    id.EitherID,
		Secrets:     h.secretKeys(),
		Probe:       id.Probe,
		Developer:   slices.Clone(id.Tools),
		ServerNames: trust.VerifiedNames(h.config, h.o),
	}
	if id.EitherID && h.found.Config.Dialect == dsn.DialectSettings {
		i.ObjectID, i.ClientID = i.ClientID, ""
	}
	if h.trust.List != "" { // it was decided
		for _, name := range i.ServerNames {
			i.Trust = append(i.Trust, h.trust.Explain(name))
		}
	}
	return i
}

// supposeIdentity chooses the identity of a connection that has a fault, unless
// the fault hides it.
func (h *Handle) supposeIdentity(env environ.Vars, fault error) {
	c := h.found.Config
	c.Engine = h.config.Engine
	inVault := errors.Is(fault, environ.ErrUnresolvedKeyVault)
	for _, r := range h.found.Unreadable {
		secret := r == environ.RoleString || r == environ.RolePassword
		inUser := r == environ.RoleUser && c.Engine == dsn.SQLServer && c.Identity.Method != dsn.MethodUnset
		switch {
		case secret && inVault:
			c.Password = present
		case r == environ.RoleClientSecret:
			c.Identity.ClientSecret = present // whatever it is
		case secret || r.IsIdentity() || inUser:
			return
		}
	}
	if h.choose(c, env) != nil {
		h.identity = identity.Identity{}
		return
	}
	if h.identity.Secret.Reveal() == present.Reveal() {
		h.identity.Secret = dsn.Secret{} // it is not there
	}
	if h.identity.Kind == passwordless.PasswordLogin && inVault {
		h.identity.Why = "Service Connector keeps in Key Vault what holds a password"
	}
}

// supposeCloud is the cloud of a connection that needs none, or has a fault.
func supposeCloud(c dsn.Config, env environ.Vars, o *passwordless.Options) cloud.Info {
	names := trust.VerifiedNames(c, o)
	cl, err := cloud.Resolve(c.Engine, names, env, o)
	if err != nil { // not what is inspected, or the fault itself
		cl, _ = cloud.Resolve(c.Engine, names[:min(1, len(names))], environ.Vars{}, &passwordless.Options{})
	}
	return cl
}

// present stands for a secret that is there.
var present = dsn.NewSecret("***")

// withoutSecrets returns a copy of c with present in place of its secrets.
func withoutSecrets(c dsn.Config) dsn.Config {
	c = c.Clone()
	for _, s := range [...]*dsn.Secret{&c.Password, &c.Identity.ClientSecret, &c.Identity.ClientCertificatePassword} {
		if !s.IsZero() {
			*s = present
		}
	}
	return c
}

// secretKeys lists what proves the identity; before it is chosen, what there is.
func (h *Handle) secretKeys() (keys []string) {
	id, c := h.identity, h.found.Config
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
		if id.Kind == s.kind && !s.value.IsZero() || id.Kind == 0 && !s.given.IsZero() {
			keys = append(keys, s.key)
		}
	}
	return keys
}
