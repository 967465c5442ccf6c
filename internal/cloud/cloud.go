// Package cloud knows Azure's clouds: the suffixes of their hosts, the scopes of tokens
// and the authorities that issue them.
package cloud

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/environ"
)

// Cloud is where a connection's tokens come from and what they are for.
type Cloud struct {
	Name      string // the Azure CLI's name, such as "AzureCloud"
	Scope     string // such as "https://ossrdbms-aad.database.windows.net/.default"
	Authority string // such as "https://login.microsoftonline.com/"

	// Microsoft is whether the authority is one of Microsoft's own. Any other is taken at its word: instance
	// discovery would ask Microsoft about it.
	Microsoft bool
}

type azureCloud struct {
	name      string
	authority string // host of its Microsoft Entra authority
	oss       string // scope of Azure Database for PostgreSQL and for MySQL
	sql       string // scope of the SQL Server family; "" if it is not known
}

// Names, authorities and SQL's suffixes are the Azure CLI's (azure/cli/core/cloud.py); the scopes of PostgreSQL
// and MySQL are those of Spring Cloud Azure's AzureJdbcPasswordlessProperties. AzureGermanCloud is closed, but
// hosts with its suffix still say what they are. AzureBleuCloud is France's: the CLI does not have SQL's audience.
var azureClouds = [...]azureCloud{
	{"AzureCloud", "login.microsoftonline.com", "https://ossrdbms-aad.database.windows.net/.default", "https://database.windows.net/.default"},
	{"AzureUSGovernment", "login.microsoftonline.us", "https://ossrdbms-aad.database.usgovcloudapi.net/.default", "https://database.usgovcloudapi.net/.default"},
	{"AzureChinaCloud", "login.chinacloudapi.cn", "https://ossrdbms-aad.database.chinacloudapi.cn/.default", "https://database.chinacloudapi.cn/.default"},
	{"AzureGermanCloud", "login.microsoftonline.de", "https://ossrdbms-aad.database.cloudapi.de/.default", "https://database.cloudapi.de/.default"},
	{"AzureBleuCloud", "login.sovcloud-identity.fr", "https://ossrdbms-aad.database.sovcloud-api.fr/.default", ""},
}

// moreAuthorities are Microsoft's other authority hosts, by the cloud they serve; "" where it is none of the
// table above. MSAL knows the same ones.
var moreAuthorities = map[string]string{
	"login.microsoft.com":              "AzureCloud",
	"login.windows.net":                "AzureCloud",
	"sts.windows.net":                  "AzureCloud",
	"login.usgovcloudapi.net":          "AzureUSGovernment",
	"login-us.microsoftonline.com":     "AzureUSGovernment",
	"login.partner.microsoftonline.cn": "AzureChinaCloud",
	"login.sovcloud-identity.de":       "",
	"login.sovcloud-identity.sg":       "",
}

// Resolve returns the cloud, the scope and the authority for servers with the given names, which are those their
// certificates are verified against. Names that no suffix covers belong to the cloud of AZURE_AUTHORITY_HOST, or
// else to the public cloud.
func Resolve(engine dsn.Engine, names []string, env environ.Vars, o *passwordless.Options) (Cloud, error) {
	authority, key := o.AuthorityHost, "Options.AuthorityHost"
	if authority == "" {
		authority, _ = env.Get("AZURE_AUTHORITY_HOST")
		key = "AZURE_AUTHORITY_HOST"
	}
	var fallback string
	if authority != "" {
		var err error
		if authority, err = checkAuthority(authority); err != nil {
			return Cloud{}, &passwordless.SetupError{Variable: key, Anchor: "cloud", Err: err}
		}
		fallback, _ = authorityOf(authority)
	}
	cl, scope, err := cloudOf(engine, names, fallback, o)
	if err != nil {
		return Cloud{}, err
	}
	serves, microsoft := cl.name, true
	if authority == "" {
		authority = "https://" + cl.authority + "/"
	} else {
		serves, microsoft = authorityOf(authority)
	}
	found := Cloud{Name: cl.name, Scope: cmp.Or(o.Scope, scope, cl.scopeOf(engine)), Authority: authority, Microsoft: microsoft}
	if found.Scope == "" {
		return Cloud{}, &passwordless.SetupError{Variable: "Options.Scope", Anchor: "cloud", Err: fmt.Errorf(
			"set it: what tokens for %s are for in %s is not known", engine, cl.name)}
	}
	if of := cloudOfScope(found.Scope); microsoft && of != "" && of != serves {
		return Cloud{}, &passwordless.SetupError{Variable: key, Anchor: "cloud", Err: fmt.Errorf(
			"the authority is that of %s, but the token is for %s: remove one setting, or set Options.Cloud or Options.Scope", cmp.Or(serves, "another cloud"), of)}
	}
	return found, nil
}

// cloudOfScope returns the cloud that a scope belongs to, "" if that is not known.
func cloudOfScope(scope string) string {
	if i := slices.IndexFunc(suffixes, func(e Suffix) bool { return e.Scope == scope }); i >= 0 {
		return suffixes[i].Cloud
	}
	u, err := url.Parse(scope)
	for _, e := range suffixes {
		if known, _ := url.Parse(e.Scope); err == nil && e.Scope != "" && strings.EqualFold(u.Host, known.Host) {
			return e.Cloud
		}
	}
	return ""
}

// cloudOf returns the cloud of the names, and their scope if it is not the cloud's.
func cloudOf(engine dsn.Engine, names []string, fallback string, o *passwordless.Options) (azureCloud, string, error) {
	name, scope, from := "", "", ""
	for _, host := range names {
		e, ok := SuffixOf(host)
		if !ok || e.Engine != engine {
			continue
		}
		if name != "" && (e.Cloud != name || e.Scope != scope) {
			return azureCloud{}, "", &passwordless.SetupError{Anchor: "cloud", Err: fmt.Errorf(
				"hosts %s and %s need tokens of different kinds: use one connection for each", from, host)}
		}
		name, scope, from = e.Cloud, e.Scope, host
	}
	if o.Cloud != "" && !strings.EqualFold(o.Cloud, name) {
		name, scope = o.Cloud, ""
	}
	name = cmp.Or(name, fallback, azureClouds[0].name)
	var known []string
	for _, cl := range azureClouds {
		if strings.EqualFold(cl.name, name) {
			return cl, scope, nil
		}
		known = append(known, cl.name)
	}
	last := len(known) - 1
	return azureCloud{}, "", &passwordless.SetupError{Variable: "Options.Cloud", Anchor: "cloud",
		Err: fmt.Errorf("unknown cloud: want %s or %s", strings.Join(known[:last], ", "), known[last])}
}

func (cl azureCloud) scopeOf(engine dsn.Engine) string {
	if engine == dsn.SQLServer {
		return cl.sql
	}
	return cl.oss
}

// checkAuthority returns the authority in the form that azidentity takes: https, with one slash at its end.
// Errors do not quote it.
func checkAuthority(s string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	switch {
	case err != nil || u.Host == "":
		return "", errors.New("not a URL such as https://login.microsoftonline.com/")
	case u.Scheme != "https":
		return "", errors.New("must begin with https://")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("must be only https:// and a host, such as https://login.microsoftonline.com/")
	}
	return "https://" + strings.ToLower(u.Host) + strings.TrimRight(u.EscapedPath(), "/") + "/", nil
}

// authorityOf returns the cloud that an authority serves, and whether it is Microsoft's.
func authorityOf(authority string) (cloud string, microsoft bool) {
	u, err := url.Parse(authority)
	if err != nil {
		return "", false
	}
	for _, cl := range azureClouds {
		if cl.authority == u.Host {
			return cl.name, true
		}
	}
	cloud, microsoft = moreAuthorities[u.Host]
	return cloud, microsoft
}

// NormalizeHost returns a host name or address in the form that names are compared in: lower case, without
// brackets and without the final dot.
func NormalizeHost(host string) string {
	if ip, ok := address(host); ok {
		return ip.Unmap().String()
	}
	host = withoutBrackets(host)
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// IsAddress reports whether host is an IP address, with or without brackets.
func IsAddress(host string) bool {
	_, ok := address(host)
	return ok
}

// address parses host if it may be an address: a name has no colon and does not end in a digit.
func address(host string) (netip.Addr, bool) {
	host = withoutBrackets(host)
	if host == "" || !strings.Contains(host, ":") && !isDigit(host[len(host)-1]) {
		return netip.Addr{}, false // at no cost: errors have one
	}
	ip, err := netip.ParseAddr(host)
	return ip, err == nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func withoutBrackets(host string) string {
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}
