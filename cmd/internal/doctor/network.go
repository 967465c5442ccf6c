package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/cloud"
)

// first returns the connection's first server; a driver tries the others after it.
func (w *walk) first() dsn.Host { return w.plan.Config.Hosts[0] }

// resolve says which addresses the server has.
func (w *walk) resolve(ctx context.Context, s *Step) error {
	host := w.first().Name
	if strings.HasPrefix(host, "/") || cloud.IsAddress(host) {
		return errSkip
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return err
	}
	private := false
	for _, a := range addresses {
		s.add(a.Unmap().String() + kindOf(a.Unmap()))
		private = private || a.Unmap().IsPrivate()
	}
	name, err := net.DefaultResolver.LookupCNAME(ctx, host)
	if name = cloud.NormalizeHost(name); err == nil && name != cloud.NormalizeHost(host) {
		s.add("alias of " + name)
		if strings.Contains(name, "privatelink.") && !private && !addresses[0].IsLoopback() {
			s.warn("the server has a private endpoint, but here its name leads to the public address", "host-not-found",
				"# link the private DNS zone to this virtual network, or allow public access")
		}
	}
	return nil
}

// kindOf says where an address is.
func kindOf(a netip.Addr) string {
	switch {
	case a.IsLoopback():
		return " (this machine)"
	case a.IsPrivate(), a.IsLinkLocalUnicast():
		return " (private)"
	}
	return " (public)"
}

// dial says whether the server's port answers.
func (w *walk) dial(ctx context.Context, s *Step) error {
	conn, err := w.connect(ctx)
	if err != nil {
		return err
	}
	w.address = conn.RemoteAddr().String()
	s.add("connected to " + w.address)
	return conn.Close()
}

func (w *walk) connect(ctx context.Context) (net.Conn, error) {
	h := w.first()
	if strings.HasPrefix(h.Name, "/") {
		return new(net.Dialer).DialContext(ctx, "unix", fmt.Sprintf("%s/.s.PGSQL.%d", h.Name, h.Port))
	}
	return new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(h.Name, strconv.Itoa(int(h.Port))))
}

// handshake makes TLS as a login would, and logs in to nothing.
func (w *walk) handshake(ctx context.Context, s *Step) error {
	config := w.plan.TLS.Config(w.first().Name)
	if config == nil {
		return errSkip
	}
	raw, err := w.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = raw.Close() }() // nothing was asked of it
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	conn, err := startTLS[w.engine](raw)
	if err != nil {
		return fmt.Errorf("before TLS: %w", err)
	}
	secure := tls.Client(conn, config)
	if err = secure.HandshakeContext(ctx); err != nil {
		if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok && len(bad.UnverifiedCertificates) > 0 {
			certificate(s, bad.UnverifiedCertificates[0])
		}
		return err
	}
	state := secure.ConnectionState()
	s.add(tls.VersionName(state.Version))
	certificate(s, state.PeerCertificates[0])
	if chain := state.VerifiedChains[0]; len(chain) > 0 {
		s.add("root " + chain[len(chain)-1].Subject.String())
	}
	if left := time.Until(state.PeerCertificates[0].NotAfter); left < 14*24*time.Hour {
		s.warn(fmt.Sprintf("the server's certificate expires in %d days", int(left.Hours()/24)), "server-certificate")
	}
	return nil
}

// certificate adds what is known of a server's certificate.
func certificate(s *Step, c *x509.Certificate) {
	names := c.DNSNames
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	s.add("certificate for " + strings.Join(names, ", "))
	s.add("issued by " + c.Issuer.String())
	s.add("valid until " + c.NotAfter.UTC().Format(time.RFC3339))
}
