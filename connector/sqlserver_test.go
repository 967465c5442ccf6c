package connector

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
)

// openSQL opens a connection string on App Service.
func openSQL(t *testing.T, s string, o *passwordless.Options) (*Handle, error) {
	t.Helper()
	onAppServiceWithoutTools(t)
	o.Environ = func() []string { return []string{"PASSWORDLESS_TRUSTED_HOSTS=db"} }
	h, err := Open(dsn.SQLServer, s, o)
	if err == nil {
		t.Cleanup(func() { assert.NoError(t, h.Close()) })
	}
	return h, err
}

func TestSQLTokenNamesTheUser(t *testing.T) {
	for _, row := range []struct {
		name, user string
		o          *passwordless.Options
		warns      bool
	}{
		{"no user", "", &passwordless.Options{}, false},
		{"a client ID", "User ID=" + connectortest.Client, &passwordless.Options{}, false},
		{"a name", "User ID=app", &passwordless.Options{}, true},
		{"a name in Options", "", &passwordless.Options{User: "app"}, true},
		{"a name in Options and a client ID", "User ID=" + connectortest.Client, &passwordless.Options{User: "app"}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			h, err := openSQL(t, connectortest.StringSQL+";"+row.user, row.o)
			require.NoError(t, err)
			assert.Empty(t, h.Config().User)
			s := h.Status()
			assert.Empty(t, s.User)
			assert.Equal(t, row.warns, len(s.Warnings) > 0, "%q", s.Warnings)
			if len(row.user) > 20 {
				assert.Equal(t, "user-assigned managed identity (client ID "+connectortest.Client+")", s.Identity)
			}
		})
	}
}

func TestSQLPasswordLogin(t *testing.T) {
	const s = "server=" + connectortest.HostSQL + ";database=d;user id=sa;password=canary"
	h, err := openSQL(t, s, &passwordless.Options{})
	require.NoError(t, err)
	login, err := h.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, Login{User: "sa", Password: dsn.NewSecret("canary")}, login)
	assert.False(t, h.NeedsTenant())
	h.Refused(Login{IsToken: true, Password: dsn.NewSecret("x")}, Classification{Refused: true}) // another handle's
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %s", h, h.Status(), login, h.Config().Password), "canary")

	h, err = openSQL(t, s, &passwordless.Options{User: "other"})
	require.NoError(t, err)
	login, err = h.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "other", login.User)
}

func TestSQLDeclarationsOfTLS(t *testing.T) {
	const token, password = ";Authentication=ActiveDirectoryDefault", ";User ID=sa;Password=p"
	for _, row := range []struct {
		name, text string
		err        string
		tls        bool
		warns      bool
	}{
		{"nothing, with a token", "Server=" + connectortest.HostSQL + token, "", true, false},
		{"Encrypt=Disable, with a token", "Server=" + connectortest.HostSQL + ";Encrypt=Disable" + token, "a token is sent only to a verified server", false, false},
		{"Encrypt=False, which encrypts the login only, with a token", "Server=" + connectortest.HostSQL + ";Encrypt=False" + token, "", true, false},
		{"TrustServerCertificate, with a token", "Server=" + connectortest.HostSQL + ";Encrypt=True;TrustServerCertificate=True" + token, "", true, true},
		{"TrustServerCertificate, with a token to a listed host", "Server=db;Encrypt=True;TrustServerCertificate=True" + token, "(TrustServerCertificate), but a token is sent only to a verified server", false, false},
		{"Encrypt=Strict, with a token", "Server=" + connectortest.HostSQL + ";Encrypt=Strict" + token, "", true, false},
		{"TrustServerCertificate, with a password", "Server=" + connectortest.HostSQL + ";Encrypt=True;TrustServerCertificate=True" + password, "", true, true},
		{"Encrypt=Disable, with a password in Azure", "Server=" + connectortest.HostSQL + ";Encrypt=Disable" + password, "Azure host " + connectortest.HostSQL + " requires it", false, false},
		{"Encrypt=Disable, with a password elsewhere", "Server=db;Encrypt=Disable" + password, "", false, true},
		{"an untrusted host, with a token", "Server=evil.example.com" + token, "refusing to send the token", false, false},
		{"an untrusted failover partner, with a token", "Server=" + connectortest.HostSQL + ";Failover Partner=evil.example.com" + token, "refusing to send the token", false, false},
		{"a trusted host, with a token", "Server=db" + token, "", true, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			h, err := openSQL(t, row.text+";Database=d", &passwordless.Options{})
			if row.err != "" {
				var setup *passwordless.SetupError
				require.ErrorAs(t, err, &setup)
				require.ErrorContains(t, err, row.err)
				return
			}
			require.NoError(t, err)
			c, err := h.TLSConfig(h.Config().Hosts[0].Name)
			require.NoError(t, err)
			assert.Equal(t, row.tls, c != nil)
			assert.Equal(t, row.warns, len(h.Status().Warnings) > 0, "%q", h.Status().Warnings)
		})
	}
}
