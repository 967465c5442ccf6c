package mysql

import (
	"context"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/lab/internal/labtest"
)

// The server itself checks the token, MariaDB as well as the embedded engine.
func TestServerChecksToken(t *testing.T) {
	t.Run("MariaDB", func(t *testing.T) {
		Require(t)
		requireTokensChecked(t, startInstalled)
	})
	t.Run("embedded", func(t *testing.T) { requireTokensChecked(t, startEmbedded) })
}

func requireTokensChecked(t *testing.T, start func(context.Context, *azuretest.Cloud, *Options) (*Server, error)) {
	t.Helper()
	cloud := azuretest.New(t)
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "app@contoso.com"})
	other := cloud.AddUserAssigned(azuretest.Identity{Name: `it's "other"\`})
	elsewhere := azuretest.New(t)
	m := labtest.Running(t, start, cloud, &Options{Users: []string{app.Name, other.Name}})
	tests := []struct {
		name, user, password string
		accepted             bool
		log                  string
	}{
		{"good", app.Name, cloud.Mint(app, azuretest.OSSRDBMSAudience), true, ""},
		{"name with quotes", other.Name, cloud.Mint(other, azuretest.OSSRDBMSAudience), true, ""},
		{"60 KB", app.Name, cloud.Mint(frontendtest.Padded(app, 60<<10), azuretest.OSSRDBMSAudience), true, ""},
		{"expired", app.Name, cloud.Mint(frontendtest.Living(app, -time.Minute), azuretest.OSSRDBMSAudience), false, "expired"},
		{"wrong audience", app.Name, cloud.Mint(app, azuretest.SQLAudience), false, "another resource"},
		{"foreign signature", app.Name, frontendtest.Forged(cloud.Mint(app, azuretest.OSSRDBMSAudience)), false, "not signed by this cloud"},
		{"another cloud's", app.Name, labtest.TokenOf(elsewhere, app.Name), false, "not signed by this cloud"},
		{"another user's", app.Name, cloud.Mint(other, azuretest.OSSRDBMSAudience), false, "issued to"},
		{"not a token", app.Name, "hunter2", false, "not a signed JWT"},
		{"empty", app.Name, "", false, "not a signed JWT"},
		{"unknown user", "nobody", labtest.TokenOf(cloud, "nobody"), false, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			db, err := connect(t, cloud, m, test.user, test.password, nil)
			if test.accepted {
				require.NoError(t, err)
				var user, database string
				require.NoError(t, db.QueryRowContext(t.Context(), "select current_user(), database()").Scan(&user, &database))
				assert.Equal(t, test.user+"@%", user)
				assert.Equal(t, "app", database)
				return
			}
			var refused *mysql.MySQLError
			require.ErrorAs(t, err, &refused)
			assert.EqualValues(t, 1045, refused.Number)
			assert.Contains(t, m.Log(), test.log)
			if test.password != "" {
				assert.NotContains(t, m.Log(), test.password)
			}
		})
	}
}
