package connector

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
)

const jwtCanary = "eyJhbGciOiJub25lIn0.eyJvaWQiOiJjYW5hcnkifQ.c2lnbmF0dXJl"

func TestScrub(t *testing.T) {
	const secret = `a/b~"c\d+e`
	for name, text := range map[string]string{
		"raw":          "you sent " + secret + " to us",
		"form":         "client_secret=a%2Fb~%22c%5Cd%2Be&scope=x",
		"JSON":         `{"client_secret":"a/b~\"c\\d+e"}`,
		"token":        "password " + jwtCanary + " is wrong",
		"half a token": "password " + jwtCanary[:30],
	} {
		t.Run(name, func(t *testing.T) {
			out := scrub(text, "", secret)
			assert.Contains(t, out, "***")
			assert.NotContains(t, out, secret)
			assert.NotContains(t, out, "%22c%5C")
			assert.NotContains(t, out, jwtCanary[:30])
		})
	}
}

func TestScrubSpellings(t *testing.T) {
	for _, secret := range []string{`ends with "`, "a&b<c>", "two  blanks", `back\slash`} {
		quoted, err := json.Marshal(secret)
		require.NoError(t, err)
		for _, text := range []string{secret, oneLine(secret), string(quoted), url.PathEscape(secret), url.QueryEscape(secret)} {
			assert.NotContains(t, strings.ReplaceAll(scrub("<"+text+">", secret), "***", ""), secret[1:4], text)
		}
	}
	assert.Equal(t, "*** ***", scrub("abcd1234 abcd", "abcd", "abcd1234"), "one secret begins another")
}

func TestAServersEchoIsScrubbed(t *testing.T) {
	err := &LoginError{Engine: dsn.PostgreSQL, Host: "h:5432", Err: errors.New("FATAL: no user with password " + jwtCanary)}
	assert.Equal(t, "postgresql: login to h:5432: FATAL: no user with password ***", err.Error())
}

// What is cut off must not leave the beginning of a secret behind.
func TestLongTextsAreScrubbedBeforeTheyAreCut(t *testing.T) {
	id := identity{kind: ServicePrincipal, secret: dsn.NewSecret(strings.Repeat("canary", 8))}
	err := newIdentityError(t.Context(), id, errors.New(strings.Repeat("x", 380)+id.secret.Reveal()), &witness{})
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
