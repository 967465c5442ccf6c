package dsn

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseEngine(t *testing.T) {
	ports := map[Engine]uint16{PostgreSQL: 5432, MySQL: 3306, SQLServer: 1433}
	for e, port := range ports {
		got, err := ParseEngine(e.String())
		require.NoError(t, err)
		assert.Equal(t, e, got)
		assert.Equal(t, port, e.DefaultPort())
	}
	for name, want := range map[string]Engine{
		"postgres": PostgreSQL, "PostgreSQL": PostgreSQL, "PG": PostgreSQL, "MySQL": MySQL, "SqlServer": SQLServer, "MSSQL": SQLServer,
	} {
		got, err := ParseEngine(name)
		require.NoError(t, err)
		assert.Equal(t, want, got, name)
	}
	_, err := ParseEngine(canary)
	require.EqualError(t, err, "dsn: unknown engine: want postgresql, mysql or sqlserver")
	assert.Equal(t, "unknown engine", Engine(0).String())
}

func TestSecret(t *testing.T) {
	s := NewSecret(canary)
	assert.False(t, s.IsZero())
	assert.Equal(t, canary, s.Reveal())
	assert.Equal(t, "***", s.LogValue().String())
	assert.True(t, NewSecret("").IsZero())
	assert.Empty(t, Secret{}.Reveal())
	assert.Empty(t, Secret{}.String())
}
