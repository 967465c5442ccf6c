package environ

import (
	"cmp"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
)

// mergeIdentity adds the identity variables of c to what the connection string says about the identity. The
// two belong to one connection, so neither wins.
func (d *discovery) mergeIdentity(c *connection) error {
	id := &d.found.Config.Identity
	var fault error // the first: the rest is merged all the same, to tell it
	for r := roleClientID; r <= roleTenantID; r++ {
		s, ok, err := d.take(c, r)
		fault = cmp.Or(fault, err)
		if !ok {
			continue
		}
		if _, err := dsn.FromSettings(d.engine, []dsn.Setting{{Key: identityKeys[r], Value: s.value}}); err != nil {
			fault = cmp.Or[error](fault, &passwordless.SetupError{Variable: s.name, Err: err})
			continue
		}
		agree, key := true, ""
		switch r {
		case roleClientID:
			agree, key = MergeID(&id.ClientID, s.value), "client_id"
		case roleTenantID:
			agree, key = MergeID(&id.TenantID, s.value), "tenant_id"
		case roleClientSecret:
			agree, key = MergeSecret(&id.ClientSecret, s.value), "the client secret"
		}
		if !agree {
			fault = cmp.Or(fault, errConflict(s.name, key+" in "+d.main))
		}
	}
	return cmp.Or(fault, d.mergeMethods(c))
}

var identityKeys = map[role]string{roleClientID: "client_id", roleClientSecret: "client_secret", roleTenantID: "tenant_id"}

// mergeMethods adds the methods of AUTHENTICATION and AUTHENTICATIONTYPE. "default" contradicts no other.
func (d *discovery) mergeMethods(c *connection) error {
	method, from := &d.found.Config.Identity.Method, "authentication in "+d.main
	for _, s := range c.of(roleMethod) {
		if err := d.markUsed(s.variable, roleMethod); err != nil {
			return err
		}
		m, err := dsn.ParseMethod(s.value)
		if err != nil {
			d.found.Partial = true
			return &passwordless.SetupError{Variable: s.name, Err: err}
		}
		switch {
		case m == *method || m == dsn.MethodDefault && *method != dsn.MethodUnset:
		case *method == dsn.MethodUnset || *method == dsn.MethodDefault:
			*method, from = m, s.name
		default:
			d.found.Partial = true
			return errConflict(s.name, from)
		}
	}
	return nil
}

// MergeID sets an ID that is not set yet. It reports false if it is set to another one; case does not matter.
func MergeID(id *string, value string) bool {
	if *id == "" {
		*id = value
	}
	return strings.EqualFold(*id, value)
}

// MergeSecret does the same for a secret, in which case matters.
func MergeSecret(secret *dsn.Secret, value string) bool {
	if secret.IsZero() {
		*secret = dsn.NewSecret(value)
	}
	return secret.Reveal() == value
}

// NamesIdentity reports whether a user name of SQL Server's is an identity's ID, perhaps with a tenant, or
// its resource ID.
func NamesIdentity(user string) bool {
	id, _, _ := strings.Cut(user, "@")
	return IsGUID(id) || IsResourceID(user)
}

// IsResourceID reports whether s is the ID of a resource of Azure.
func IsResourceID(s string) bool {
	const start = "/subscriptions/"
	return len(s) > len(start) && strings.EqualFold(s[:len(start)], start)
}

// IsGUID reports whether s has the form of an ID of Microsoft Entra: 6f9619ff-8b86-d011-b42d-00c04fc964ff.
func IsGUID(s string) bool {
	groups := strings.Split(s, "-")
	if len(groups) != 5 {
		return false
	}
	for i, length := range [...]int{8, 4, 4, 4, 12} {
		if len(groups[i]) != length || strings.Trim(groups[i], "0123456789abcdefABCDEF") != "" {
			return false
		}
	}
	return true
}
