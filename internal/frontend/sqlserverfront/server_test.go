package sqlserverfront_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"net"
	"strconv"
	"strings"
	"testing"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/internal/tds"
)

func TestLogsInWithToken(t *testing.T) {
	for _, c := range []struct {
		name, encrypt, tds string
		version            uint16
	}{
		{"TDS 7.4", "true", "7.4", tls.VersionTLS12},
		{"TDS 8.0", "strict", "8.0", tls.VersionTLS13},
		{"encrypt=false is raised to TLS", "false", "7.4", tls.VersionTLS12},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, nil)
			config := b.config(t, "encrypt="+c.encrypt+";app name=bench;workstation id=desk;applicationintent=ReadOnly")
			config.TLSConfig = &tls.Config{RootCAs: b.Cloud.CA().Pool(), ServerName: "localhost"}
			require.NoError(t, open(t, byToken(t, config, b.Token)).PingContext(t.Context()))

			login := frontendtest.AssertTokenLogin(t, b.Server, b.ID.Name, b.Token)
			assert.Equal(t, map[string]string{
				"app name": "bench", "host name": "desk", "server name": "127.0.0.1",
				"application intent": "ReadOnly", "tds version": c.tds,
			}, login.Parameters)
			assert.Equal(t, c.version, login.TLS)
		})
	}
}

// The server tells the client where to get its token.
func TestTellsWhereToGetTheToken(t *testing.T) {
	for _, c := range []struct {
		name, url string
		want      func(c *azuretest.Cloud) string
	}{
		{"the cloud", "", func(c *azuretest.Cloud) string { return c.AuthorityHost() + c.TenantID() }},
		{"by option", "https://login.test/contoso", func(*azuretest.Cloud) string { return "https://login.test/contoso" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, &sqlserverfront.Options{STSURL: c.url})
			for _, encrypt := range []string{"encrypt=true", "encrypt=strict"} {
				var spn, sts string
				connector, err := mssql.NewActiveDirectoryTokenConnector(b.config(t, encrypt), mssql.FedAuthADALWorkflowMSI,
					func(_ context.Context, serverSPN, stsURL string) (string, error) {
						spn, sts = serverSPN, stsURL
						return b.Token, nil
					})
				require.NoError(t, err)
				require.NoError(t, connect(t, connector))
				assert.Equal(t, "https://database.windows.net/", spn)
				assert.Equal(t, c.want(b.Cloud), sts)
			}
			logins := b.Server.Logins()
			require.Len(t, logins, 2)
			for _, login := range logins {
				assert.Equal(t, b.ID.Name, login.User)
				assert.Equal(t, sha256.Sum256([]byte(b.Token)), login.PasswordSHA256)
			}
		})
	}
}

func TestAccessTokenConnector(t *testing.T) {
	b := newBench(t, nil)
	connector, err := mssql.NewAccessTokenConnector("server=127.0.0.1;port="+strconv.Itoa(b.Server.Port())+";encrypt=true;trustservercertificate=true",
		func() (string, error) { return b.Token, nil })
	require.NoError(t, err)
	c, ok := connector.(*mssql.Connector)
	require.True(t, ok)
	require.NoError(t, connect(t, c))
}

func TestAddress(t *testing.T) {
	b := newBench(t, nil)
	assert.Equal(t, net.JoinHostPort(b.Server.Host(), strconv.Itoa(b.Server.Port())), b.Server.Addr())
}

func TestPasswords(t *testing.T) {
	b := newBench(t, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"owner": "pä$$wörd"}}})
	for _, c := range []struct{ name, user, password, message string }{
		{"right", "owner", "pä$$wörd", ""},
		{"wrong", "owner", "password", "login error: Login failed for user 'owner'."},
		{"unknown", "ghost", "password", "login error: Login failed for user 'ghost'."},
		{"none", "", "", "login error: Login failed for user ''."},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := b.config(t, "")
			config.User, config.Password = c.user, c.password
			connector := mssql.NewConnectorConfig(config)
			if c.message == "" {
				require.NoError(t, connect(t, connector))
			} else {
				refusal := refused(t, connector)
				assert.Equal(t, int32(18456), refusal.Number)
				assert.Equal(t, c.message, refusal.Message)
			}
			logins := b.Server.Logins()
			login := logins[len(logins)-1]
			assert.Equal(t, c.user, login.User)
			assert.Equal(t, len(c.password), login.PasswordLength)
		})
	}
}

// An application without a name gets the one that SQL Server shows.
func TestNamesFromTokens(t *testing.T) {
	b := newBench(t, nil)
	server, err := sqlserverfront.NewPipe(b.Cloud.CA(), &sqlserverfront.Options{Verify: func(token string) (azuretest.Claims, error) {
		claims, err := b.Cloud.Verify(token, azuretest.OSSRDBMSAudience)
		if claims.Names[0] == b.ID.Name {
			claims.Names = nil
		}
		return claims, err
	}})
	require.NoError(t, err)
	user := b.Cloud.SignIn(azuretest.Identity{Name: "ada@contoso.com"})
	for _, id := range []azuretest.Identity{b.ID, user} {
		config := b.config(t, "")
		connector := byToken(t, config, b.Cloud.Mint(id, azuretest.OSSRDBMSAudience))
		connector.Dialer = frontendtest.Pipe{Server: server}
		require.NoError(t, connect(t, connector))
	}
	require.NoError(t, server.Close())
	logins := server.Logins()
	require.Len(t, logins, 2)
	assert.Equal(t, b.ID.ClientID+"@"+b.Cloud.TenantID(), logins[0].User)
	assert.Equal(t, "ada@contoso.com", logins[1].User)
}

func TestTokenSizes(t *testing.T) {
	b := newBench(t, nil)
	for _, size := range []int{0, 1 << 10, 2 << 10, 4 << 10, 8 << 10, 16 << 10, 48 << 10} {
		for _, parameters := range []string{"encrypt=true", "encrypt=strict", "packet size=512;encrypt=strict", "packet size=32767"} {
			token := b.Mint(frontendtest.Padded(b.ID, size))
			require.NoError(t, open(t, byToken(t, b.config(t, parameters), token)).PingContext(t.Context()), "%d %s", size, parameters)
			logins := b.Server.Logins()
			assert.Equal(t, sha256.Sum256([]byte(token)), logins[len(logins)-1].PasswordSHA256)
		}
	}
	err := connect(t, byToken(t, b.config(t, ""), strings.Repeat("x", 200<<10)))
	require.Error(t, err)
	require.NoError(t, b.Server.Close())
	logins := b.Server.Logins()
	assert.ErrorContains(t, logins[len(logins)-1].Err, "longer than")
}

func TestOptionErrors(t *testing.T) {
	accept := func(string) (azuretest.Claims, error) { return azuretest.Claims{}, nil }
	handler := func(context.Context, *tds.Session) error { return nil }
	frontendtest.AssertOptionErrors(t, sqlserverfront.NewPipe, map[string][]*sqlserverfront.Options{
		"Verify or Passwords must be set":               {nil},
		"Backend, Query and Handler exclude each other": {{Verify: accept, ServerOptions: azuretest.ServerOptions{Backend: "sqlserver://u:p@h"}, Handler: handler}},
		"at least one name":                             {{Verify: accept, ServerOptions: azuretest.ServerOptions{Names: []string{}}}},
	})
}
