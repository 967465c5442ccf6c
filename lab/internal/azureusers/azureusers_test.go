package azureusers

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// PostgreSQL's statements, and names made of quotes, are run in lab/e2e.
func TestMySQL(t *testing.T) {
	for sql, want := range map[string]string{
		"CREATE AADUSER 'orders'":     "CREATE USER 'orders' VIA x",
		"create  aaduser 'o''r\\'s';": "CREATE  USER 'o''r\\'s' VIA x;",
		"CREATE AADUSER 'orders' IDENTIFIED BY '99999999-2222-4333-8444-555555555555'; select 1": "CREATE USER 'orders' VIA x; select 1",
		"SET aad_auth_validate_oids_in_tenant = OFF":                                             "SET @aad_auth_validate_oids_in_tenant = 'OFF'",
		"select 'it'": "select 'it'",
		"CREATE USER 'plain' IDENTIFIED BY 'canary-1'": "CREATE USER 'plain' IDENTIFIED BY 'canary-1'",
	} {
		assert.Equal(t, want, MySQL(sql, "VIA x"))
	}
}
