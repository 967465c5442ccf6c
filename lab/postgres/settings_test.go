//go:build linux || darwin || freebsd

package postgres

import (
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/lab/internal/labtest"
)

// settingsFile has the names that package dsn lets pass to the server.
const settingsFile = "../../dsn/postgres_settings.txt"

var update = flag.Bool("update", false, "add the server's settings to "+settingsFile)

// Every setting that the server has is in the list of package dsn. The list also has those of other versions, and
// those that pg_settings does not show, so that nothing is taken away.
func TestPostgresSettingsAreListed(t *testing.T) {
	_, p := sharedPostgres(t)
	conninfo, err := p.BackendConninfo()
	require.NoError(t, err)
	ctx := labtest.Limited(t)
	conn, err := pgx.Connect(ctx, conninfo)
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close(ctx)) }()
	rows, err := conn.Query(ctx, "select lower(name) from pg_settings where name not like '%.%'")
	require.NoError(t, err)
	settings, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Greater(t, len(settings), 300)

	text, err := os.ReadFile(settingsFile)
	require.NoError(t, err)
	listed := map[string]bool{}
	for name := range strings.FieldsSeq(string(text)) {
		assert.False(t, listed[name], "%s is listed twice", name)
		listed[name] = true
	}
	if *update {
		for _, name := range settings {
			listed[name] = true
		}
		require.NoError(t, os.WriteFile(settingsFile, []byte(wrapped(slices.Sorted(maps.Keys(listed)))), 0o644))
	}
	for _, name := range settings {
		assert.True(t, listed[name], "%s is a setting of this server: run go generate ./dsn", name)
	}
	for _, name := range []string{"role", "session_authorization", "is_superuser"} { // pg_settings does not show them
		assert.True(t, listed[name], name)
	}
}

// wrapped joins words to lines of at most 130 bytes.
func wrapped(words []string) string {
	var b strings.Builder
	length := 0
	for _, word := range words {
		switch {
		case length == 0:
		case length+1+len(word) > 130:
			b.WriteByte('\n')
			length = 0
		default:
			b.WriteByte(' ')
			length++
		}
		b.WriteString(word)
		length += len(word)
	}
	return b.String() + "\n"
}
