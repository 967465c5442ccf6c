package tds

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// testLogin is a LOGIN7 with every text filled in.
func testLogin() *Login {
	return &Login{
		Version: Version74, PacketSize: 8000, ReadOnly: true,
		HostName: "desk", UserName: "owner", Password: "pä$$ wörd 𝄞", AppName: "bench",
		ServerName: "db.test", library: "test", language: "us_english", Database: "orders",
	}
}

// withFeatures adds feature extensions to a LOGIN7.
func withFeatures(login []byte, features ...[]byte) []byte {
	b := bytes.Clone(login)
	b[loginFlags3] |= flagExtension
	binary.LittleEndian.PutUint16(b[56:], uint16(len(b)))
	binary.LittleEndian.PutUint16(b[58:], 4)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(b)+4))
	for _, f := range features {
		b = append(b, f...)
	}
	b = append(b, FeatureEnd)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}

func testFeature(id byte, data []byte) []byte {
	return append(binary.LittleEndian.AppendUint32([]byte{id}, uint32(len(data))), data...)
}

// testToken is a token after its length, and what follows it.
func testToken(token string, rest ...byte) []byte {
	text := appendUCS2(nil, token)
	return append(append(binary.LittleEndian.AppendUint32(nil, uint32(len(text))), text...), rest...)
}

func testFedAuth(options byte, data ...byte) []byte {
	return testFeature(FeatureFedAuth, append([]byte{options}, data...))
}

func TestLoginRoundTrip(t *testing.T) {
	want := testLogin()
	b := want.Encode()
	got, err := ParseLogin(b)
	require.NoError(t, err)
	got.fixed = want.fixed
	assert.Equal(t, want, got)
	assert.NotContains(t, string(b), string(appendUCS2(nil, want.Password)), "hidden, however little that means")
	assert.Equal(t, want.Password, got.Secret())
}

func TestLoginTokens(t *testing.T) {
	login := testLogin().Encode()
	nonce := bytes.Repeat([]byte{7}, NonceLength)
	long := strings.Repeat("eyJ0", 16<<10)
	for _, c := range []struct {
		name     string
		features [][]byte
		want     *FedAuth
	}{
		{"none", nil, nil},
		{"another feature", [][]byte{testFeature(0x0A, []byte{1})}, nil},
		{"token", [][]byte{testFedAuth(SecurityToken<<1|1, testToken("abc")...)}, &FedAuth{Library: SecurityToken, Echo: true, Token: "abc"}},
		{"token behind another feature", [][]byte{testFeature(0x04, []byte{1}), testFedAuth(SecurityToken<<1, testToken("abc")...)},
			&FedAuth{Library: SecurityToken, Token: "abc"}},
		{"token with nonce", [][]byte{testFedAuth(SecurityToken<<1, testToken("abc", nonce...)...)},
			&FedAuth{Library: SecurityToken, Token: "abc", Nonce: nonce}},
		{"long token", [][]byte{testFedAuth(SecurityToken<<1, testToken(long)...)}, &FedAuth{Library: SecurityToken, Token: long}},
		{"ADAL", [][]byte{testFedAuth(Adal<<1|1, 3)}, &FedAuth{Library: Adal, Echo: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseLogin(withFeatures(login, c.features...))
			require.NoError(t, err)
			assert.Equal(t, c.want, got.FedAuth)
		})
	}
}

func TestLoginHostile(t *testing.T) {
	login := testLogin().Encode()
	patch := func(at int, value ...byte) []byte {
		b := bytes.Clone(login)
		copy(b[at:], value)
		return b
	}
	unterminated := withFeatures(login)
	unterminated = unterminated[:len(unterminated)-1]
	binary.LittleEndian.PutUint32(unterminated, uint32(len(unterminated)))
	fedAuth := func(options byte, data ...byte) []byte { return withFeatures(login, testFedAuth(options, data...)) }
	for _, c := range []struct {
		name string
		b    []byte
		err  string
	}{
		{"empty", nil, "0 bytes"},
		{"header only in part", login[:loginHeader-1], "93 bytes"},
		{"length too large", patch(0, 0xFF, 0xFF, 0xFF, 0xFF), "says that it has"},
		{"length too small", patch(0, 94), "says that it has"},
		{"offset beyond the end", patch(36, 0xFF, 0xFF), "beyond its end"},
		{"length beyond the end", patch(68, byte(len(login)), byte(len(login)>>8), 1), "beyond its end"},
		{"text too long", patch(38, 0xFF, 0xFF), "at most 128"},
		{"extension beyond the end", patch(loginFlags3, flagExtension), "beyond its end"},
		{"extensions without an end", unterminated, "beyond its end"},
		{"feature beyond the end", withFeatures(login, []byte{9, 0xFF, 0xFF, 0xFF, 0xFF}), "beyond its end"},
		{"empty request", withFeatures(login, testFeature(FeatureFedAuth, nil)), "empty request"},
		{"two requests", withFeatures(login, testFedAuth(Adal<<1, 3), testFedAuth(Adal<<1, 3)), "twice"},
		{"unknown library", fedAuth(0), "unknown library 0"},
		{"token without length", fedAuth(SecurityToken<<1, 1, 0), "beyond its end"},
		{"token beyond the end", fedAuth(SecurityToken<<1, 0xFF, 0xFF, 0xFF, 0x7F), "beyond its end"},
		{"odd token", fedAuth(SecurityToken<<1, 1, 0, 0, 0, 'x'), "odd number"},
		{"short nonce", fedAuth(SecurityToken<<1, testToken("abc", 1, 2, 3)...), "3 bytes after a token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseLogin(c.b)
			assert.ErrorContains(t, err, c.err)
		})
	}
}

func TestTokenMessage(t *testing.T) {
	message := func(data []byte) []byte {
		return append(binary.LittleEndian.AppendUint32(nil, uint32(len(data))), data...)
	}
	token, nonce, err := ParseTokenMessage(message(testToken("abc")))
	require.NoError(t, err)
	assert.Equal(t, "abc", token)
	assert.Nil(t, nonce)
	for name, b := range map[string][]byte{
		"empty":          nil,
		"wrong length":   append(message(testToken("abc")), 0),
		"beyond the end": message([]byte{9, 0, 0, 0, 'a', 0}),
	} {
		_, _, err := ParseTokenMessage(b)
		assert.Error(t, err, name)
	}
}

func FuzzLogin(f *testing.F) {
	login := testLogin().Encode()
	f.Add(login)
	f.Add(withFeatures(login, testFedAuth(SecurityToken<<1|1, testToken("abc")...)))
	f.Add(withFeatures(login, testFeature(4, []byte{1}), testFedAuth(Adal<<1|1, 3)))
	f.Add(withFeatures(login, testFedAuth(SecurityToken<<1, testToken("abc", bytes.Repeat([]byte{7}, NonceLength)...)...)))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _, _ = ParseTokenMessage(b)
		l, err := ParseLogin(b)
		if err != nil {
			return
		}
		again, err := ParseLogin(l.Encode())
		require.NoError(t, err)
		l.FedAuth, l.Integrated = nil, false // what encode leaves out
		l.fixed, again.fixed = [loginFixed]byte{}, [loginFixed]byte{}
		require.Equal(t, l, again)
	})
}
