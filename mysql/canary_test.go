package mysql

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/drivertest"
)

func TestNoTokenInTheDriversConfigurations(t *testing.T) {
	b := engine.Bench(t, nil)
	c := b.Connector(t)
	require.NoError(t, drivertest.Connect(t, c))
	for _, server := range c.servers {
		b.Issuer.AssertNotIn(t, fmt.Sprintf("%v|%+v|%#v", server, server, server)+server.FormatDSN())
	}
}
