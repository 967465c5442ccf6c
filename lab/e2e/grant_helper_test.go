package e2e_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// identityID is one that the stand-ins for Azure's functions take.
const identityID = "99999999-2222-4333-8444-555555555555"

// hostileNames are names that would be SQL if they were not quoted, and some made of pieces of such.
func hostileNames() []string {
	names := []string{
		"Ann O'Neil", `o"rders`, "o`rders", "o]rders", " or ders", "or;ders", `o\rders`, `orders\`, "100%", "é大阪", "a_b", "PUBLIC",
		`"; DROP TABLE canary; --`, "'; DROP TABLE canary; --", "`; DROP TABLE canary; --", `\'; DROP TABLE canary; --`,
	}
	pieces := []string{"'", `"`, "`", "]", "[", ";", `\`, " ", "--", "/*", "*/", "#", "%", "$$", "é", "大", "DROP", "canary", "a", "(", ")", "@", ":x", "?", "$1"}
	r := rand.New(rand.NewPCG(1, 2)) // the same names each time
	for range 16 {
		name := "n"
		for range 2 + r.IntN(8) {
			name += pieces[r.IntN(len(pieces))]
		}
		names = append(names, name+".")
	}
	return names
}

// grant runs passwordless grant, and wants it to succeed.
func (c command) grant(t *testing.T, args ...string) string {
	t.Helper()
	out, failure, err := c.run(t, append([]string{"grant"}, args...)...)
	require.NoError(t, err, "%s\n%s", out, failure)
	return out
}

// grantFails runs it, and wants exit status 1.
func (c command) grantFails(t *testing.T, args ...string) string {
	t.Helper()
	out, failure, err := c.run(t, append([]string{"grant"}, args...)...)
	require.Error(t, err, out)
	assert.Equal(t, "exit status 1", err.Error(), failure)
	return out
}
