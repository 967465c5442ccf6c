package tds

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// testAnswer is the answer to a login that succeeded.
func testAnswer(version uint32) []byte {
	grant := Grant{Request: &Login{Version: version}, Database: "orders", PacketSize: 8000}
	return AppendDone(grant.Answer(), TokenDone, 0, 0, 0)
}

func TestBackendAnswer(t *testing.T) {
	answer, err := ParseLoginAnswer(testAnswer(Version74))
	require.NoError(t, err)
	assert.NoError(t, answer.Refused)
	assert.Equal(t, 8000, answer.PacketSize)
	assert.Equal(t, []byte{0x74, 0, 0, 4}, answer.Version)

	client := &Login{Version: Version80, FedAuth: &FedAuth{Library: SecurityToken}}
	want := testAnswer(Version80)
	end := len(want) - len(AppendDone(nil, TokenDone, 0, 0, 0))
	want = append(append(want[:end:end], client.featureAck(nil)...), want[end:]...)
	assert.Equal(t, want, answer.ForClient(client, nil))
}

func TestBackendRefusal(t *testing.T) {
	first, second := NewError(4060, 1, 11, "no database"), NewError(18456, 1, 14, "no login")
	tokens := AppendMessage(AppendMessage(nil, TokenError, first), TokenError, second)
	answer, err := ParseLoginAnswer(AppendDone(tokens, TokenDone, DoneError, 0, 0))
	require.NoError(t, err)
	assert.Equal(t, errors.Join(errors.Join(nil, first), second), answer.Refused)
}

func TestBackendHostile(t *testing.T) {
	good := testAnswer(Version74)
	for _, c := range []struct {
		name string
		b    []byte
		err  string
	}{
		{"empty", nil, "neither grants"},
		{"no acknowledgement", AppendDone(nil, TokenDone, 0, 0, 0), "neither grants"},
		{"cut off", good[:len(good)-1], "beyond its end"},
		{"no length", []byte{TokenInfo, 1}, "beyond its end"},
		{"short acknowledgement", []byte{tokenLoginAck, 1, 0, 1}, "beyond its end"},
		{"rows", []byte{TokenRow}, "token 0xd1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseLoginAnswer(c.b)
			assert.ErrorContains(t, err, c.err)
		})
	}
	answer, err := ParseLoginAnswer([]byte{TokenError, 1, 0, 0})
	require.NoError(t, err)
	assert.ErrorContains(t, answer.Refused, "Login failed")
}

func FuzzLoginAnswer(f *testing.F) {
	f.Add(testAnswer(Version74))
	f.Add(AppendMessage(nil, TokenError, NewError(18456, 1, 14, "no login")))
	f.Fuzz(func(t *testing.T, b []byte) {
		answer, err := ParseLoginAnswer(b)
		if err != nil || answer.Refused != nil {
			return
		}
		client := &Login{Version: Version80, FedAuth: &FedAuth{Library: SecurityToken}}
		again, err := ParseLoginAnswer(b)
		require.NoError(t, err)
		require.Len(t, again.ForClient(client, nil), len(b)+len(client.featureAck(nil)))
	})
}
