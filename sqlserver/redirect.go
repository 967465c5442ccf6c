package sqlserver

import (
	"context"
	"errors"
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
func (l *serverLogin) HostName() string { return "" }

// DialContext makes the connection to the server, or to the next one that a
// server has sent the login on to. It decides whether that one may have the token
// before anything is sent to it.
func (l *serverLogin) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if network != "tcp" {
		return nil, errBrowser
	}
	if l.dials++; l.dials == 1 {
		address = l.address
	} else if err := l.redirect(address); err != nil {
		return nil, err
	}
	l.secured = false
	conn, err := l.dial(ctx, network, address)
	if err != nil {
		return nil, dialError{err}
	}
	l.stops = append(l.stops, context.AfterFunc(l.ctx, func() { _ = conn.Close() }))
	if l.name == "" {
		return conn, nil // a password login that goes without TLS
	}
	return &tlsOnlyConn{Conn: conn, strict: l.strict}, nil
}

// redirect decides whether the login may go on to the server at address, and by
// which name that is verified: its own, unless it is one of the connection's.
func (l *serverLogin) redirect(address string) error {
	switch {
	case l.dials > 1+maxRedirects:
		return errRedirect
	case l.name == "":
		return errPlain
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	config, err := tlsFor(l.handle, host)
	if err != nil {
		return err
	}
	// The one before is closed, so nothing else reads the configuration by now.
	l.tls.ServerName, l.name = config.ServerName, config.ServerName
	return nil
}

// token gives the token to go-mssqldb, which sends it at once.
func (l *serverLogin) token(context.Context) (string, error) {
	if !l.secured {
		return "", errNotTLS
	}
	return l.login.Password.Reveal(), nil
}

// tokenOfTenant is token for a service principal whose tenant the server names:
// the present server is verified by now. The time that the token takes is not
// the login's.
func (l *serverLogin) tokenOfTenant(ctx context.Context, _, stsURL string) (string, error) {
	if !l.secured {
		return "", errNotTLS
	}
	if l.refused = l.handle.LearnTenant(stsURL); l.refused != nil {
		return "", l.refused
	}
	l.pause()
	defer l.resume()
	if l.login, l.refused = l.attempt.Login(l.caller); l.refused != nil {
		return "", l.refused
	}
	return l.token(ctx)
}
