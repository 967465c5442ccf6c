package connector

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
)

const testHost = "myserver.postgres.database.azure.com"

// webApp is an app on App Service with a user-assigned identity and the
// variables of Service Connector's client type go.
type webApp struct {
	cloud    *azuretest.Cloud
	identity azuretest.Identity
	environ  []string
}

func newWebApp(t *testing.T, id azuretest.Identity) *webApp {
	t.Helper()
	cloud := azuretest.New(t)
	azuretest.Setenv(t, cloud.AppServiceEnviron()...)
	id = cloud.AddUserAssigned(id)
	return &webApp{cloud, id, []string{
		"AZURE_POSTGRESQL_CLIENTID=" + id.ClientID,
		"AZURE_POSTGRESQL_CONNECTIONSTRING=host=" + testHost + " dbname=mydb sslmode=require user=aad_myconn",
	}}
}

// open opens the default connection and closes it with the test.
func (a *webApp) open(t *testing.T, more ...func(*passwordless.Options)) *Handle {
	t.Helper()
	o := &passwordless.Options{Environ: func() []string { return a.environ }}
	for _, change := range more {
		change(o)
	}
	h, err := Open(dsn.PostgreSQL, "", o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.Close()) })
	return h
}

func TestUntrustedHostsAreRefusedAtOpen(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{})
	for name, s := range map[string]string{
		"one host":       "host=db.example.com user=me",
		"second of two":  "host=" + testHost + ",db.example.com user=me",
		"verified name":  "jdbc:postgresql://" + testHost + "/mydb?user=me&hostNameInCertificate=db.example.com",
		"suffix as name": "host=postgres.database.azure.com user=me",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(dsn.PostgreSQL, s, &passwordless.Options{Environ: func() []string { return nil }})
			setup, ok := errors.AsType[*passwordless.SetupError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, "untrusted-host", setup.Anchor)
		})
	}
	assert.Zero(t, a.cloud.TokenRequests())
}

func TestTLSConfigChecksTheHostAgain(t *testing.T) {
	h := newWebApp(t, azuretest.Identity{}).open(t)
	c, err := h.TLSConfig(testHost)
	require.NoError(t, err)
	assert.Equal(t, testHost, c.ServerName)
	assert.False(t, c.InsecureSkipVerify)
	assert.Nil(t, c.VerifyPeerCertificate)
	assert.Nil(t, c.VerifyConnection)
	_, err = h.TLSConfig("db.example.com")
	require.ErrorAs(t, err, new(*passwordless.SetupError))
}

func TestLoginWorksAfterClose(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	h := a.open(t)
	require.NoError(t, h.Close())
	require.NoError(t, h.Close())
	_, err := h.Login(t.Context())
	require.NoError(t, err)
	assert.Empty(t, passwordless.Statuses())
}

func TestAStringMayNotNameBothNameAndSigner(t *testing.T) {
	const s = "host=127.0.0.1 user=u hostNameInCertificate=" + testHost + " sslrootcert="
	environ := func() []string { return nil }
	_, err := Open(dsn.PostgreSQL, s+"some.pem", &passwordless.Options{Environ: environ})
	setup, ok := err.(*passwordless.SetupError)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "untrusted-host", setup.Anchor)
	assert.Equal(t, "sslrootcert", setup.Variable)

	h, err := Open(dsn.PostgreSQL, s+"system", &passwordless.Options{Environ: environ})
	require.NoError(t, err)
	assert.NoError(t, h.Close())
}

func TestAKeyInPlaceOfAPathIsNotQuoted(t *testing.T) {
	const key = "-----BEGIN PRIVATE KEY-----\nMIIEcanary\n-----END PRIVATE KEY-----"
	none := func() []string { return nil }
	for name, s := range map[string]string{
		"client certificate": "client_id=" + connectortest.Client + " tenant_id=" + connectortest.Tenant + " client_certificate_path='" + key + "'",
		"a name that is not": "client_id=" + connectortest.Client + " tenant_id=" + connectortest.Tenant + " client_certificate_path=/canary/MIIE",
		"sslkey":             "sslcert=handle_test.go sslkey='" + key + "'",
		"sslrootcert":        "sslrootcert='" + key + "'",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(dsn.PostgreSQL, "host="+testHost+" user=u "+s, &passwordless.Options{Environ: none})
			require.ErrorAs(t, err, new(*passwordless.SetupError))
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), "canary")
		})
	}
}

func TestCheckHost(t *testing.T) {
	onAppServiceWithoutTools(t)
	h := openSplit(t)
	require.NoError(t, h.CheckHost("s.database.windows.net"))
	require.NoError(t, h.CheckHost("x.tr1.worker.database.windows.net"))
	for _, host := range []string{"evil.example.com", "", "s.database.usgovcloudapi.net", "s.mysql.database.azure.com", "database.windows.net"} {
		err := h.CheckHost(host)
		var setup *passwordless.SetupError
		require.ErrorAs(t, err, &setup, host)
		assert.Equal(t, "untrusted-host", setup.Anchor)
		_, err = h.TLSConfig(host)
		require.ErrorAs(t, err, &setup, host)
	}
	c, err := h.TLSConfig("x.tr1.worker.database.windows.net")
	require.NoError(t, err)
	assert.Equal(t, "x.tr1.worker.database.windows.net", c.ServerName)
	withPassword := openSplit(t, "AZURE_SQL_USER=sa", "AZURE_SQL_PASSWORD=x")
	require.NoError(t, withPassword.CheckHost("evil.example.com"), "trust is about tokens")
}
