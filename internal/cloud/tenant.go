package cloud

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/azuredb/passwordless/internal/environ"
)

// TenantFromURL returns the tenant in the URL of a token service that a server named. Errors quote no more of it
// than the host.
func (cl Cloud) TenantFromURL(stsURL string) (string, error) {
	u, err := url.Parse(stsURL)
	if err != nil || u.Scheme != "https" || u.Host == "" || strings.ContainsAny(stsURL, `%\?#@`) {
		return "", errors.New("passwordless: the server names no token service: its URL must be https://, a host and a tenant")
	}
	below, ok := cl.serves(u)
	if !ok {
		return "", fmt.Errorf("passwordless: the server names the token service at %.100q, which is not that of %s", u.Host, cl.Authority)
	}
	tenant, _, _ := strings.Cut(below, "/")
	if path.Clean("/"+below) != "/"+strings.TrimSuffix(below, "/") || !isTenant(tenant) {
		return "", errors.New("passwordless: the URL of the token service that the server names holds no tenant's ID or domain")
	}
	return tenant, nil
}

// serves reports whether u is a URL of the connection's authority, and returns what its path has below the
// authority's own. Microsoft's authorities go by several names; any other is only what it is.
func (cl Cloud) serves(u *url.URL) (below string, ok bool) {
	own, err := url.Parse(cl.Authority)
	if err != nil {
		return "", false
	}
	host := strings.TrimSuffix(strings.ToLower(u.Host), ":443")
	if host != strings.TrimSuffix(own.Host, ":443") {
		cloud, _ := authorityOf(cl.Authority)
		other, _ := authorityOf("https://" + host + "/")
		if cloud == "" || other != cloud {
			return "", false
		}
	}
	return strings.CutPrefix(u.Path, own.Path)
}

// isTenant reports whether s names one tenant of Microsoft Entra: its ID, or one of its domains. "common" and its
// like name none.
func isTenant(s string) bool {
	return environ.IsGUID(s) || strings.Contains(s, ".") && s[0] != '*' && validLabels(strings.ToLower(s), labelCharacters)
}
