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

func TestAKeyInPlaceOfAPathIsNotQuoted(t *testing.T) {
	const key = "-----BEGIN PRIVATE KEY-----\nMIIEcanary\n-----END PRIVATE KEY-----"
	none := func() []string { return nil }
	for name, s := range map[string]string{
		"client certificate": "client_id=" + connectortest.TestClient + " tenant_id=" + connectortest.TestTenant + " client_certificate_path='" + key + "'",
		"a name that is not": "client_id=" + connectortest.TestClient + " tenant_id=" + connectortest.TestTenant + " client_certificate_path=/canary/MIIE",
		"sslkey":             "sslcert=scrub_test.go sslkey='" + key + "'",
		"sslrootcert":        "sslrootcert='" + key + "'",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(dsn.PostgreSQL, "host="+testHost+" user=u "+s, &passwordless.Options{Environ: none})
			require.ErrorAs(t, err, new(*passwordless.SetupError))
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), "canary")
		})
	}
}
