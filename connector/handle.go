package connector

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/live"
	"github.com/azuredb/passwordless/internal/plan"
)

// Handle is one connection that was found: where to connect, and with which identity. Make it with [Open].
// All methods may be called by any number of goroutines at once. A Handle that is dropped without Close is
// collected, with everything that belongs to it.
type Handle struct {
	plan *plan.Plan // its identity is the one chosen; identityNow is the one that answered

	account atomic.Pointer[account] // nil for password logins, and while the tenant is not known
	mu      sync.Mutex              // makes changes of the account one at a time
	idle    bool                    // guarded by mu: set by SetActive(false)
	closed  bool                    // guarded by mu

	lastLogin atomic.Pointer[issuedLogin] // with a token; it is the same for each use of the token
	logged    atomic.Uint32               // the IdentityKind that the log knows of
	givenUp   atomic.Pointer[givenUp]     // the latest
}

// Open finds the connection that s names, in one of the forms that the documentation of package passwordless
// lists, and chooses its identity. It reads variables and certificate files but makes no network request: a
// token is first requested by [Handle.Login]. Every error is a [*SetupError], which unwraps to a
// [*dsn.ParseError] where a connection string or a setting is malformed; no text holds a secret.
func Open(engine dsn.Engine, s string, o *passwordless.Options) (*Handle, error) {
	return openOn(identity.DetectHost(), engine, s, o)
}

func openOn(host identity.HostInfo, engine dsn.Engine, s string, o *passwordless.Options) (*Handle, error) {
	p, err := plan.Make(host, engine, s, o)
	if err != nil {
		return nil, err
	}
	h := &Handle{plan: p}
	if id := p.Identity; id.Token() && !id.LacksTenant() {
		if err := h.openAccount(id); err != nil {
			return nil, err
		}
	}
	live.Add(h, func(h *Handle) any { return h.Status() })
	h.logOpened()
	return h, nil
}

// openAs is Open with the database user of a native configuration. It replaces the connection's, unless they are
// equal: then a developer's sign-in may still replace it. Options.User has precedence; an empty user is ignored.
func openAs(engine dsn.Engine, s, user string, o *passwordless.Options) (*Handle, error) {
	h, err := Open(engine, s, o)
	if err != nil || user == "" || user == h.plan.Config.User || h.plan.UserFixed {
		return h, err
	}
	_ = h.Close() // never fails; nothing was started
	own := *h.plan.Options
	own.User = user
	return Open(engine, s, &own)
}

// Build makes a driver's connector of the connection that [Open] finds. A user that a native configuration
// names, if not empty, replaces the connection's, but not Options.User. If build fails the handle is closed.
func Build[C any](engine dsn.Engine, s, user string, o *passwordless.Options, build func(*Handle) (C, error)) (c C, err error) {
	h, err := openAs(engine, s, user, o)
	if err != nil {
		return c, err
	}
	made, err := build(h)
	if err != nil {
		_ = h.Close() // never fails; nothing was started
		return c, err
	}
	return made, nil
}

// BadParameter returns the [*SetupError] for a parameter that the native driver does not take, with a text
// that does not quote the value. An empty key is for parameters that it does not take together.
func BadParameter(key, text string) error {
	return &passwordless.SetupError{Variable: key, Anchor: "parameters", Err: errors.New(text)}
}

// Config returns a copy of what was found: at least one host, each with a port, and the parameters for the
// native driver. User is empty where the token names the user. It holds no secret.
func (h *Handle) Config() dsn.Config {
	c := h.plan.Config.Clone()
	c.Password = dsn.Secret{}
	c.Identity.ClientSecret, c.Identity.ClientCertificatePassword = dsn.Secret{}, dsn.Secret{}
	return c
}

// TLSConfig returns a new TLS configuration for the server at host, which verifies the server's certificate
// in full, chain and name. It is nil only where a password login goes without TLS because the connection says
// so, which holds for its own hosts: any other is an error then. So is a host that [Handle.CheckHost] refuses.
func (h *Handle) TLSConfig(host string) (*tls.Config, error) {
	if err := h.CheckHost(host); err != nil {
		return nil, err
	}
	config := h.plan.TLS.Config(h.plan.Servers().VerifiedName(host))
	switch {
	case config == nil && !h.plan.Servers().Has(host):
		return nil, &passwordless.SetupError{Anchor: "tls-disabled", Err: fmt.Errorf(
			"host %s is not one that the connection names: only those may be reached without TLS", host)}
	case config != nil && (config.InsecureSkipVerify || config.ServerName == ""):
		return nil, &passwordless.SetupError{Err: fmt.Errorf("host %q: its TLS configuration does not verify a name", host)}
	}
	return config, nil
}

// CheckHost returns a [*SetupError] if the server at host must not be sent a token: the name that its
// certificate is verified against is not trusted. It is for a host that a server routes the client to, before
// anything is dialled. For a password login it is always nil.
func (h *Handle) CheckHost(host string) error {
	if !h.plan.Identity.Token() {
		return nil
	}
	return h.plan.Trust.Check(h.plan.Servers().VerifiedName(host))
}

// DialContext makes a network connection with Options.Dial, or else with a [net.Dialer].
func (h *Handle) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if h.plan.Options.Dial != nil {
		return h.plan.Options.Dial(ctx, network, address)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// SetActive says whether the token is to be renewed ahead of need. A handle is opened active; one that
// belongs to a pool without a close hook is made inactive while the pool has no connection.
func (h *Handle) SetActive(active bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.idle = !active
	if a := h.account.Load(); a != nil {
		a.tokens.SetActive(active)
	}
}

// Close stops the renewal ahead of need, and takes the handle out of [Statuses]. A token request or a probe
// of the metadata service that no other handle needs is cancelled. Close may be called any number of times,
// and always returns nil. Login still works afterwards.
func (h *Handle) Close() error {
	live.Remove(h)
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.account.Load(); a != nil && !h.closed {
		a.close()
	}
	h.closed = true
	return nil
}
