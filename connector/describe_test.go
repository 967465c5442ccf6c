package connector

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/credential"
)

func TestDescribeToken(t *testing.T) {
	cloud := azuretest.New(t, nil)
	id := cloud.SignIn(azuretest.Identity{Name: "ann@contoso.com"})
	issued := time.Now().Add(-2 * time.Hour)
	for name, row := range map[string]struct {
		token string
		want  []string
	}{
		"valid": {cloud.Mint(id, azuretest.TokenOptions{Audience: "https://vault.azure.net"}),
			[]string{"for https://vault.azure.net", "expires at ", id.ObjectID, "named ann@contoso.com"}},
		"expired": {cloud.Mint(id, azuretest.TokenOptions{Audience: "a", IssuedAt: issued, Lifetime: time.Hour}),
			[]string{"expired at " + issued.Add(time.Hour).UTC().Format(time.RFC3339)}},
	} {
		t.Run(name, func(t *testing.T) {
			text := credential.DescribeToken(row.token)
			for _, part := range row.want {
				assert.Contains(t, text, part)
			}
			assert.NotContains(t, text, row.token[:16])
		})
	}
	for _, none := range []string{"", "a", "a.b.c", "eyJhbGciOiJub25lIn0.e30.c"} {
		assert.Equal(t, "not a JSON Web Token of Microsoft Entra's", credential.DescribeToken(none))
	}
}

func TestARefusalSaysWhatTheTokenIs(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	h := a.open(t)
	s := &server{refuse: func(string) bool { return true }}
	_, err := s.connect(t, h, Classification{Refused: true})
	require.ErrorContains(t, err, "; the token is for "+azuretest.OSSRDBMSAudience+", expires at ")
	assert.ErrorContains(t, err, a.identity.ObjectID)
	_, err = s.connect(t, h, Classification{})
	require.NotContains(t, err.Error(), "the token is", "the server did not judge it")
}
