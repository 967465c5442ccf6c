package environ

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/dsn"
)

func TestSplitName(t *testing.T) {
	rows := []struct {
		name, in, connection, key string
		ok                        bool
	}{
		{"default", "HOST", "", "HOST", true},
		{"named", "ORDERS_HOST", "ORDERS", "HOST", true},
		{"key in the name", "MY_HOST_HOST", "MY_HOST", "HOST", true},
		{"key as the name", "HOST_HOST", "HOST", "HOST", true},
		{"key that ends like another", "X_SERVERNAME", "X", "SERVERNAME", true},
		{"key before which no underscore stands", "MYHOST", "", "", false},
		{"name that ends in an underscore", "A__PORT", "A_", "PORT", true},
		{"period", "EU.ORDERS_UID", "EU.ORDERS", "UID", true},
		{"no name", "_HOST", "", "", false},
		{"name with a hyphen", "A-B_HOST", "", "", false},
		{"unknown key", "ORDERS_COLOUR", "ORDERS", "COLOUR", false},
		{"nothing", "", "", "", false},
		{"longest name", strings.Repeat("N", 60) + "_HOST", strings.Repeat("N", 60), "HOST", true},
		{"name too long", strings.Repeat("N", 61) + "_HOST", "", "", false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			connection, key, ok := splitName(row.in)
			assert.Equal(t, row.ok, ok)
			assert.Equal(t, row.connection, connection)
			assert.Equal(t, row.key, key)
		})
	}
}

// The last underscore divides name and key only as long as no key contains one.
func TestKeysHaveNoUnderscore(t *testing.T) {
	for key := range keyRoles {
		assert.Regexp(t, "^[A-Z]+$", key)
	}
}

// A new split variable needs its row in keyRoles only: dsn knows what it is read as.
func TestSplitKeysAreSettings(t *testing.T) {
	for key, r := range keyRoles {
		if r >= roleHost && r <= roleTLS {
			settings := []dsn.Setting{{Key: "HOST", Value: "h"}, {Key: settingKey(setting{key: key, role: r}), Value: "1"}}
			_, err := dsn.FromSettings(dsn.PostgreSQL, settings)
			if err != nil {
				assert.NotContains(t, err.Error(), "unknown setting", key)
			}
		}
	}
}

func TestNamingsAreFolded(t *testing.T) {
	for engine, n := range namings {
		t.Run(engine.String(), func(t *testing.T) {
			for _, p := range append(n.prefixes, n.appService...) {
				assert.Equal(t, strings.ToUpper(p), p)
			}
			for _, j := range n.jdbc {
				assert.Equal(t, strings.ToLower(j), j)
			}
			assert.NotEmpty(t, n.driver)
		})
	}
}

func TestSpringNamesAreCanonical(t *testing.T) {
	for name := range springRoles {
		assert.Regexp(t, "^SPRING[A-Z]+$", name)
	}
}

func TestCatalogueOrder(t *testing.T) {
	env := environOf("NEON_POSTGRESQL_B_HOST=1", "NEON_POSTGRESQL_HOST=2", "AZURE_POSTGRESQL_B_HOST=3",
		"AZURE_POSTGRESQL_A_USER=4", "AZURE_POSTGRESQL_A_HOST=5", "AZURE_POSTGRESQL_=6",
		"POSTGRESQLCONNSTR_AZURE_POSTGRESQL_A_HOST=7", "POSTGRESQLCONNSTR_OTHER=8")
	var got []string
	for _, c := range namings[dsn.PostgreSQL].catalogue(env) {
		for _, s := range c.settings {
			got = append(got, c.prefix+c.name+":"+s.key)
		}
	}
	assert.Equal(t, []string{
		"NEON_POSTGRESQL_:HOST", "AZURE_POSTGRESQL_A:HOST", "AZURE_POSTGRESQL_A:USER",
		"AZURE_POSTGRESQL_B:HOST", "NEON_POSTGRESQL_B:HOST",
	}, got)
}
