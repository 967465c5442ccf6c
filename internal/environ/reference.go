package environ

import (
	"slices"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
)

type referenceKind uint8

const (
	referenceDefault    referenceKind = iota // "": the default connection
	referenceConnection                      // connection:NAME
	referenceVariable                        // env:NAME
	referenceLiteral                         // a connection string
)

type reference struct {
	kind referenceKind
	text string // the NAME, or the connection string without blanks around it
}

// parseReference classifies s. What is no whole reference is a connection string, also
// "env:secret@tcp(host:3306)/db", which go-sql-driver reads as a user and a password, and so must never be quoted.
func parseReference(s string) reference {
	if name, ok := strings.CutPrefix(s, "connection:"); ok && isConnectionName(name) {
		return reference{referenceConnection, name}
	}
	if name, ok := strings.CutPrefix(s, "env:"); ok && isVariableName(name) {
		return reference{referenceVariable, name}
	}
	text := strings.TrimSpace(s)
	if text == "" {
		return reference{kind: referenceDefault}
	}
	return reference{referenceLiteral, text}
}

const (
	digits       = "0123456789"
	alphanumeric = digits + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// isConnectionName reports whether Service Connector accepts name for a connection.
func isConnectionName(name string) bool {
	return 1 <= len(name) && len(name) <= 60 && strings.Trim(name, alphanumeric+"._") == ""
}

func isVariableName(name string) bool {
	return name != "" && !strings.Contains(digits, name[:1]) && strings.Trim(name, alphanumeric+"_") == ""
}

// readLiteral reads a connection string that the caller gives. If it equals the value of a connection's
// variable it is that connection, with its identity variables; otherwise it stands alone.
func (d *discovery) readLiteral(text string) error {
	c, s, err := d.owner(text)
	if err != nil {
		return err
	}
	if c != nil {
		d.connector = true
		err := d.readString(c, s)
		d.found.Source = "connection string, which is that of variable " + s.name
		return err
	}
	d.found.Source = "connection string"
	if err := CheckResolved(text); err != nil {
		d.found.Partial = true
		return &passwordless.SetupError{Anchor: "unresolved-reference", Err: err}
	}
	err = d.parse(text, "")
	if err != nil && isMalformedReference(text) {
		return subject{"", noSettings}.errorf(
			"%q is followed by what cannot be a name: a variable's has letters, digits and underscores, a connection's also periods", strings.SplitAfter(text, ":")[0])
	}
	return err
}

// isMalformedReference reports whether text begins as a reference does and has nothing else that a connection string has.
func isMalformedReference(text string) bool {
	return (strings.HasPrefix(text, "env:") || strings.HasPrefix(text, "connection:")) && strings.Trim(text, alphanumeric+"._:-") == ""
}

// owner returns the connection whose connection string is text, and the variable, or nil if there is none.
// Several connections are one as long as their identity variables agree.
func (d *discovery) owner(text string) (*connection, setting, error) {
	var owner *connection
	var owned setting
	for _, c := range d.all {
		i := slices.IndexFunc(c.settings, func(s setting) bool {
			return s.role == roleString && strings.TrimSpace(s.value) == text
		})
		switch {
		case i < 0:
		case owner == nil:
			owner, owned = c, c.settings[i]
		case !owner.sameIdentity(c):
			return nil, setting{}, subject{"", "several-connections"}.errorf(
				"the connection string is that of %s and of %s, which have different identities: name one, as in %s",
				owned.name, c.settings[i].name, d.openCall(c.name))
		}
	}
	return owner, owned, nil
}

func (c *connection) sameIdentity(other *connection) bool {
	return slices.Equal(c.identity(), other.identity())
}

// identity returns the identity variables that count, as role and value.
func (c *connection) identity() (out []setting) {
	for r := roleClientID; r <= roleMethod; r++ {
		for _, s := range c.of(r) {
			if r != roleClientSecret {
				s.value = strings.ToLower(s.value)
			}
			out = append(out, setting{variable: variable{value: s.value}, role: r})
		}
	}
	return out
}

func (d *discovery) readVariable(name string) error {
	v, ok := d.env.find(name)
	if !ok {
		return subject{name, noSettings}.errorf("is not set, but env:%s names it", name)
	}
	if err := d.load(v); err != nil {
		return err
	}
	c, err := d.namedBy(v)
	d.connector = c != nil
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
	d.connector = d.connector || len(c.identity()) > 0
	d.found.Connection = c.name
	return d.mergeIdentity(c)
}

// bringsIdentity reports whether a connection string names the identity, so that nothing has to be guessed.
func bringsIdentity(c dsn.Config) bool {
	id := c.Identity
	if c.Engine == dsn.SQLServer && (id.Method == dsn.MethodManagedIdentity || NamesIdentity(c.User)) {
		return true // in SQL Server's strings these stand alone: see readSQLUser
	}
	return id.ClientID != "" || id.ObjectID != "" || id.ResourceID != "" || id.ClientCertificatePath != "" ||
		!id.ClientSecret.IsZero() || !c.Password.IsZero()
}

// repeating returns the connection of the service principal that the string names, as Service Connector does
// twice for .NET: it was left without a string, but with the tenant. It is nil if there is none.
func (d *discovery) repeating() *connection {
	config := d.found.Config
	own := config.Identity.ClientID
	if config.Engine == dsn.SQLServer && NamesIdentity(config.User) {
		own, _, _ = strings.Cut(config.User, "@")
	}
	for _, c := range d.all {
		id := c.of(roleClientID)
		if len(id) > 0 && strings.EqualFold(id[0].value, own) && c.has(roleClientSecret) && !c.complete() {
			return c
		}
	}
	return nil
}

// namedBy returns the connection that v belongs to by its own name, or whose connection string has the same
// value, or nil if there is none.
func (d *discovery) namedBy(v variable) (*connection, error) {
	for _, c := range d.all {
		if slices.ContainsFunc(c.settings, func(s setting) bool { return s.folded == v.folded }) {
			return c, nil
		}
	}
	c, _, err := d.owner(strings.TrimSpace(v.value))
	return c, err
}

// leftBehind returns the connection that v was most likely renamed from: the one that has identity variables
// and does not say where to connect, or else the default one, or nil if that has no variables at all.
func (d *discovery) leftBehind(v variable) (*connection, error) {
	var left *connection
	for _, c := range d.all {
		switch {
		case c.complete() || len(c.identity()) == 0:
		case left == nil:
			left = c
		case left.name == "" || left.sameIdentity(c): // the default connection is first in the list
		default:
			return nil, subject{v.name, "several-connections"}.errorf(
				"%s and %s are both left without a connection string: which of them belongs to this one? put client_id into it",
				left.settings[0].name, c.settings[0].name)
		}
	}
	if unnamed := d.named(""); left == nil && len(unnamed) > 0 {
		left = unnamed[0]
	}
	return left, nil
}
