package environ

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
)

// readVariable reads the connection string in the variable that env:NAME names.
func (d *discovery) readVariable(name string) error {
	v, ok := d.env.find(name)
	if !ok {
		return &passwordless.SetupError{Variable: name, Anchor: noSettings,
			Err: fmt.Errorf("is not set, but env:%s names it", name)}
	}
	d.found.Source, d.main = "variable "+v.name, v.name
	value, err := d.markUsed(v, RoleString)
	if err != nil {
		return err
	}
	if err := d.parse(value, v.name); err != nil {
		return err
	}
	c, err := d.namedBy(v)
	switch {
	case c != nil || err != nil:
	case bringsIdentity(d.found.Config):
		c = d.repeating()
	default:
		c, err = d.leftBehind(v)
	}
	if c == nil || err != nil {
		return err
	}
	d.found.Connection = c.name
	return d.mergeIdentity(c)
}

// bringsIdentity reports whether a connection string names the identity, so
// that nothing has to be guessed.
func bringsIdentity(c dsn.Config) bool {
	id := c.Identity
	if c.Engine == dsn.SQLServer && (id.Method == dsn.MethodManagedIdentity || NamesIdentity(c.User)) {
		return true // in SQL Server's strings these stand alone: see readSQLUser
	}
	return id.ClientID != "" || id.ObjectID != "" || id.ResourceID != "" || id.ClientCertificatePath != "" ||
		!id.ClientSecret.IsZero() || !c.Password.IsZero()
}

// repeating returns the connection of the service principal that the string names,
// as Service Connector names it twice for .NET: it was left without a string, but
// with the tenant. It is nil if there is none.
func (d *discovery) repeating() *connection {
	config := d.found.Config
	own := config.Identity.ClientID
	if config.Engine == dsn.SQLServer && NamesIdentity(config.User) {
		own, _, _ = strings.Cut(config.User, "@")
	}
	for _, c := range d.all {
		id := c.of(roleClientID)
		if len(id) > 0 && strings.EqualFold(id[0].value, own) && c.has(RoleClientSecret) && !c.complete() {
			return c
		}
	}
	return nil
}

// namedBy returns the connection that v belongs to by its own name, or whose
// connection string has the same value, or nil if there is none.
func (d *discovery) namedBy(v variable) (*connection, error) {
	for _, c := range d.all {
		if slices.ContainsFunc(c.settings, func(s setting) bool { return s.folded == v.folded }) {
			return c, nil
		}
	}
	c, _, err := d.owner(strings.TrimSpace(v.value))
	return c, err
}

// leftBehind returns the connection that v, a variable with a name of the user's
// own, was most likely renamed from: the one that has identity variables and does
// not say where to connect, which is what renaming leaves behind, or else the
// default connection, or nil if that has no variables at all.
func (d *discovery) leftBehind(v variable) (*connection, error) {
	var left *connection
	for _, c := range d.all {
		switch {
		case c.complete() || len(c.identity()) == 0:
		case left == nil:
			left = c
		case left.name == "" || left.sameIdentity(c):
			// The default connection is first in the list, and preferred.
		default:
			return nil, &passwordless.SetupError{Variable: v.name, Anchor: "several-connections", Err: fmt.Errorf(
				"%s and %s are both left without a connection string: which of them belongs to this one? put client_id into it",
				left.settings[0].name, c.settings[0].name)}
		}
	}
	if unnamed := d.named(""); left == nil && len(unnamed) > 0 {
		left = unnamed[0]
	}
	return left, nil
}
