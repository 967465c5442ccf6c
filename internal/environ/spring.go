package environ

import (
	"cmp"
	"slices"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
)

// springRoles are the properties that Spring Cloud Azure reads, by their names without springSeparators. A
// property of the data source comes before the one for the whole app (learn.microsoft.com, Spring Cloud Azure
// PostgreSQL support). The switches for managed identity ask for what a client ID without a secret means
// anyway. spring.datasource.passwordless-enabled is what Microsoft's pages printed in 2022.
var springRoles = map[string]struct {
	role role
	rank int
}{
	"SPRINGDATASOURCEURL":                         {roleString, 0},
	"SPRINGDATASOURCEUSERNAME":                    {roleUser, 0},
	"SPRINGDATASOURCEPASSWORD":                    {rolePassword, 0},
	"SPRINGDATASOURCEAZURECREDENTIALCLIENTID":     {roleClientID, 0},
	"SPRINGCLOUDAZURECREDENTIALCLIENTID":          {roleClientID, 1},
	"SPRINGDATASOURCEAZURECREDENTIALCLIENTSECRET": {roleClientSecret, 0},
	"SPRINGCLOUDAZURECREDENTIALCLIENTSECRET":      {roleClientSecret, 1},
	"SPRINGDATASOURCEAZUREPROFILETENANTID":        {roleTenantID, 0},
	"SPRINGCLOUDAZURECREDENTIALTENANTID":          {roleTenantID, 1},
	"SPRINGCLOUDAZUREPROFILETENANTID":             {roleTenantID, 1},
	"SPRINGDATASOURCEAZUREPASSWORDLESSENABLED":    {rolePasswordless, 0},
	"SPRINGDATASOURCEPASSWORDLESSENABLED":         {rolePasswordless, 1},
}

// springSeparators are dropped from a property's name: as a variable it may have underscores for its periods
// (App Service on Linux replaces them) and hyphens, underscores or nothing for its hyphens.
var springSeparators = strings.NewReplacer(".", "", "_", "", "-", "")

func springConnection(env Vars) *connection {
	c := &connection{}
	for _, v := range env.list {
		if !strings.HasPrefix(v.folded, "SPRING") {
			continue
		}
		if p, ok := springRoles[springSeparators.Replace(v.folded)]; ok {
			c.settings = append(c.settings, setting{variable: v, role: p.role, rank: p.rank})
		}
	}
	slices.SortFunc(c.settings, compareSettings)
	return c
}

// readSpring reads the connection of Spring's data source. It reports false if there is none, or if it is
// another engine's.
func (d *discovery) readSpring() (bool, error) {
	c := springConnection(d.env)
	url, ok, err := c.pick(roleString)
	if !ok || err != nil {
		return false, err
	}
	ours := func(jdbc string) bool {
		return len(url.value) >= len(jdbc) && strings.EqualFold(url.value[:len(jdbc)], jdbc)
	}
	if !slices.ContainsFunc(d.naming.jdbc, ours) && CheckResolved(url.value) == nil {
		return false, nil
	}
	if err := d.readString(c, url); err != nil {
		return false, err
	}
	return true, d.mergeSpringLogin(c)
}

func (d *discovery) mergeSpringLogin(c *connection) error {
	for _, r := range [...]role{roleUser, rolePassword} {
		s, ok, err := d.take(c, r)
		if ok {
			err = cmp.Or(d.add(s), err)
		}
		if err != nil {
			return err
		}
		switches := c.of(rolePasswordless)
		if ok && r == rolePassword && len(switches) > 0 && strings.EqualFold(switches[0].value, "true") {
			return subject{s.name, "conflicting-settings"}.errorf("is set although %s is true: remove one of the two", switches[0].name)
		}
	}
	return nil
}

// add applies a setting to the configuration, which must not say otherwise.
func (d *discovery) add(s setting) error {
	key := strings.ToLower(settingKey(s))
	before := d.found.Config
	after, err := before.With(dsn.Setting{Key: key, Value: s.value})
	if err != nil {
		return &passwordless.SetupError{Variable: s.name, Err: err}
	}
	if before.User != "" && before.User != after.User ||
		!before.Password.IsZero() && before.Password.Reveal() != after.Password.Reveal() {
		return errConflict(s.name, key+" in "+d.main)
	}
	d.found.Config = after
	return nil
}
