package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/cloud"
)

// each makes a probe of every server that has passed the probes before: a driver tries them in this order. It fails
// if all fail; if some do, the step is a warning.
func (w *walk) each(ctx context.Context, s *Step, probe func(context.Context, dsn.Host, *Step) error) error {
	steps, errs := make([]Step, len(w.servers)), make([]error, len(w.servers))
	var all sync.WaitGroup
	for i, h := range w.servers {
		all.Go(func() { errs[i] = probe(ctx, h, &steps[i]) })
	}
	all.Wait()
	if !slices.ContainsFunc(errs, func(err error) bool { return !errors.Is(err, errSkip) }) {
		return errSkip
	}
	var passed []dsn.Host
	var failed error
	for i, h := range w.servers {
		prefix := ""
		if len(w.plan.Config.Hosts) > 1 {
			prefix = h.String() + ": "
		}
		for _, fact := range steps[i].Facts {
			s.add(prefix + fact)
		}
		if warned := steps[i]; warned.State == Warning {
			s.State, s.Cause, s.Fix, s.Section = Warning, prefix+warned.Cause, warned.Fix, warned.Section
		}
		switch err := errs[i]; {
		case err == nil, errors.Is(err, errSkip):
			passed = append(passed, h)
		default:
			if failed == nil {
				failed, w.server, s.Fix = err, h, steps[i].Fix
			}
			if prefix != "" {
				s.add(prefix + err.Error())
			}
		}
	}
	if len(passed) == 0 {
		return failed
	}
	w.servers = passed
	if failed != nil {
		w.explain(failed, s)
		s.State = Warning
	}
	return nil
}

// resolve says which addresses a server has.
func resolve(ctx context.Context, h dsn.Host, s *Step) error {
	host := h.Name
	if strings.HasPrefix(host, "/") || cloud.IsAddress(host) {
		return errSkip
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	alias, _ := net.DefaultResolver.LookupCNAME(ctx, host) // "" if there is none
	if alias = cloud.NormalizeHost(alias); alias == cloud.NormalizeHost(host) {
		alias = ""
	}
	inside := slices.ContainsFunc(addresses, func(a netip.Addr) bool { return isInside(a.Unmap()) })
	for _, a := range addresses {
		s.add(a.Unmap().String() + kindOf(a.Unmap()))
	}
	if alias != "" {
		s.add("alias of " + alias)
	}
	switch private := strings.Contains(alias, "privatelink."); {
	case private && err != nil:
		s.Fix = privateZone
	case private && !inside:
		s.warn("the server has a private endpoint, but here its name leads to the public address", "host-not-found", privateZone...)
	}
	return err
}

// privateZone is what a network needs to resolve a server with a private endpoint.
var privateZone = []string{"# link the server's private DNS zone to this virtual network, or allow public access"}

func isInside(a netip.Addr) bool { return a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() }

// kindOf says where an address is.
func kindOf(a netip.Addr) string {
	switch {
	case a.IsLoopback():
		return " (this machine)"
	case isInside(a):
		return " (private)"
	}
	return " (public)"
}

// dial says whether a server's port answers.
func dial(ctx context.Context, h dsn.Host, s *Step) error {
	conn, err := connect(ctx, h)
	if err != nil {
		return err
	}
	s.add("connected to " + conn.RemoteAddr().String())
	return conn.Close()
}

func connect(ctx context.Context, h dsn.Host) (net.Conn, error) {
	if strings.HasPrefix(h.Name, "/") {
		return new(net.Dialer).DialContext(ctx, "unix", fmt.Sprintf("%s/.s.PGSQL.%d", h.Name, h.Port))
	}
	return new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(h.Name, strconv.Itoa(int(h.Port))))
}

// handshake makes TLS as a login would, and logs in to nothing.
func (w *walk) handshake(ctx context.Context, h dsn.Host, s *Step) error {
	config := w.plan.TLS.Config(w.plan.Servers().VerifiedName(h.Name))
	if config == nil {
		return errSkip
	}
	raw, err := connect(ctx, h)
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
		s.warn(fmt.Sprintf("the server's certificate expires in %d days", int(left.Hours()/24)), "server-certificate", "# renew it, or find out why that is not done by itself")
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
