package sqlserver

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func TestNoTokenInPrintedConnections(t *testing.T) {
	b := engine.Bench(t, nil)
	conn, err := b.Connector(t).Connect(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	b.Issuer.AssertNotIn(t, fmt.Sprintf("%v|%+v|%#v", conn, conn, conn))
}

// A password login's error must not print the password that go-mssqldb's
// configuration holds.
func TestNoPasswordInErrors(t *testing.T) {
	c, err := NewConnector("server=127.0.0.1;port=1;user id=u;password=c4nary", &passwordless.Options{Environ: func() []string { return nil }})
	require.NoError(t, err)
	defer func() { assert.NoError(t, c.Close()) }()
	err = drivertest.Connect(t, c)
	require.ErrorContains(t, err, "dial tcp 127.0.0.1:1")
	assert.NotContains(t, fmt.Sprintf("%v|%+v|%#v", err, err, err), "c4nary")
	assert.NotContains(t, fmt.Sprintf("%v|%+v|%#v", c, c, c), "c4nary")
}
