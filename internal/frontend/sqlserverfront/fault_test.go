package sqlserverfront_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
)

// The cause that go-mssqldb keeps, with strict.
func TestUnknownAuthority(t *testing.T) {
	b := newBench(t, nil)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.SelfSigned})
	var unknown x509.UnknownAuthorityError
	assert.ErrorAs(t, connect(t, byToken(t, b.config(t, "encrypt=strict"), b.Token)), &unknown)
}

func TestNoTLS(t *testing.T) {
	b := newBench(t, nil)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.NoTLS})
	require.ErrorContains(t, connect(t, byToken(t, b.config(t, ""), b.Token)), "does not support encryption")
	require.Error(t, connect(t, byToken(t, b.config(t, "encrypt=strict"), b.Token)))

	// The client speaks first: what it says in clear text has been said.
	serverError := refused(t, byToken(t, b.config(t, "encrypt=false"), b.Token))
	assert.Equal(t, int32(17835), serverError.Number)

	require.NoError(t, b.Server.Close())
	logins := b.Server.Logins()
	require.Len(t, logins, 3)
	for _, login := range logins {
		assert.Error(t, login.Err)
		assert.Zero(t, login.TLS)
	}
	caught := b.Server.Plaintext()
	require.Len(t, caught, 1)
	assert.Equal(t, len(b.Token), caught[0].PasswordLength)
}

func TestPlaintext(t *testing.T) {
	b := newBench(t, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"owner": "secret"}}})
	remove := b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Plaintext})
	require.ErrorContains(t, connect(t, byToken(t, b.config(t, ""), b.Token)), "does not support encryption")
	require.Error(t, connect(t, byToken(t, b.config(t, "encrypt=strict"), b.Token)))
	assert.Empty(t, b.Server.Plaintext())

	require.NoError(t, open(t, byToken(t, b.config(t, "encrypt=false"), b.Token)).PingContext(t.Context()))
	config := b.config(t, "encrypt=disable")
	config.User, config.Password = "owner", "secret"
	require.NoError(t, open(t, mssql.NewConnectorConfig(config)).PingContext(t.Context()))
	caught := b.Server.Plaintext()
	require.Len(t, caught, 2)
	assert.Equal(t, b.ID.Name, caught[0].User)
	assert.Equal(t, len(b.Token), caught[0].PasswordLength)
	assert.Equal(t, "owner", caught[1].User)
	assert.Equal(t, len("secret"), caught[1].PasswordLength)

	remove()
	remove() // again: nothing
	require.NoError(t, connect(t, byToken(t, b.config(t, ""), b.Token)))
}

// go-mssqldb's login does not obey a context; its connection timeout ends it.
func TestSilent(t *testing.T) {
	b := newBench(t, nil)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Silent, Times: 1})
	config := b.config(t, "")
	config.ConnTimeout = 20 * time.Millisecond
	require.Error(t, connect(t, byToken(t, config, b.Token)))
	require.NoError(t, connect(t, byToken(t, b.config(t, ""), b.Token)))
	frontendtest.AssertOneSilence(t, b.Server)
}

func TestRefuse(t *testing.T) {
	b := newBench(t, nil)
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Refuse, Err: &sqlserverfront.Error{Number: 40613, State: 3, Message: "Database 'orders' on server 'x' is not currently available."}, Times: 1})
	serverError := refused(t, byToken(t, b.config(t, ""), b.Token))
	assert.Equal(t, int32(40613), serverError.Number)
	assert.Equal(t, uint8(3), serverError.State)
	assert.Equal(t, uint8(14), serverError.Class)
	assert.Equal(t, "login error: Database 'orders' on server 'x' is not currently available.", serverError.Message)
	require.NoError(t, connect(t, byToken(t, b.config(t, ""), b.Token)))
}

func TestExpiredToken(t *testing.T) {
	b := newBench(t, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"owner": "secret"}}})
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.ExpiredToken, Times: 1})
	assert.NotContains(t, refused(t, byToken(t, b.config(t, ""), "nonsense")).Message, "expired")
	config := b.config(t, "")
	config.User, config.Password = "owner", "secret"
	require.NoError(t, connect(t, mssql.NewConnectorConfig(config)), "a password is no token")
	serverError := refused(t, byToken(t, b.config(t, ""), b.Token))
	assert.Equal(t, "login error: Login failed for user '<token-identified principal>'. Token is expired.", serverError.Message)
	require.NoError(t, connect(t, byToken(t, b.config(t, ""), b.Token)))
}

// The client is sent to a second server, where it asks for a token again.
func TestRoute(t *testing.T) {
	for _, encrypt := range []string{"encrypt=true", "encrypt=strict"} {
		t.Run(encrypt, func(t *testing.T) {
			b := newBench(t, nil)
			other, err := sqlserverfront.Start(b.Cloud, nil)
			require.NoError(t, err)
			b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Route, Host: "localhost", Port: other.Port(), Times: 1})
			asked := 0
			config := b.config(t, encrypt)
			config.HostInCertificateProvided = false // so the routed name is the one to verify
			connector, err := mssql.NewSecurityTokenConnector(config, func(context.Context) (string, error) {
				asked++
				return b.Token, nil
			})
			require.NoError(t, err)
			require.NoError(t, connect(t, connector))
			assert.Equal(t, 2, asked)
			require.NoError(t, b.Server.Close())
			require.Len(t, b.Server.Logins(), 1)
			assert.NoError(t, b.Server.Logins()[0].Err)
			require.Len(t, other.Logins(), 1)
			assert.Equal(t, "localhost", other.Logins()[0].Parameters["server name"])
			assert.Equal(t, b.ID.Name, other.Logins()[0].User)
		})
	}
}

// Faults that act in the handshake must not be bypassed by a resumed session.
func TestNoTLSResumption(t *testing.T) {
	b := newBench(t, nil)
	config := b.config(t, "")
	config.TLSConfig.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	require.NoError(t, connect(t, byToken(t, config, b.Token)))
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.WrongName})
	require.ErrorContains(t, connect(t, byToken(t, config, b.Token)), "wrong-name.invalid")
}
