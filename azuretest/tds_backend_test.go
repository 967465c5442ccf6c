package azuretest

import (
	"encoding/binary"
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
	tokens := appendTDSMessage(nil, tdsTokenError, sqlNoDatabase("orders"))
	tokens = appendTDSMessage(tokens, tdsTokenError, sqlLoginFailed("owner"))
	answer, err := parseTDSLoginAnswer(appendTDSDone(tokens, tdsTokenDone, tdsDoneError, 0, 0))
	require.NoError(t, err)
	assert.Equal(t, []*SQLServerError{sqlNoDatabase("orders"), sqlLoginFailed("owner")}, sqlErrors(answer.refused))
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
	f.Add(appendTDSMessage(nil, tdsTokenError, sqlLoginFailed("owner")))
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

// The ordinary server speaks the client's version of TDS, 7.4 at most.
func TestTDSBackendVersion(t *testing.T) {
	const version73 = 0x730B0003
	for _, c := range []struct {
		asked, told uint32
		spoken      string
	}{
		{version73, version73, "7.3"},
		{tdsVersion74, tdsVersion74, "7.4"},
		{tdsVersion74 + 1, tdsVersion74, "7.4"},
		{tdsVersion80, tdsVersion80, "7.4"},
	} {
		t.Run(tdsVersionName(c.asked), func(t *testing.T) {
			ordinary, _ := newSQLRaw(t, true)
			front, err := NewSQLServer(ordinary.ca, &SQLServerOptions{
				Passwords: map[string]string{"app": "password"},
				Backend:   &SQLServerBackend{Host: ordinary.Host(), Port: ordinary.Port(), User: "owner", Password: "secret"},
			})
			require.NoError(t, err)
			require.NoError(t, front.listen())
			t.Cleanup(func() { front.Close() })
			front.Inject(ServerFault{Kind: Plaintext})

			client := dialSQLRaw(t, front)
			client.hello(t, tdsOptions{})
			login := &tdsLogin{version: c.asked, userName: "app", password: "password"}
			answer, err := parseTDSLoginAnswer(client.ask(t, tdsLogin7, login.encode()))
			require.NoError(t, err)
			assert.Equal(t, c.told, binary.BigEndian.Uint32(answer.version))
			assert.Equal(t, c.spoken, ordinary.Logins()[0].Parameters["tds version"])
		})
	}
}
