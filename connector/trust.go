package connector

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azuredb/passwordless/dsn"
)

const envTrustedHosts = "PASSWORDLESS_TRUSTED_HOSTS"

// verifiedName returns the name that a server's certificate is verified against.
// The name that the connection gives is that of its own hosts: one that a SQL
// Server routes the client to goes by its own.
func verifiedName(c dsn.Config, o *Options, host string) string {
	switch {
	case c.Engine == dsn.SQLServer && !hasHost(c, host):
		return host
	case o.ServerName != "":
		return o.ServerName
	case c.ServerName != "":
		return c.ServerName
	default:
		return host
	}
}

// hasHost reports whether host is one of the connection's.
func hasHost(c dsn.Config, host string) bool {
	return slices.ContainsFunc(c.Hosts, func(h dsn.Host) bool { return normalHost(h.Name) == normalHost(host) })
}

// verifiedNames returns the names for all hosts of c, in order.
func verifiedNames(c dsn.Config, o *Options) []string {
	names := make([]string, len(c.Hosts))
	for i, h := range c.Hosts {
		names[i] = verifiedName(c, o, h.Name)
	}
	return names
}

// trust says which servers may have a token.
type trust struct {
	engine dsn.Engine
	cloud  string
	listed []string // exact names beside Azure's suffixes
	list   string   // what lists them
}

// newTrust reads the list of trusted hosts.
func newTrust(engine dsn.Engine, cl cloudInfo, env variables, o *Options) (trust, error) {
	listed, key := trustedHosts(env, o)
	for _, host := range listed {
		if strings.HasPrefix(host, "*") || strings.HasPrefix(host, ".") {
			return trust{}, &SetupError{Variable: key, Anchor: "untrusted-host",
				Err: fmt.Errorf("%q is a pattern: trusted hosts are listed by their exact names", host)}
		}
		if strings.Contains(host, ":") && !isAddress(host) {
			return trust{}, &SetupError{Variable: key, Anchor: "untrusted-host",
				Err: fmt.Errorf("%q is not a name or an address alone: trusted hosts are listed without port and scheme", host)}
		}
	}
	return trust{engine: engine, cloud: cl.name, listed: listed, list: key}, nil
}

// check reports an error unless a token may be sent to servers with the given
// verified names: each must be under a suffix that only Azure gives out for the
// engine in the cloud, or be listed by exact name. What is dialled does not
// count: only the verified name says who answers.
func (t trust) check(names ...string) error {
	for _, name := range names {
		if !t.azures(name) && !t.lists(name) {
			return &SetupError{Anchor: "untrusted-host", Err: fmt.Errorf(
				"host %q is not one of %s's names in %s, so it gets no token: if it is yours, list this exact name in Options.TrustedHosts or %s",
				name, engineTitle(t.engine), t.cloud, envTrustedHosts)}
		}
	}
	return nil
}

// azures reports whether name is under a suffix of Azure's for the engine and the
// cloud.
func (t trust) azures(name string) bool {
	e, ok := endpointOf(name)
	return ok && e.engine == t.engine && e.cloud == t.cloud
}

// lists reports whether name is among the names that were listed.
func (t trust) lists(name string) bool {
	return slices.ContainsFunc(t.listed, func(host string) bool { return normalHost(host) == normalHost(name) })
}

// explain says in words why a server with this verified name may have a token, or
// that it may not.
func (t trust) explain(name string) string {
	switch {
	case t.azures(name):
		return fmt.Sprintf("%s is one of %s's names in %s, so it may have the token", name, engineTitle(t.engine), t.cloud)
	case t.lists(name):
		return fmt.Sprintf("%s is listed in %s, so it may have the token", name, t.list)
	default:
		return fmt.Sprintf("%s is not trusted, so it gets no token", name)
	}
}

// trustedHosts returns the hosts that were listed, and the name of the list.
func trustedHosts(env variables, o *Options) (hosts []string, key string) {
	if o.TrustedHosts != nil {
		return o.TrustedHosts, "Options.TrustedHosts"
	}
	list, _ := env.get(envTrustedHosts)
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
