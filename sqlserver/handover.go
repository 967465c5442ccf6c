package sqlserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
)

// maxRedirects is how many servers may send a login on to another. Azure SQL's
// gateway does it once.
const maxRedirects = 3

var (
	errBrowser  = errors.New("sqlserver: named instances are not looked up: give the port")
	errRedirect = errors.New("sqlserver: the server redirects the login too often")
	errPlain    = errors.New("sqlserver: a server without TLS redirects the login: the password is not sent on")
)

// HostName makes go-mssqldb leave the resolving of names to DialContext
// ([mssql.HostDialer]).
func (a *attempt) HostName() string { return "" }

// DialContext makes the connection to the server, or to the next one that a
// server has sent the login on to. It decides whether that one may have the token
// before anything is sent to it.
func (a *attempt) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if network != "tcp" {
		return nil, errBrowser
	}
	if a.dials++; a.dials == 1 {
		address = a.address
	} else if err := a.redirect(address); err != nil {
		return nil, err
	}
	a.secured = false
	conn, err := a.dial(ctx, network, address)
	if err != nil {
		return nil, dialError{err}
	}
	a.armed = append(a.armed, context.AfterFunc(a.ctx, func() { _ = conn.Close() }))
	if a.name == "" {
		return conn, nil // a password login that goes without TLS
	}
	return &gate{Conn: conn, strict: a.strict}, nil
}

// redirect decides whether the login may go on to the server at address, and by
// which name that is verified: its own, unless it is one of the connection's.
func (a *attempt) redirect(address string) error {
	switch {
	case a.dials > 1+maxRedirects:
		return errRedirect
	case a.name == "":
		return errPlain
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	config, err := tlsFor(a.handle, host)
	if err != nil {
		return err
	}
	// The one before is closed, so nothing else reads the configuration by now.
	a.tls.ServerName, a.name = config.ServerName, config.ServerName
	return nil
}

// verified is called by crypto/tls at the end of a handshake, once it has itself
// verified the certificate's chain and name. It looks at the result again, for
// the configuration has been through go-mssqldb's hands.
func (a *attempt) verified(state tls.ConnectionState) error {
	a.refused = a.check(state)
	a.secured = a.refused == nil
	return a.refused
}

var errNotVerified = errors.New("sqlserver: the server's certificate was not verified: nothing is sent that logs in")

func (a *attempt) check(state tls.ConnectionState) error {
	if len(state.VerifiedChains) == 0 {
		return errNotVerified
	}
	if state.VerifiedChains[0][0].VerifyHostname(a.name) != nil {
		return fmt.Errorf("sqlserver: the server's certificate is not for %s: nothing is sent that logs in", a.name)
	}
	return a.handle.CheckHost(a.name)
}

// token hands the token over to go-mssqldb, which sends it at once.
func (a *attempt) token(context.Context) (string, error) {
	if !a.secured {
		return "", errNotTLS
	}
	return a.login.Password.Reveal(), nil
}

// tokenOfTenant is token for a service principal whose tenant the server names:
// the present server is verified by now. The time that the token takes is not
// the login's.
func (a *attempt) tokenOfTenant(ctx context.Context, _, stsURL string) (string, error) {
	if !a.secured {
		return "", errNotTLS
	}
	if a.refused = a.handle.LearnTenant(stsURL); a.refused != nil {
		return "", a.refused
	}
	defer a.pause()()
	if a.login, a.refused = a.handle.Login(a.caller); a.refused != nil {
		return "", a.refused
	}
	return a.token(ctx)
}
