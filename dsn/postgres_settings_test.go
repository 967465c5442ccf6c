package dsn

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Real settings reach the server, but for the names that the strings themselves have.
func TestPostgresSettingsPass(t *testing.T) {
	names := strings.Fields(postgresSettings)
	require.Greater(t, len(names), 400)
	own := listSet("port, ssl, ssl_min_protocol_version, ssl_max_protocol_version, tcp_user_timeout, ssl_sni, ssl_crl_dir, server_version")
	for _, name := range names {
		require.Equal(t, strings.ToLower(name), name)
		c, err := Parse(PostgreSQL, "postgres://u@h/d?"+name+"=1")
		if own[name] {
			require.NotContains(t, c.Params, name)
			continue
		}
		require.NoError(t, err, name)
		assert.Contains(t, c.Params, name)
		assert.Empty(t, c.Warnings, name)
	}
	for _, key := range commaList(foreignKeys) {
		assert.False(t, isPostgresSetting[key], key)
	}
}

func TestSettingsInQuotationMarks(t *testing.T) {
	for _, key := range []string{"HOST", "PORT", "USER", "PASSWORD", "client_id", "client_secret", "SSLMODE", "AUTHENTICATION"} {
		for _, marks := range []string{`""`, "''", "``"} {
			_, err := FromSettings(PostgreSQL, []Setting{{key, marks[:1] + canary + marks[1:]}})
			require.EqualError(t, err, "dsn: "+key+": "+quotedError)
		}
		_, err := FromSettings(PostgreSQL, []Setting{{key, "${" + key + "}"}})
		require.EqualError(t, err, "dsn: "+key+": "+placeholderError)
	}
}
