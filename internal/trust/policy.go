// Package trust decides which servers may receive a token, and how each server is verified.
package trust

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/environ"
)

const envTrustedHosts = "PASSWORDLESS_TRUSTED_HOSTS"

// Servers are those of one connection, as its configuration and the Options name them.
type Servers struct {
	dsn.Config
	*passwordless.Options
}

// VerifiedName returns the name that a server's certificate is verified against. The name that the
// connection gives is for its own hosts: one that a SQL Server redirects the client to is verified by its name.
func (s Servers) VerifiedName(host string) string {
	if s.Engine == dsn.SQLServer && !s.Has(host) {
		return host
	}
	return cmp.Or(s.Options.ServerName, s.Config.ServerName, host)
}

// Has reports whether host is one of the connection's.
func (s Servers) Has(host string) bool {
	return slices.ContainsFunc(s.Hosts, func(h dsn.Host) bool { return same(h.Name, host) })
}

func same(host, other string) bool { return cloud.NormalizeHost(host) == cloud.NormalizeHost(other) }

// VerifiedNames returns the names for all hosts of the connection, in order.
func (s Servers) VerifiedNames() []string {
	names := make([]string, len(s.Hosts))
	for i, h := range s.Hosts {
		names[i] = s.VerifiedName(h.Name)
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
		var text string
		switch {
		case strings.HasPrefix(host, "*") || strings.HasPrefix(host, "."):
			text = "%q is a pattern: trusted hosts are listed by their exact names"
		case strings.Contains(host, ":") && !cloud.IsAddress(host):
			text = "%q is not a name or an address alone: trusted hosts are listed without port and scheme"
		default:
			continue
		}
		return nil, &passwordless.SetupError{Variable: key, Anchor: "untrusted-host", Err: fmt.Errorf(text, host)}
	}
	return &Policy{engine, cl.Name, listed, key}, nil
}

// Check reports an error unless a token may be sent to servers with the given verified names: each must
// be under a suffix that only Azure gives out for the engine in the cloud, or be listed by exact name.
func (p *Policy) Check(names ...string) error {
	for _, name := range names {
		if !p.underSuffix(name) && !p.isListed(name) {
			return &passwordless.SetupError{Anchor: "untrusted-host", Err: fmt.Errorf(
				"host %q is not a known %s host in %s%s: refusing to send the token (add the exact name to Options.TrustedHosts or %s if you trust it)",
				name, engineTitles[p.engine], p.cloud, p.instead(name), envTrustedHosts)}
		}
	}
	return nil
}

// instead says what was probably meant by a name that is not known.
func (p *Policy) instead(name string) string {
	e, ok := cloud.SuffixOf(name)
	near := cloud.Near(p.engine, name)
	switch {
	case ok && e.Engine != p.engine:
		return fmt.Sprintf(" but one of %s (use the driver for that)", engineTitles[e.Engine])
	case ok:
		return fmt.Sprintf(" but in %s (check Options.Cloud)", e.Cloud)
	case near != "":
		return fmt.Sprintf(" (did you mean %s?)", near)
	}
	return ""
}

func (p *Policy) underSuffix(name string) bool {
	e, ok := cloud.SuffixOf(name)
	return ok && e.Engine == p.engine && e.Cloud == p.cloud
}

func (p *Policy) isListed(name string) bool {
	return slices.ContainsFunc(p.listed, func(host string) bool { return same(host, name) })
}

// Explain says in words why a server with this verified name may receive a token, or that it may not.
func (p *Policy) Explain(name string) string {
	switch {
	case p.underSuffix(name):
		return fmt.Sprintf("%s is a known %s host in %s: it may receive the token", name, engineTitles[p.engine], p.cloud)
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

var engineTitles = map[dsn.Engine]string{
	dsn.PostgreSQL: "Azure Database for PostgreSQL",
	dsn.MySQL:      "Azure Database for MySQL",
	dsn.SQLServer:  "Azure SQL",
}
