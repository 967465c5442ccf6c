// Package plan decides what a connection is: where it goes, with which identity, and whether its servers may have
// a token. It makes no request and starts no program.
package plan

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/credential"
	"github.com/azuredb/passwordless/internal/environ"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/trust"
)

// Plan is what was decided for one connection. It is not modified once made.
type Plan struct {
	Config   dsn.Config
	Host     identity.HostInfo
	Identity identity.Identity
	Cloud    cloud.Cloud
	Trust    *trust.Policy // nil for password logins
	TLS      trust.TLS
	Log      *slog.Logger

	Options   *passwordless.Options // private copy, never nil
	UserFixed bool                  // Options.User was set

	Connection, Source string   // see environ.Found
	FoundWarnings      []string // its Warnings

	found     *environ.Found // before the plan is made, and of one that is only inspected
	env       environ.Vars   // likewise
	variables []string       // the names of all that were used, sorted
}

// Make decides for the connection that s names. With an error, the plan holds what was decided by then.
func Make(host identity.HostInfo, engine dsn.Engine, s string, o *passwordless.Options) (*Plan, error) {
	p, err := newPlan(host, engine, s, o)
	p.env, p.found = environ.Vars{}, nil // not needed any more
	return p, err
}

func newPlan(host identity.HostInfo, engine dsn.Engine, s string, o *passwordless.Options) (*Plan, error) {
	p := &Plan{Host: host, Options: new(passwordless.Options)}
	if o != nil {
		*p.Options = *o
		p.Options.RootCAs, p.Options.TrustedHosts = slices.Clone(o.RootCAs), slices.Clone(o.TrustedHosts)
	}
	if p.Options.Environ != nil {
		p.env = environ.NewVars(p.Options.Environ())
	} else {
		p.env = environ.Own()
	}
	found, err := environ.Find(engine, s, p.env)
	p.found, p.Config, p.Connection, p.Source, p.FoundWarnings = &found, found.Config, found.Connection, found.Source, found.Warnings
	p.Config.Engine = engine // also with an error
	if p.Options.User != "" {
		p.Config.User, p.UserFixed = p.Options.User, true
	}
	if err == nil {
		err = p.decide()
	} else {
		p.setIdentity(identityDespite(err, found, p.env, host, p.Options))
	}
	p.variables = slices.Compact(slices.Sorted(slices.Values(slices.Concat(found.Variables, p.env.Used()))))
	return p, err
}

// decide chooses the identity and all that follows from it: the cloud, the servers that may have its token,
// and their TLS.
func (p *Plan) decide() error {
	id, err := p.choose()
	if wrong := p.env.CheckUsed(); wrong != nil {
		return wrong
	}
	if err != nil {
		return err
	}
	p.setIdentity(id)
	token := id.Token()
	if token {
		names := p.Servers().VerifiedNames()
		if p.Cloud, err = cloud.Resolve(p.Config.Engine, names, p.env, p.Options); err != nil {
			return err
		}
		if p.Trust, err = trust.NewPolicy(p.Config.Engine, p.Cloud, p.env, p.Options); err != nil {
			return err
		}
		if err = p.Trust.Check(names...); err != nil && p.lacksPassword(names) {
			return &passwordless.SetupError{Anchor: "untrusted-host", Err: fmt.Errorf(
				"host %q is a local server, and the connection has no password: set it (any, if the server asks for none); tokens are for Azure's servers, and for those listed in Options.TrustedHosts", names[0])}
		} else if err != nil {
			return err
		}
	}
	if p.TLS, err = trust.NewTLS(p.Servers(), p.env, token); err != nil {
		return err
	}
	if p.Log, err = logger(p.env, p.Options); err != nil || !token {
		return err
	}
	if id.LacksTenant() {
		return credential.CheckCredential(id)
	}
	return nil
}

// choose chooses the identity. AZURE_CLIENT_ID counts where the string of the connection leaves it to the environment.
func (p *Plan) choose() (identity.Identity, error) {
	c, ambient := p.found.Config, p.found.Ambient
	if ambient.Why != "" {
		c.Identity = ambient.Identity
	}
	id, err := identity.Choose(c, p.env, p.Host, p.Options)
	switch {
	case err != nil || id.Kind == passwordless.CustomCredential:
	case ambient.Why != "":
		_, _ = p.env.Get(envClientID) // is used
		why := ambient.Why
		if _, host, more := strings.Cut(id.Why, ";"); more {
			why += ";" + host
		}
		id.Why = why
	case id.Kind == passwordless.SystemAssigned && p.env.Has(envClientID):
		id.UnusedClientID = true
		id.Warnings = append(id.Warnings, envClientID+" is set but ignored: if it names this connection's identity, set the connection's CLIENTID (client_id in a connection string)")
	}
	return id, err
}

// lacksPassword reports whether the connection goes to a local server and says nothing of who logs in but a name.
func (p *Plan) lacksPassword(names []string) bool {
	c := p.found.Config
	return p.Options.Credential == nil && c.Password.IsZero() && c.Identity == dsn.Identity{} && cloud.IsLocal(names[0])
}

const envClientID = "AZURE_CLIENT_ID"

// Servers are those of the connection.
func (p *Plan) Servers() trust.Servers { return trust.Servers{Config: p.Config, Options: p.Options} }

// setIdentity makes id the plan's, if it is known.
func (p *Plan) setIdentity(id identity.Identity) {
	p.Identity = id
	if p.Config.Engine == dsn.SQLServer && id.Kind != 0 && id.Token() {
		p.Config.User = "" // what it held of an identity has been read
	}
}

// logger returns the Options' logger, or one to stderr when PASSWORDLESS_LOG asks for it, or a silent one.
func logger(env environ.Vars, o *passwordless.Options) (*slog.Logger, error) {
	if o.Logger != nil {
		return o.Logger, nil
	}
	word, ok := env.Get(envLog)
	if !ok {
		return silent, nil
	}
	level, ok := map[string]slog.Level{"info": slog.LevelInfo, "debug": slog.LevelDebug}[strings.ToLower(word)]
	if !ok {
		return nil, &passwordless.SetupError{Variable: envLog, Err: errors.New("unknown level: want info or debug")}
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})), nil
}

const envLog = "PASSWORDLESS_LOG"

var silent = slog.New(slog.DiscardHandler)
