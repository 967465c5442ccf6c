package environ

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
)

func (d *discovery) readSplit(c *connection) error {
	var settings []dsn.Setting
	var picked []setting
	var names []string
	var fault error // the first: the rest is read all the same, to tell it
	for r := roleHost; r <= roleTLS; r++ {
		s, ok, err := d.take(c, r)
		fault = cmp.Or(fault, err)
		if ok {
			settings = append(settings, dsn.Setting{Key: settingKey(s), Value: s.value})
			picked, names = append(picked, s), append(names, s.name)
		}
	}
	config, err := dsn.FromSettings(d.engine, settings)
	if err != nil {
		d.found.Partial = true
		fault = cmp.Or(fault, splitError(err, picked))
	}
	d.found.Config, d.found.Connection = config, c.name
	d.found.Source = "variables " + strings.Join(names, ", ")
	d.main = c.of(roleHost)[0].name
	return cmp.Or(fault, d.mergeIdentity(c))
}

// settingKeys are the keys of dsn for the roles. Those for TLS take different words, so they keep their own.
var settingKeys = map[role]string{roleHost: "HOST", rolePort: "PORT", roleDatabase: "DATABASE", roleUser: "USER", rolePassword: "PASSWORD"}

func settingKey(s setting) string { return cmp.Or(settingKeys[s.role], s.key) }

// take picks the setting of a role and notes that its variable is used. One with an error is left out, but an
// unresolved secret is one too.
func (d *discovery) take(c *connection, r role) (s setting, ok bool, err error) {
	if s, ok, err = c.pick(r); ok {
		err = d.markUsed(s.variable, r)
	}
	return s, ok && (err == nil || r.isSecret()), err
}

// pick returns the setting of a role. Several that agree are one; several values are an error, but for TLS:
// its keys take different words, and the longest says most (SSLMODE before SSL before FLAG).
func (c *connection) pick(r role) (s setting, ok bool, err error) {
	all := c.of(r)
	if len(all) == 0 {
		return setting{}, false, nil
	}
	if r == roleTLS {
		return all[len(all)-1], true, nil // the order is alphabetical
	}
	for _, other := range all[1:] {
		if other.value != all[0].value {
			return setting{}, false, errConflict(other.name, all[0].name)
		}
	}
	return all[0], true, nil
}

// splitError names the variable that a parse error is about, if it says.
func splitError(err error, picked []setting) error {
	out := &passwordless.SetupError{Err: err}
	if parse, ok := errors.AsType[*dsn.ParseError](err); ok {
		r, known := keyRoles[strings.ToUpper(parse.Key)]
		if i := slices.IndexFunc(picked, func(s setting) bool { return known && s.role == r }); i >= 0 {
			out.Variable = picked[i].name
		}
	}
	return out
}
