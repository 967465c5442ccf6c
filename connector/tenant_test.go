package connector

import (
	"context"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
)

// tenantless is a SQL Server connection whose service principal has no tenant, as
// Service Connector writes it for Java.
type tenantless struct {
	cloud *azuretest.Cloud
	id    azuretest.Identity
	h     *Handle
}

func newTenantless(t *testing.T) *tenantless {
	t.Helper()
	cloud := azuretest.New(t)
	id := cloud.AddServicePrincipal(azuretest.Identity{Secret: "canary-s3cret"})
	h, err := Open(dsn.SQLServer, "", &passwordless.Options{
		AuthorityHost: cloud.AuthorityHost(), Transport: cloud.Transport(),
		Environ: func() []string {
			return []string{"AZURE_SQL_SERVER=s.database.windows.net", "AZURE_SQL_DATABASE=d", "AZURE_SQL_USER=" + id.ClientID,
				"AZURE_SQL_PASSWORD=" + id.Secret, "AZURE_SQL_AUTHENTICATION=ActiveDirectoryServerPrincipal"}
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.Close()) })
	return &tenantless{cloud, id, h}
}

// stsURL is what a server of the cloud names.
func (s *tenantless) stsURL() string { return s.cloud.AuthorityHost() + s.id.TenantID }

// login is an attempt as a driver makes it: the server names the tenant, then it
// gets the token.
func (s *tenantless) login(ctx context.Context, a *Attempt) (driver.Conn, error) {
	if s.h.NeedsTenant() {
		if err := s.h.LearnTenant(s.stsURL()); err != nil {
			return nil, err
		}
	}
	l, err := a.Login(ctx)
	return connected{login: l}, err
}

func TestLearnTenant(t *testing.T) {
	s := newTenantless(t)
	assert.True(t, s.h.NeedsTenant())
	assert.Empty(t, s.h.Config().User, "the client ID is no user")
	assert.Contains(t, s.h.Status().Why, "the server names its tenant")
	_, err := s.h.Login(t.Context())
	failed, ok := errors.AsType[*passwordless.TokenError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "service-principal-tenant", failed.Anchor)
	assert.Equal(t, "sqlserver: login to s.database.windows.net:1433 database \"d\" with service principal (client ID "+s.id.ClientID+
		"): the service principal has no tenant, and no server has named one: set TENANTID (tenant_id in a connection string), Options.TenantID or AZURE_TENANT_ID"+
		" (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#service-principal-tenant)", err.Error())

	require.Error(t, s.h.LearnTenant("https://login.microsoftonline.com/"+s.id.TenantID), "the authority is another")
	assert.True(t, s.h.NeedsTenant())

	conn, err := connect(t, s.h, Classification{}, s.login)
	require.NoError(t, err)
	login := conn.(connected).login
	claims, err := s.cloud.Verify(login.Password.Reveal(), azuretest.SQLAudience)
	require.NoError(t, err)
	assert.Equal(t, s.id.ClientID, claims.ClientID)
	assert.WithinDuration(t, claims.Expires, login.ExpiresOn, 2*time.Second)
	assert.Empty(t, login.User)
	assert.False(t, s.h.NeedsTenant())
	status := s.h.Status()
	assert.Equal(t, s.id.TenantID, status.Tenant)
	assert.Contains(t, status.Why, "the server named the tenant "+s.id.TenantID)
	assert.True(t, status.Token.Valid)

	require.NoError(t, s.h.LearnTenant(s.stsURL()+"/"), "the same again")
	err = s.h.LearnTenant(s.cloud.AuthorityHost() + connectortest.Tenant)
	require.ErrorContains(t, err, "another tenant than the one in use")
	again, err := connect(t, s.h, Classification{}, s.login)
	require.NoError(t, err)
	assert.Equal(t, login, again.(connected).login)
	assert.Equal(t, 1, s.cloud.TokenRequests())
}

func TestLearnTenantAtOnce(t *testing.T) {
	s := newTenantless(t)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			if i%4 == 0 {
				_ = s.h.Status()
				s.h.SetActive(i%8 == 0)
			}
			_, err := connect(t, s.h, Classification{}, s.login)
			assert.NoError(t, err)
		})
	}
	all.Wait()
	assert.Equal(t, 1, s.cloud.TokenRequests())
}

func TestLearnTenantOfHandlesThatNeedNone(t *testing.T) {
	for _, row := range []struct {
		name, variable string
		ok             bool
	}{
		{"the tenant of the connection", "AZURE_SQL_TENANTID=" + connectortest.Tenant, true},
		{"another than that of the connection", "AZURE_SQL_TENANTID=" + connectortest.OtherClient, false},
		{"the tenant of the environment", "AZURE_TENANT_ID=" + connectortest.Tenant, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := openSplit(t, "AZURE_SQL_CLIENTID="+connectortest.Client, "AZURE_SQL_CLIENTSECRET=x", row.variable)
			assert.False(t, h.NeedsTenant())
			assert.Equal(t, row.ok, h.LearnTenant("https://login.windows.net/"+connectortest.Tenant) == nil)
		})
	}
	for name, variables := range map[string][]string{
		"a password":         {"AZURE_SQL_USER=sa", "AZURE_SQL_PASSWORD=x"},
		"a managed identity": {"AZURE_SQL_CLIENTID=" + connectortest.Client},
	} {
		t.Run(name, func(t *testing.T) {
			onAppServiceWithoutTools(t)
			h := openSplit(t, variables...)
			assert.False(t, h.NeedsTenant())
			require.ErrorAs(t, h.LearnTenant("https://login.windows.net/"+connectortest.Tenant), new(*passwordless.TokenError))
		})
	}
}

// openSplit opens the default connection to a SQL Server in Azure.
func openSplit(t *testing.T, variables ...string) *Handle {
	t.Helper()
	h, err := Open(dsn.SQLServer, "", &passwordless.Options{Environ: func() []string {
		return append(variables, "AZURE_SQL_SERVER=s.database.windows.net", "AZURE_SQL_DATABASE=d")
	}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.Close()) })
	return h
}

func TestOnlySQLServerNamesTheTenant(t *testing.T) {
	for engine, prefix := range map[dsn.Engine]string{dsn.PostgreSQL: "AZURE_POSTGRESQL_", dsn.MySQL: "AZURE_MYSQL_"} {
		_, err := Open(engine, "", &passwordless.Options{Environ: func() []string {
			return []string{prefix + "HOST=h", prefix + "CLIENTID=" + connectortest.Client, prefix + "CLIENTSECRET=canary"}
		}})
		require.ErrorContains(t, err, "TENANTID: the connection's service principal has no tenant")
		connectortest.AssertClean(t, err, "canary")
	}
}

func TestTenantlessCertificateIsReadAtOnce(t *testing.T) {
	garbage := filepath.Join(t.TempDir(), "garbage.pem")
	require.NoError(t, os.WriteFile(garbage, []byte("canary"), 0o600))
	_, err := Open(dsn.SQLServer, "", &passwordless.Options{Environ: func() []string {
		return []string{"AZURE_SQL_SERVER=s.database.windows.net", "AZURE_SQL_USER=" + connectortest.Client,
			"AZURE_SQL_AUTHENTICATION=ActiveDirectoryServicePrincipal", "AZURE_CLIENT_CERTIFICATE_PATH=" + garbage}
	}})
	var setup *passwordless.SetupError
	require.ErrorAs(t, err, &setup)
	assert.Equal(t, "AZURE_CLIENT_CERTIFICATE_PATH", setup.Variable)
	connectortest.AssertClean(t, err, "canary")
}

func TestTenantIsLearnedAfterClose(t *testing.T) {
	s := newTenantless(t)
	s.h.SetActive(false)
	require.NoError(t, s.h.Close())
	_, err := connect(t, s.h, Classification{}, s.login)
	require.NoError(t, err)
	assert.Zero(t, s.h.Status().Token.Handles, "nothing goes on for a closed handle")

	open := newTenantless(t)
	_, err = connect(t, open.h, Classification{}, open.login)
	require.NoError(t, err)
	assert.Equal(t, 1, open.h.Status().Token.Handles)
}

// A server may refuse the token that an attempt got for itself.
func TestConnectJudgesTheTokenThatAnAttemptGot(t *testing.T) {
	s := newTenantless(t)
	attempts := 0
	_, err := connect(t, s.h, Classification{Refused: true, Expired: true}, func(ctx context.Context, a *Attempt) (driver.Conn, error) {
		attempts++
		_, err := s.login(ctx, a)
		return nil, errors.Join(errRefused, err)
	})
	refused, ok := errors.AsType[*passwordless.LoginError](err)
	require.True(t, ok, "%v", err)
	assert.Contains(t, refused.Claims, "https://database.windows.net")
	assert.Equal(t, 2, attempts)
	assert.Equal(t, 2, s.cloud.TokenRequests())
}

func TestConnectWithoutATenant(t *testing.T) {
	s := newTenantless(t)
	none := func(context.Context, *Attempt) (driver.Conn, error) { return nil, errRefused }
	for _, c := range []Classification{{}, {Refused: true}, {Refused: true, Expired: true}} {
		_, err := connect(t, s.h, c, none)
		refused, ok := errors.AsType[*passwordless.LoginError](err)
		require.True(t, ok, "%v", err)
		assert.Empty(t, refused.Claims, "no token was sent")
	}
	_, err := connect(t, s.h, Classification{}, func(context.Context, *Attempt) (driver.Conn, error) {
		return nil, errors.Join(errRefused, s.h.LearnTenant("https://evil.example.com/"+connectortest.Tenant))
	})
	failed, ok := err.(*passwordless.TokenError)
	require.True(t, ok, "%v", err)
	assert.Equal(t, "service-principal-tenant", failed.Anchor)
	assert.ErrorContains(t, err, `"evil.example.com"`)
	assert.Zero(t, s.cloud.TokenRequests())
}
