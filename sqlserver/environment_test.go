package sqlserver

import (
	"context"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
)

// issuer is a credential that mints tokens of one identity and keeps them all,
// to look for them where they must not be.
type issuer struct {
	cloud    *azuretest.Cloud
	identity azuretest.Identity
	options  azuretest.TokenOptions

	mu     sync.Mutex
	tokens []string // guarded by mu
}

var _ azcore.TokenCredential = (*issuer)(nil)

func (i *issuer) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token := i.cloud.Mint(i.identity, i.options)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.tokens = append(i.tokens, token)
	return azcore.AccessToken{Token: token, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// issued returns the tokens given so far.
func (i *issuer) issued() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]string(nil), i.tokens...)
}

// bench is a cloud, a server front end and the options to reach it.
type bench struct {
	cloud   *azuretest.Cloud
	server  *azuretest.SQLServer
	issuer  *issuer
	options *connector.Options
}

func newBench(t testing.TB, o *azuretest.SQLServerOptions) *bench {
	t.Helper()
	cloud := azuretest.New(t, nil)
	b := &bench{cloud: cloud, server: startServer(t, cloud, o)}
	id := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
	b.issuer = &issuer{cloud: cloud, identity: id, options: azuretest.TokenOptions{Audience: azuretest.SQLAudience}}
	b.options = &connector.Options{
		Credential:   b.issuer,
		TrustedHosts: []string{"localhost", "127.0.0.1"},
		RootCAs:      []*x509.Certificate{cloud.CA().Certificate()},
		Environ:      func() []string { return nil },
	}
	return b
}

func startServer(t testing.TB, cloud *azuretest.Cloud, o *azuretest.SQLServerOptions) *azuretest.SQLServer {
	t.Helper()
	server, err := cloud.StartSQLServer(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return server
}

// dsn is the server's connection string with more settings at its end.
func (b *bench) dsn(more string) string {
	return "server=127.0.0.1;port=" + strconv.Itoa(b.server.Port()) + ";database=orders;" + more
}

func (b *bench) connector(t testing.TB, more string) *Connector {
	t.Helper()
	c, err := NewConnector(b.dsn(more), b.options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func (b *bench) db(t testing.TB, more string) *sql.DB {
	t.Helper()
	db, err := OpenDB(b.dsn(more), b.options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// connect makes one connection and closes it.
func connect(t testing.TB, c driver.Connector) error {
	t.Helper()
	conn, err := c.Connect(t.Context())
	if err != nil {
		return err
	}
	return conn.Close()
}
