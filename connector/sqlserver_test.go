package connector

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
)

// openSQL opens a connection string on App Service.
func openSQL(t *testing.T, s string, o *Options) (*Handle, error) {
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
		o          *Options
		warns      bool
	}{
		{"no user", "", &Options{}, false},
		{"a client ID", "User ID=" + testClient, &Options{}, false},
		{"a name", "User ID=app", &Options{}, true},
		{"a name in Options", "", &Options{User: "app"}, true},
		{"a name in Options beside a client ID", "User ID=" + testClient, &Options{User: "app"}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			h, err := openSQL(t, stringSQL+";"+row.user, row.o)
			require.NoError(t, err)
			assert.Empty(t, h.Config().User)
			s := h.Status()
			assert.Empty(t, s.User)
			assert.Equal(t, row.warns, len(s.Warnings) > 0, "%q", s.Warnings)
			if len(row.user) > 20 {
				assert.Equal(t, "user-assigned managed identity (client ID "+testClient+")", s.Identity)
			}
		})
	}
}

func TestSQLPasswordLogin(t *testing.T) {
	const s = "server=" + hostSQL + ";database=d;user id=sa;password=canary"
	h, err := openSQL(t, s, &Options{})
	require.NoError(t, err)
	login, err := h.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, Login{User: "sa", Password: dsn.NewSecret("canary")}, login)
	assert.False(t, h.NeedsTenant())
	h.Refused(Login{IsToken: true, Password: dsn.NewSecret("x")}, Classification{Refused: true}) // another handle's
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %s", h, h.Status(), login, h.Config().Password), "canary")

	h, err = openSQL(t, s, &Options{User: "other"})
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
		{"nothing, with a token", "Server=" + hostSQL + token, "", true, false},
		{"Encrypt=Disable, with a token", "Server=" + hostSQL + ";Encrypt=Disable" + token, "a token is sent only to a verified server", false, false},
		{"Encrypt=False, which encrypts the login only, with a token", "Server=" + hostSQL + ";Encrypt=False" + token, "", true, false},
		{"TrustServerCertificate, with a token", "Server=" + hostSQL + ";Encrypt=True;TrustServerCertificate=True" + token, "a token is sent only to a verified server", false, false},
		{"Encrypt=Strict, with a token", "Server=" + hostSQL + ";Encrypt=Strict" + token, "", true, false},
		{"TrustServerCertificate, with a password", "Server=" + hostSQL + ";Encrypt=True;TrustServerCertificate=True" + password, "", true, true},
		{"Encrypt=Disable, with a password in Azure", "Server=" + hostSQL + ";Encrypt=Disable" + password, "which host " + hostSQL + " in Azure does not get", false, false},
		{"Encrypt=Disable, with a password elsewhere", "Server=db;Encrypt=Disable" + password, "", false, true},
		{"an untrusted host, with a token", "Server=evil.example.com" + token, "so it gets no token", false, false},
		{"an untrusted failover partner, with a token", "Server=" + hostSQL + ";Failover Partner=evil.example.com" + token, "so it gets no token", false, false},
		{"a trusted host, with a token", "Server=db" + token, "", true, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			h, err := openSQL(t, row.text+";Database=d", &Options{})
			if row.err != "" {
				var setup *SetupError
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
