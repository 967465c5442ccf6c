// Package trust decides which servers may receive a token, and how each server is
// verified.
package trust

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/environ"
)

const envTrustedHosts = "PASSWORDLESS_TRUSTED_HOSTS"

// VerifiedName returns the name that a server's certificate is verified against.
// The name that the connection gives is that of its own hosts: one that a SQL
// Server routes the client to goes by its own.
func VerifiedName(c dsn.Config, o *passwordless.Options, host string) string {
	switch {
	case c.Engine == dsn.SQLServer && !HasHost(c, host):
		return host
	case o.ServerName != "":
		return o.ServerName
	case c.ServerName != "":
		return c.ServerName
	default:
		return host
	}
}

// HasHost reports whether host is one of the connection's.
func HasHost(c dsn.Config, host string) bool {
	return slices.ContainsFunc(c.Hosts, func(h dsn.Host) bool { return cloud.NormalizeHost(h.Name) == cloud.NormalizeHost(host) })
}

// VerifiedNames returns the names for all hosts of c, in order.
func VerifiedNames(c dsn.Config, o *passwordless.Options) []string {
	names := make([]string, len(c.Hosts))
	for i, h := range c.Hosts {
		names[i] = VerifiedName(c, o, h.Name)
	}
	return names
}

// Policy says which servers may have a token.
type Policy struct {
	engine dsn.Engine
	cloud  string
	listed []string // exact names in addition to Azure's suffixes
	list   string   // what lists them
}

// NewPolicy reads the list of trusted hosts.
func NewPolicy(engine dsn.Engine, cl cloud.Cloud, env environ.Vars, o *passwordless.Options) (*Policy, error) {
	listed, key := trustedHosts(env, o)
	for _, host := range listed {
		if strings.HasPrefix(host, "*") || strings.HasPrefix(host, ".") {
			return nil, &passwordless.SetupError{Variable: key, Anchor: "untrusted-host",
				Err: fmt.Errorf("%q is a pattern: trusted hosts are listed by their exact names", host)}
		}
		if strings.Contains(host, ":") && !cloud.IsAddress(host) {
			return nil, &passwordless.SetupError{Variable: key, Anchor: "untrusted-host",
				Err: fmt.Errorf("%q is not a name or an address alone: trusted hosts are listed without port and scheme", host)}
		}
	}
	return &Policy{engine, cl.Name, listed, key}, nil
}

// Check reports an error unless a token may be sent to servers with the given
// verified names: each must be under a suffix that only Azure gives out for the
// engine in the cloud, or be listed by exact name. The address
// that is dialled is ignored: only the verified name says who answers.
func (p *Policy) Check(names ...string) error {
	for _, name := range names {
		if !p.underSuffix(name) && !p.isListed(name) {
			return &passwordless.SetupError{Anchor: "untrusted-host", Err: fmt.Errorf(
				"host %q is not a known %s host in %s: refusing to send the token (add the exact name to Options.TrustedHosts or %s if you trust it)",
				name, engineTitle(p.engine), p.cloud, envTrustedHosts)}
		}
	}
	return nil
}

func (p *Policy) underSuffix(name string) bool {
	e, ok := cloud.SuffixOf(name)
	return ok && e.Engine == p.engine && e.Cloud == p.cloud
}

func (p *Policy) isListed(name string) bool {
	return slices.ContainsFunc(p.listed, func(host string) bool { return cloud.NormalizeHost(host) == cloud.NormalizeHost(name) })
}

// Explain says in words why a server with this verified name may receive a token, or
// that it may not.
func (p *Policy) Explain(name string) string {
	switch {
	case p.underSuffix(name):
		return fmt.Sprintf("%s is a known %s host in %s: it may receive the token", name, engineTitle(p.engine), p.cloud)
	case p.isListed(name):
		return fmt.Sprintf("%s is listed in %s: it may receive the token", name, p.list)
	default:
		return fmt.Sprintf("%s is not trusted: refusing to send the token", name)
	}
}

func trustedHosts(env environ.Vars, o *passwordless.Options) (hosts []string, key string) {
	if o.TrustedHosts != nil {
		return o.TrustedHosts, "Options.TrustedHosts"
	}
	list, _ := env.Get(envTrustedHosts)
	for host := range strings.SplitSeq(list, ",") {
		if host = strings.TrimSpace(host); host != "" {
			hosts = append(hosts, host)
		}
	}
	return hosts, envTrustedHosts
}

func engineTitle(e dsn.Engine) string {
	switch e {
	case dsn.PostgreSQL:
		return "Azure Database for PostgreSQL"
	case dsn.MySQL:
		return "Azure Database for MySQL"
	default:
		return "Azure SQL"
	}
}
