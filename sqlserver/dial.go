package sqlserver

import (
	"context"
	"errors"
	"net"

	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
)

// maxRedirects is how many servers may send a login on. Azure SQL's gateway does it once.
const maxRedirects = 3

var (
	errBrowser  = errors.New("sqlserver: named instances are not looked up: give the port")
	errRedirect = errors.New("sqlserver: the server redirects the login too often")
	errPlain    = errors.New("sqlserver: a server without TLS redirects the login: the password is not sent on")
)

// HostName makes go-mssqldb leave names to DialContext ([mssql.HostDialer]).
func (l *serverLogin) HostName() string { return "" }

// DialContext makes the connection to the server, or to the next one that a server
// has sent the login on to, which is checked first.
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
	l.conn = newLoginConn(conn, l)
	return l.conn, nil
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

// tokenOfTenant is token for a service principal whose tenant the server, which is
// verified by now, names. The clock of sqlopen.LoginTimeout stops for the token request.
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

// dialer makes a network connection to a host and port.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// newDialer returns the dialer of the options, or one that resolves and dials as
// go-mssqldb does, but within the context.
func newDialer(cfg msdsn.Config, h *connector.Handle, o *passwordless.Options) dialer {
	if o != nil && o.Dial != nil {
		return h.DialContext
	}
	d := &net.Dialer{KeepAlive: cfg.KeepAlive}
	if !cfg.MultiSubnetFailover {
		return d.DialContext
	}
	return everyAddress{d.DialContext, net.DefaultResolver.LookupHost}.dial
}

// everyAddress dials all addresses of a name at once and takes the first that
// answers: an availability group's listener has one in each subnet, and only one does.
type everyAddress struct {
	one    dialer
	lookup func(ctx context.Context, host string) ([]string, error)
}

func (e everyAddress) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addresses, err := e.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	if len(addresses) == 1 {
		return e.one(ctx, network, net.JoinHostPort(addresses[0], port))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	outcomes := make(chan func() (net.Conn, error))
	for _, a := range addresses {
		go func() {
			conn, err := e.one(ctx, network, net.JoinHostPort(a, port))
			outcomes <- func() (net.Conn, error) { return conn, err }
		}()
	}
	var first net.Conn
	var errs []error
	for range addresses { // the others end at once when the first has been found
		switch conn, err := (<-outcomes)(); {
		case err != nil:
			errs = append(errs, err)
		case first != nil:
			_ = conn.Close() // one too many
		default:
			first = conn
			cancel()
		}
	}
	if first != nil {
		return first, nil
	}
	return nil, errors.Join(errs...)
}
