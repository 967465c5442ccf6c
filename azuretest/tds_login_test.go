package azuretest

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tdsTestLogin is a LOGIN7 with every text filled in.
func tdsTestLogin() *tdsLogin {
	return &tdsLogin{
		version: tdsVersion74, packetSize: 8000, readOnly: true,
		hostName: "desk", userName: "owner", password: "pä$$ wörd 𝄞", appName: "bench",
		serverName: "db.test", library: "test", language: "us_english", database: "orders",
	}
}

// withFeatures adds feature extensions to a LOGIN7.
func withFeatures(login []byte, features ...[]byte) []byte {
	b := bytes.Clone(login)
	b[tdsLoginFlags3] |= tdsFlagExtension
	binary.LittleEndian.PutUint16(b[56:], uint16(len(b)))
	binary.LittleEndian.PutUint16(b[58:], 4)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(b)+4))
	for _, f := range features {
		b = append(b, f...)
	}
	b = append(b, tdsFeatureEnd)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}

func tdsTestFeature(id byte, data []byte) []byte {
	return append(binary.LittleEndian.AppendUint32([]byte{id}, uint32(len(data))), data...)
}

// tdsTestToken is a token after its length, and what follows it.
func tdsTestToken(token string, rest ...byte) []byte {
	text := appendUCS2(nil, token)
	return append(append(binary.LittleEndian.AppendUint32(nil, uint32(len(text))), text...), rest...)
}

func tdsTestFedAuth(options byte, data ...byte) []byte {
	return tdsTestFeature(tdsFeatureFedAuth, append([]byte{options}, data...))
}

func TestTDSLoginRoundTrip(t *testing.T) {
	want := tdsTestLogin()
	b := want.encode()
	got, err := parseTDSLogin(b)
	require.NoError(t, err)
	got.fixed = want.fixed
	assert.Equal(t, want, got)
	assert.NotContains(t, string(b), string(appendUCS2(nil, want.password)), "hidden, however little that means")
	assert.Equal(t, want.password, got.secret())
}

func TestTDSLoginTokens(t *testing.T) {
	login := tdsTestLogin().encode()
	nonce := bytes.Repeat([]byte{7}, tdsNonceLength)
	long := strings.Repeat("eyJ0", 16<<10)
	for _, c := range []struct {
		name     string
		features [][]byte
		want     *tdsFedAuth
	}{
		{"none", nil, nil},
		{"another feature", [][]byte{tdsTestFeature(0x0A, []byte{1})}, nil},
		{"token", [][]byte{tdsTestFedAuth(tdsSecurityToken<<1|1, tdsTestToken("abc")...)}, &tdsFedAuth{library: tdsSecurityToken, echo: true, token: "abc"}},
		{"token behind another feature", [][]byte{tdsTestFeature(0x04, []byte{1}), tdsTestFedAuth(tdsSecurityToken<<1, tdsTestToken("abc")...)},
			&tdsFedAuth{library: tdsSecurityToken, token: "abc"}},
		{"token with nonce", [][]byte{tdsTestFedAuth(tdsSecurityToken<<1, tdsTestToken("abc", nonce...)...)},
			&tdsFedAuth{library: tdsSecurityToken, token: "abc", nonce: nonce}},
		{"long token", [][]byte{tdsTestFedAuth(tdsSecurityToken<<1, tdsTestToken(long)...)}, &tdsFedAuth{library: tdsSecurityToken, token: long}},
		{"ADAL", [][]byte{tdsTestFedAuth(tdsADAL<<1|1, 3)}, &tdsFedAuth{library: tdsADAL, echo: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parseTDSLogin(withFeatures(login, c.features...))
			require.NoError(t, err)
			assert.Equal(t, c.want, got.fedAuth)
		})
	}
}

func TestTDSLoginHostile(t *testing.T) {
	login := tdsTestLogin().encode()
	patch := func(at int, value ...byte) []byte {
		b := bytes.Clone(login)
		copy(b[at:], value)
		return b
	}
	unterminated := withFeatures(login)
	unterminated = unterminated[:len(unterminated)-1]
	binary.LittleEndian.PutUint32(unterminated, uint32(len(unterminated)))
	fedAuth := func(options byte, data ...byte) []byte { return withFeatures(login, tdsTestFedAuth(options, data...)) }
	for _, c := range []struct {
		name string
		b    []byte
		err  string
	}{
		{"empty", nil, "0 bytes"},
		{"header only in part", login[:tdsLoginHeader-1], "93 bytes"},
		{"length too large", patch(0, 0xFF, 0xFF, 0xFF, 0xFF), "says that it has"},
		{"length too small", patch(0, 94), "says that it has"},
		{"offset beyond the end", patch(36, 0xFF, 0xFF), "beyond its end"},
		{"length beyond the end", patch(68, byte(len(login)), byte(len(login)>>8), 1), "beyond its end"},
		{"text too long", patch(38, 0xFF, 0xFF), "at most 128"},
		{"extension beyond the end", patch(tdsLoginFlags3, tdsFlagExtension), "beyond its end"},
		{"extensions without an end", unterminated, "beyond its end"},
		{"feature beyond the end", withFeatures(login, []byte{9, 0xFF, 0xFF, 0xFF, 0xFF}), "beyond its end"},
		{"empty request", withFeatures(login, tdsTestFeature(tdsFeatureFedAuth, nil)), "empty request"},
		{"two requests", withFeatures(login, tdsTestFedAuth(tdsADAL<<1, 3), tdsTestFedAuth(tdsADAL<<1, 3)), "twice"},
		{"unknown library", fedAuth(0), "unknown library 0"},
		{"token without length", fedAuth(tdsSecurityToken<<1, 1, 0), "beyond its end"},
		{"token beyond the end", fedAuth(tdsSecurityToken<<1, 0xFF, 0xFF, 0xFF, 0x7F), "beyond its end"},
		{"odd token", fedAuth(tdsSecurityToken<<1, 1, 0, 0, 0, 'x'), "odd number"},
		{"short nonce", fedAuth(tdsSecurityToken<<1, tdsTestToken("abc", 1, 2, 3)...), "3 bytes after a token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parseTDSLogin(c.b)
			assert.ErrorContains(t, err, c.err)
		})
	}
}

func TestTDSTokenMessage(t *testing.T) {
	message := func(data []byte) []byte {
		return append(binary.LittleEndian.AppendUint32(nil, uint32(len(data))), data...)
	}
	token, nonce, err := parseTDSTokenMessage(message(tdsTestToken("abc")))
	require.NoError(t, err)
	assert.Equal(t, "abc", token)
	assert.Nil(t, nonce)
	for name, b := range map[string][]byte{
		"empty":          nil,
		"wrong length":   append(message(tdsTestToken("abc")), 0),
		"beyond the end": message([]byte{9, 0, 0, 0, 'a', 0}),
	} {
		_, _, err := parseTDSTokenMessage(b)
		assert.Error(t, err, name)
	}
}

func FuzzTDSLogin(f *testing.F) {
	login := tdsTestLogin().encode()
	f.Add(login)
	f.Add(withFeatures(login, tdsTestFedAuth(tdsSecurityToken<<1|1, tdsTestToken("abc")...)))
	f.Add(withFeatures(login, tdsTestFeature(4, []byte{1}), tdsTestFedAuth(tdsADAL<<1|1, 3)))
	f.Add(withFeatures(login, tdsTestFedAuth(tdsSecurityToken<<1, tdsTestToken("abc", bytes.Repeat([]byte{7}, tdsNonceLength)...)...)))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _, _ = parseTDSTokenMessage(b)
		l, err := parseTDSLogin(b)
		if err != nil {
			return
		}
		again, err := parseTDSLogin(l.encode())
		require.NoError(t, err)
		l.fedAuth, l.integrated = nil, false // what encode leaves out
		l.fixed, again.fixed = [tdsLoginFixed]byte{}, [tdsLoginFixed]byte{}
		require.Equal(t, l, again)
	})
}
