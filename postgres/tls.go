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
)

// secure decides, before a token is asked for, that every host of cc may have it,
// and gives each the library's TLS. The fallbacks without TLS that pgx's parser
// makes go, and what cc said about TLS, channel binding and authentication.
func secure(cc *pgx.ConnConfig, h *connector.Handle) error {
	hosts := hostsOf(cc)
	for _, host := range hosts {
		config, err := h.TLSConfig(host.Host)
		if err != nil {
			return err
		}
		if config != nil && cc.SSLNegotiation == "direct" {
			config.NextProtos = []string{"postgresql"} // what a server asks for that takes TLS without a request before it
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

// hostsOf lists the servers of cc in order, each once: pgx's parser writes a host
// twice for sslmode=prefer, with TLS and without.
func hostsOf(cc *pgx.ConnConfig) []*pgconn.FallbackConfig {
	hosts := []*pgconn.FallbackConfig{{Host: cc.Host, Port: cc.Port}}
	for _, f := range cc.Fallbacks {
		if !slices.ContainsFunc(hosts, func(h *pgconn.FallbackConfig) bool { return sameServer(h, f) }) {
			hosts = append(hosts, &pgconn.FallbackConfig{Host: f.Host, Port: f.Port})
		}
	}
	return hosts
}

// tlsOnly checks each network connection before pgx sends anything to the server.
type tlsOnly struct {
	names []string // that the server's certificate may be verified against
	plain bool     // a connection without TLS may pass
	next  func(context.Context, *pgconn.Config, net.Conn) (net.Conn, error)
}

// check finishes the TLS handshake, which pgx would leave to the first write, and
// looks at its result. It always returns a connection: pgx closes it.
func (o tlsOnly) check(ctx context.Context, config *pgconn.Config, conn net.Conn) (net.Conn, error) {
	if err := o.verify(ctx, conn); err != nil {
		return conn, err
	}
	if o.next == nil {
		return conn, nil
	}
	wrapped, err := o.next(ctx, config, conn)
	if wrapped == nil {
		wrapped = conn
	}
	return wrapped, err
}

var (
	errNotTLS      = errors.New("postgres: the connection is not TLS: refusing to log in")
	errNotVerified = errors.New("postgres: the server's certificate was not verified: refusing to log in")
)

func (o tlsOnly) verify(ctx context.Context, conn net.Conn) error {
	secured, ok := conn.(*tls.Conn)
	if !ok {
		if o.plain {
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
	for _, name := range o.names {
		if chains[0][0].VerifyHostname(name) == nil {
			return nil
		}
	}
	return fmt.Errorf("postgres: the server's certificate is not for %s: refusing to log in", strings.Join(o.names, " or "))
}
