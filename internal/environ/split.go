package environ

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
)

func (d *discovery) readSplit(c *connection) error {
	var settings []dsn.Setting
	var picked []setting
	var fault error // the first: the rest is read all the same, to tell it
	for r := roleHost; r <= roleTLS; r++ {
		s, ok, err := d.take(c, r)
		fault = cmp.Or(fault, err)
		if ok && (err == nil || r == rolePassword) { // an unresolved password is one too
			settings = append(settings, dsn.Setting{Key: settingKey(s), Value: s.value})
			picked = append(picked, s)
		}
	}
	config, err := dsn.FromSettings(d.engine, settings)
	if err != nil {
		d.found.Partial = true
		fault = cmp.Or(fault, splitError(err, picked))
	}
	d.found.Config, d.found.Connection = config, c.name
	d.found.Source = "variables " + strings.Join(namesOf(picked), ", ")
	d.main = c.of(roleHost)[0].name
	return cmp.Or(fault, d.mergeIdentity(c))
}

// settingKeys are the keys of dsn for the roles, so that keyRoles alone says which
// variables there are.
var settingKeys = map[role]string{roleHost: "HOST", rolePort: "PORT", roleDatabase: "DATABASE", roleUser: "USER", rolePassword: "PASSWORD"}

// settingKey returns the key of dsn for a setting. The keys for TLS take different
// words, so they keep their own.
func settingKey(s setting) string { return cmp.Or(settingKeys[s.role], s.key) }

// take picks the setting of a role and notes that its variable is used.
func (d *discovery) take(c *connection, r role) (s setting, ok bool, err error) {
	if s, ok, err = c.pick(r); ok && err == nil {
		_, err = d.markUsed(s.variable, r)
	}
	return s, ok, err
}

// pick returns the setting of a role. Several that agree are one, as HOST and
// SERVER may; several values are an error, but for TLS: its keys take different
// words, and the longest says most (SSLMODE before SSL before FLAG).
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

func errConflict(variable, other string) error {
	return &passwordless.SetupError{Variable: variable, Anchor: "conflicting-settings",
		Err: fmt.Errorf("has another value than %s: remove one of the two", other)}
}

// splitError names the variable that a parse error is about, if it says.
func splitError(err error, picked []setting) error {
	out := &passwordless.SetupError{Err: err}
	var parse *dsn.ParseError
	if !errors.As(err, &parse) {
		return out
	}
	i := slices.IndexFunc(picked, func(s setting) bool {
		r, known := keyRoles[strings.ToUpper(parse.Key)]
		return known && s.role == r
	})
	if i >= 0 {
		out.Variable = picked[i].name
	}
	return out
}

func namesOf(settings []setting) []string {
	names := make([]string, len(settings))
	for i, s := range settings {
		names[i] = s.name
	}
	return names
}
