package doctor

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFoldFix(t *testing.T) {
	for name, row := range map[string]struct {
		line string
		want []string
	}{
		"fits":              {"az login", []string{"az login"}},
		"command":           {"passwordless grant mysql --principal 'a long name of somebody' --role writer", []string{"passwordless grant mysql \\", "  --principal \\", "  'a long name of somebody' \\", "  --role writer"}},
		"SQL":               {`grant usage on all sequences in schema "my schema" to "app";`, []string{"grant usage on all sequences", `  in schema "my schema" to`, `  "app";`}},
		"comment at end":    {"select name from sys.databases;  -- as the administrator", []string{"-- as the administrator", "select name from", "  sys.databases;"}},
		"comment of shells": {"az webapp identity assign  # or another one", []string{"# or another one", "az webapp identity assign"}},
		"comment":           {"# on the Networking page of shop: admit 203.0.113.7", []string{"# on the Networking page of", "# shop: admit 203.0.113.7"}},
		"a long word":       {"nc -vz a-very-long-name-of-a-server.postgres.database.azure.com 5432", []string{"nc -vz \\", "  a-very-long-name-of-a-server.postgres.database.azure.com \\", "  5432"}},
		"mark in a name":    {"ALTER ROLE db_datareader ADD MEMBER [a -- b];", []string{"ALTER ROLE db_datareader ADD", "  MEMBER [a -- b];"}},
	} {
		assert.Equal(t, row.want, foldFix(row.line, 29), name)
	}
	assert.Equal(t, []string{"one line to be copied"}, foldFix("one line to be copied", -16), "no terminal")
}
