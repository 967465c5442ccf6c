package e2e_test

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
	"github.com/azuredb/passwordless/postgres"
)

// unverifiedServers are servers whose host may have a token and who still must not get it.
var unverifiedServers = []struct {
	name   string
	fault  azuretest.ServerFault
	anchor string
	says   string
}{
	{"without TLS", azuretest.ServerFault{Kind: azuretest.NoTLS}, "server-without-tls", "does not offer TLS"},
	{"asks for the token in clear text", azuretest.ServerFault{Kind: azuretest.Plaintext}, "server-without-tls", "does not offer TLS"},
	{"self-signed certificate", azuretest.ServerFault{Kind: azuretest.SelfSigned}, "server-certificate", "signed by no one trusted here"},
	{"certificate of another name", azuretest.ServerFault{Kind: azuretest.WrongName}, "server-certificate", "is for another name"},
	{"expired certificate", azuretest.ServerFault{Kind: azuretest.ExpiredCertificate}, "server-certificate", "is not valid now"},
}

// modes are all that a string may say about TLS, but for disable.
var modes = []string{"", "sslmode=allow", "sslmode=prefer", "sslmode=require", "sslmode=verify-ca", "sslmode=verify-full"}

func TestUnverifiedServerGetsNoToken(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	for _, c := range unverifiedServers {
		t.Run(c.name, func(t *testing.T) {
			id := s.userAssigned(t)
			front := s.frontEnd(t, id.Name)
			front.Inject(c.fault)
			for _, mode := range modes {
				text := s.textTo(front, id, mode)
				requireLoginError(t, openDB(t, text, s.options()).PingContext(limited(t)), c.anchor, c.says)
				requireLoginError(t, postgres.Explain(openPool(t, text, s.options()).Ping(limited(t))), c.anchor, c.says)
			}
			requireNoToken(t, front)
		})
	}
}

func TestServerOfAnUnknownAuthorityGetsNoToken(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	id := s.userAssigned(t)
	front := s.frontEnd(t, id.Name)
	for _, mode := range modes {
		options := s.options()
		options.RootCAs = nil
		text := s.textTo(front, id, mode)
		requireLoginError(t, openDB(t, text, options).PingContext(limited(t)), "server-certificate", "signed by no one trusted here")
	}
	requireNoToken(t, front)
}

// Trust is in the name that the certificate is for: a trusted host with another's certificate is not that host.
func TestTrustedHostWithAnothersCertificateGetsNoToken(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	id := s.userAssigned(t)
	other := s.named(t, "other.postgres.database.azure.com")
	for _, mode := range modes {
		options := s.options()
		options.Dial = dialTo(other)
		text := fmt.Sprintf("host=%s user=%s dbname=app client_id=%s %s", azureName, id.Name, id.ClientID, mode)
		requireLoginError(t, openDB(t, text, options).PingContext(limited(t)), "server-certificate", "is for another name")
		requireLoginError(t, postgres.Explain(openPool(t, text, options).Ping(limited(t))), "server-certificate", "is for another name")
	}
	requireNoToken(t, other)
}

// The address that is dialled does not matter, in either direction: tunnels and private endpoints.
func TestVerifiedNameDecides(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	for _, c := range []struct {
		name   string
		text   string
		adjust func(*passwordless.Options)
	}{
		{"Azure's name, dialled elsewhere", "host=" + azureName, func(o *passwordless.Options) {
			o.Dial = dialTo(s.server)
		}},
		{"a tunnel, Options.ServerName", s.address(), func(o *passwordless.Options) { o.ServerName = azureName }},
		{"a tunnel, hostNameInCertificate", s.address() + " hostNameInCertificate=" + azureName, func(*passwordless.Options) {}},
	} {
		t.Run(c.name, func(t *testing.T) {
			id := s.userAssigned(t)
			options := s.options()
			options.TrustedHosts = []string{}
			c.adjust(options)
			text := fmt.Sprintf("%s user=%s dbname=%s client_id=%s sslmode=verify-ca", c.text, id.Name, s.server.Database, id.ClientID)
			requireUser(t, id.Name, openDB(t, text, options))
			requirePoolUser(t, id.Name, openPool(t, text, options))
		})
	}
}

// textTo is a string for a front end with the identity's ID, and a mode instead of libpqTo's.
func (s *stage) textTo(front *postgresfront.Server, id azuretest.Identity, mode string) string {
	return fmt.Sprintf("host=%s port=%d dbname=%s user=%s client_id=%s %s", front.Host(), front.Port(), s.server.Database, id.Name, id.ClientID, mode)
}

// address is the shared server's in a string.
func (s *stage) address() string {
	return "host=" + s.server.Host + " port=" + strconv.Itoa(s.server.Port)
}

// named is a front end with a good certificate for a name.
func (s *stage) named(t *testing.T, name string) *postgresfront.Server {
	t.Helper()
	front, err := postgresfront.Start(s.Cloud, &postgresfront.Options{ServerOptions: azuretest.ServerOptions{Names: []string{name}}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, front.Close()) })
	return front
}

// dialTo leads all connections to one server.
func dialTo(server interface{ Addr() string }) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Addr())
	}
}

func requireLoginError(t *testing.T, err error, anchor, says string) {
	t.Helper()
	var refused *passwordless.LoginError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, anchor, refused.Anchor, err)
	require.ErrorContains(t, err, says)
}

func requireSetupError(t *testing.T, err error, anchor, says string) {
	t.Helper()
	var refused *passwordless.SetupError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, anchor, refused.Anchor, err)
	require.ErrorContains(t, err, says)
}

// requireNoToken ends a front end, so that its record is complete, and asserts that no one logged in or sent what
// a server asks for as a password.
func requireNoToken(t *testing.T, f front) {
	t.Helper()
	require.NoError(t, f.Close())
	for _, login := range f.Logins() {
		assert.Zero(t, login.PasswordLength, "a password arrived")
		assert.Error(t, login.Err)
	}
	assert.Empty(t, f.Plaintext())
}
