package environ

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azuredb/passwordless"
)

// readLiteral reads a connection string that the caller gives. If it equals the
// value of a connection's variable it is that connection, with its identity
// variables; otherwise it stands alone, and no variable's identity is its own.
func (d *discovery) readLiteral(text string) error {
	c, s, err := d.owner(text)
	if err != nil {
		return err
	}
	if c != nil {
		err := d.readString(c, s)
		d.found.Source = "connection string, which is that of variable " + s.name
		return err
	}
	d.found.Source = "connection string"
	if err := checkResolved(text); err != nil {
		d.found.Unreadable = append(d.found.Unreadable, RoleString)
		return &passwordless.SetupError{Anchor: "unresolved-reference", Err: err}
	}
	return d.parse(text, "")
}

// owner returns the connection whose connection string is text, and the variable,
// or nil if there is none. Several connections are one as long as their identity
// variables agree.
func (d *discovery) owner(text string) (*connection, setting, error) {
	var owner *connection
	var owned setting
	for _, c := range d.all {
		i := slices.IndexFunc(c.settings, func(s setting) bool {
			return s.role == RoleString && strings.TrimSpace(s.value) == text
		})
		switch {
		case i < 0:
		case owner == nil:
			owner, owned = c, c.settings[i]
		case !owner.sameIdentity(c):
			return nil, setting{}, &passwordless.SetupError{Anchor: "several-connections", Err: fmt.Errorf(
				"the connection string is that of %s and of %s, which have different identities: name one, as in %s",
				owned.name, c.settings[i].name, d.openCall(c.name))}
		}
	}
	return owner, owned, nil
}

// sameIdentity reports whether two connections have the same identity variables.
func (c *connection) sameIdentity(other *connection) bool {
	return slices.Equal(c.identity(), other.identity())
}

// identity returns the identity variables that count, as role and value.
func (c *connection) identity() []identityValue {
	var out []identityValue
	for r := roleClientID; r <= roleMethod; r++ {
		for _, s := range c.of(r) {
			v := identityValue{r, s.value}
			if r != RoleClientSecret {
				v.value = strings.ToLower(s.value)
			}
			out = append(out, v)
		}
	}
	return out
}

// identityValue is what one identity variable says.
type identityValue struct {
	role  role
	value string
}
