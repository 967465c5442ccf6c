package connector

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
)

const jwtCanary = "eyJhbGciOiJub25lIn0.eyJvaWQiOiJjYW5hcnkifQ.c2lnbmF0dXJl"

func TestAServersEchoIsScrubbed(t *testing.T) {
	err := &LoginError{Engine: dsn.PostgreSQL, Host: "h:5432", Err: errors.New("FATAL: no user with password " + jwtCanary)}
	assert.Equal(t, "postgresql: login to h:5432: FATAL: no user with password ***", err.Error())
}

// What is cut off must not leave the beginning of a secret behind.
func TestLongTextsAreScrubbedBeforeTheyAreCut(t *testing.T) {
	id := identity{kind: ServicePrincipal, secret: dsn.NewSecret(strings.Repeat("canary", 8))}
	err := newIdentityError(t.Context(), id, errors.New(strings.Repeat("x", 380)+id.secret.Reveal()), &lastResponse{})
	assert.NotContains(t, fmt.Sprintf("%v %+v", err, err), "canary")
}

func TestAKeyInPlaceOfAPathIsNotQuoted(t *testing.T) {
	const key = "-----BEGIN PRIVATE KEY-----\nMIIEcanary\n-----END PRIVATE KEY-----"
	none := func() []string { return nil }
	for name, s := range map[string]string{
		"client certificate": "client_id=" + testClient + " tenant_id=" + testTenant + " client_certificate_path='" + key + "'",
		"a name that is not": "client_id=" + testClient + " tenant_id=" + testTenant + " client_certificate_path=/canary/MIIE",
		"sslkey":             "sslcert=scrub_test.go sslkey='" + key + "'",
		"sslrootcert":        "sslrootcert='" + key + "'",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(dsn.PostgreSQL, "host="+testHost+" user=u "+s, &Options{Environ: none})
			require.ErrorAs(t, err, new(*SetupError))
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), "canary")
		})
	}
}
