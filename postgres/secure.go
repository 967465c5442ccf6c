package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
)

// tokenAuth is the RequireAuth of token logins: a server may ask for the password
// in clear text, over the TLS that this package sees to, and for nothing else.
const tokenAuth = "password"

// secure decides, before a token is asked for, that every host of cc may have
// it: each is trusted and gets TLS of the library's own, and the fallbacks
// without TLS that pgx's parser makes are gone. What cc said about TLS, channel
// binding and methods of authentication is overwritten.
func secure(cc *pgx.ConnConfig, h *connector.Handle) error {
	hosts := hostsOf(cc)
	for _, host := range hosts {
		config, err := tlsFor(h, host.Host, cc.SSLNegotiation)
		if err != nil {
			return err
		}
		host.TLSConfig = config
	}
	cc.Host, cc.Port, cc.TLSConfig = hosts[0].Host, hosts[0].Port, hosts[0].TLSConfig
	cc.Fallbacks = hosts[1:]
	cc.ChannelBinding = "prefer" // "require" would refuse every password in clear text, which a token is
	cc.RequireAuth = ""
	if slices.ContainsFunc(hosts, func(f *pgconn.FallbackConfig) bool { return f.TLSConfig == nil }) {
		cc.RequireAuth = "!password,!oauth" // nothing in clear text without TLS
	}
	cc.Password = ""
	return nil
}

// hostsOf lists the servers of cc in order, each once: pgx's parser writes a
// host twice for sslmode=prefer, with TLS and without.
func hostsOf(cc *pgx.ConnConfig) []*pgconn.FallbackConfig {
	hosts := []*pgconn.FallbackConfig{{Host: cc.Host, Port: cc.Port}}
	for _, f := range cc.Fallbacks {
		if !slices.ContainsFunc(hosts, func(h *pgconn.FallbackConfig) bool { return h.Host == f.Host && h.Port == f.Port }) {
			hosts = append(hosts, &pgconn.FallbackConfig{Host: f.Host, Port: f.Port})
		}
	}
	return hosts
}

// tlsFor returns the TLS configuration for a host; nil where a password login
// goes without TLS, which only the connection's own hosts may.
func tlsFor(h *connector.Handle, host, negotiation string) (*tls.Config, error) {
	config, err := h.TLSConfig(host)
	switch {
	case err != nil:
		return nil, err
	case config == nil && !slices.ContainsFunc(h.Config().Hosts, func(own dsn.Host) bool { return own.Name == host }):
		return nil, fmt.Errorf("postgres: host %s: only hosts that the connection itself names may be reached without TLS", host)
	case config == nil:
		return nil, nil
	}
	if config.InsecureSkipVerify || config.ServerName == "" {
		return nil, fmt.Errorf("postgres: host %s: its TLS configuration does not verify a name", host)
	}
	if negotiation == "direct" {
		config.NextProtos = []string{"postgresql"} // what a server asks for that takes TLS without a request before it
	}
	return config, nil
}

// admit puts one login into cc, which secure has been through, and arms the
// check of the connection that the login goes over.
func admit(cc *pgx.ConnConfig, l connector.Login) {
	cc.User, cc.Password = l.User, l.Password.Reveal()
	if l.IsToken {
		cc.RequireAuth = tokenAuth
	}
	g := gate{next: cc.AfterNetConnect}
	for _, host := range append(cc.Fallbacks, &pgconn.FallbackConfig{TLSConfig: cc.TLSConfig}) {
		if host.TLSConfig == nil {
			g.plain = !l.IsToken
			continue
		}
		g.names = append(g.names, host.TLSConfig.ServerName)
	}
	cc.AfterNetConnect = g.check
}

// gate is the check at the place where the password is handed over: pgx calls it
// with each network connection before it says anything to the server.
type gate struct {
	names []string // that the server's certificate may be verified against
	plain bool     // a connection without TLS may pass
	next  func(context.Context, *pgconn.Config, net.Conn) (net.Conn, error)
}

// check finishes the TLS handshake, which pgx would leave to the first write,
// and looks at its result. It always returns a connection, for pgx closes it.
func (g gate) check(ctx context.Context, config *pgconn.Config, conn net.Conn) (net.Conn, error) {
	if err := g.verify(ctx, conn); err != nil {
		return conn, err
	}
	if g.next == nil {
		return conn, nil
	}
	wrapped, err := g.next(ctx, config, conn)
	if wrapped == nil {
		wrapped = conn
	}
	return wrapped, err
}

var (
	errNotTLS      = errors.New("postgres: the connection is not TLS: no token is sent")
	errNotVerified = errors.New("postgres: the server's certificate was not verified: no token is sent")
)

func (g gate) verify(ctx context.Context, conn net.Conn) error {
	secured, ok := conn.(*tls.Conn)
	if !ok {
		if g.plain {
			return nil
		}
		return errNotTLS
	}
	if err := secured.HandshakeContext(ctx); err != nil {
		return err
	}
	chains := secured.ConnectionState().VerifiedChains
	if len(chains) == 0 {
		return errNotVerified
	}
	for _, name := range g.names {
		if chains[0][0].VerifyHostname(name) == nil {
			return nil
		}
	}
	return fmt.Errorf("postgres: the server's certificate is not for %s: no token is sent", strings.Join(g.names, " or "))
}
