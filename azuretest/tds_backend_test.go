package azuretest

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tdsTestAnswer is the answer to a login that succeeded.
func tdsTestAnswer(version uint32) []byte {
	grant := tdsGrant{request: &tdsLogin{version: version}, database: "orders", packetSize: 8000}
	return appendTDSDone(grant.answer(), tdsTokenDone, 0, 0, 0)
}

func TestTDSBackendAnswer(t *testing.T) {
	answer, err := parseTDSLoginAnswer(tdsTestAnswer(tdsVersion74))
	require.NoError(t, err)
	assert.NoError(t, answer.refused)
	assert.Equal(t, 8000, answer.packetSize)
	assert.Equal(t, []byte{0x74, 0, 0, 4}, answer.version)

	client := &tdsLogin{version: tdsVersion80, fedAuth: &tdsFedAuth{library: tdsSecurityToken}}
	want := tdsTestAnswer(tdsVersion80)
	end := len(want) - len(appendTDSDone(nil, tdsTokenDone, 0, 0, 0))
	want = append(append(want[:end:end], client.featureAck(nil)...), want[end:]...)
	assert.Equal(t, want, answer.forClient(client, nil))
}

func TestTDSBackendRefusal(t *testing.T) {
	first, second := sqlError(4060, 1, 11, "no database"), sqlError(18456, 1, 14, "no login")
	tokens := appendTDSMessage(appendTDSMessage(nil, tdsTokenError, first), tdsTokenError, second)
	answer, err := parseTDSLoginAnswer(appendTDSDone(tokens, tdsTokenDone, tdsDoneError, 0, 0))
	require.NoError(t, err)
	assert.Equal(t, errors.Join(errors.Join(nil, first), second), answer.refused)
}

func TestTDSBackendHostile(t *testing.T) {
	good := tdsTestAnswer(tdsVersion74)
	for _, c := range []struct {
		name string
		b    []byte
		err  string
	}{
		{"empty", nil, "neither grants"},
		{"no acknowledgement", appendTDSDone(nil, tdsTokenDone, 0, 0, 0), "neither grants"},
		{"cut off", good[:len(good)-1], "beyond its end"},
		{"no length", []byte{tdsTokenInfo, 1}, "beyond its end"},
		{"short acknowledgement", []byte{tdsTokenLoginAck, 1, 0, 1}, "beyond its end"},
		{"rows", []byte{tdsTokenRow}, "token 0xd1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parseTDSLoginAnswer(c.b)
			assert.ErrorContains(t, err, c.err)
		})
	}
	answer, err := parseTDSLoginAnswer([]byte{tdsTokenError, 1, 0, 0})
	require.NoError(t, err)
	assert.ErrorContains(t, answer.refused, "Login failed")
}

func FuzzTDSLoginAnswer(f *testing.F) {
	f.Add(tdsTestAnswer(tdsVersion74))
	f.Add(appendTDSMessage(nil, tdsTokenError, sqlError(18456, 1, 14, "no login")))
	f.Fuzz(func(t *testing.T, b []byte) {
		answer, err := parseTDSLoginAnswer(b)
		if err != nil || answer.refused != nil {
			return
		}
		client := &tdsLogin{version: tdsVersion80, fedAuth: &tdsFedAuth{library: tdsSecurityToken}}
		again, err := parseTDSLoginAnswer(b)
		require.NoError(t, err)
		require.Len(t, again.forClient(client, nil), len(b)+len(client.featureAck(nil)))
	})
}
