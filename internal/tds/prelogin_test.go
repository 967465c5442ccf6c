package tds

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPreloginAnswers(t *testing.T) {
	for _, c := range []struct {
		name         string
		client, want byte
	}{
		{"off", EncryptOff, EncryptRequired},
		{"on", EncryptOn, EncryptOn},
		{"not supported", EncryptNone, EncryptRequired},
		{"required", EncryptRequired, EncryptOn},
		{"strict, as go-mssqldb says it", 4, EncryptOn},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, EncryptionAnswer(c.client))
		})
	}
	assert.Equal(t, EncryptNone, Options{}.Encryption())

	hello := Options{OptionVersion: {1, 2, 3, 4, 5, 6}}
	assert.NotContains(t, hello.Answer(EncryptOn, nil), OptionFedAuth, "not asked")
	hello[OptionFedAuth] = []byte{1}
	answer, err := ParsePrelogin(hello.Answer(EncryptOn, []byte("nonce")).Encode())
	require.NoError(t, err)
	assert.Equal(t, []byte{1}, answer[OptionFedAuth])
	assert.Equal(t, []byte("nonce"), answer[OptionNonce])
	assert.Equal(t, []byte{EncryptOn}, answer[OptionEncryption])
}

func TestPreloginHostile(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
		err  string
	}{
		{"empty", nil, "beyond its end"},
		{"no version", []byte{1, 0, 6, 0, 1, 0xFF, 1}, "does not begin with the version"},
		{"no end", []byte{0, 0, 5, 0, 0}, "beyond its end"},
		{"cut off", []byte{0, 0}, "beyond its end"},
		{"offset beyond the end", []byte{0, 0xFF, 0xFF, 0, 1, 0xFF}, "beyond its end"},
		{"length beyond the end", []byte{0, 0, 6, 0xFF, 0xFF, 0xFF}, "beyond its end"},
		{"twice", []byte{0, 0, 11, 0, 1, 0, 0, 11, 0, 1, 0xFF, 1}, "twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParsePrelogin(c.b)
			assert.ErrorContains(t, err, c.err)
		})
	}
}

func FuzzPrelogin(f *testing.F) {
	f.Add(Options{OptionVersion: {1, 2, 3, 4, 5, 6}, OptionEncryption: {1}, OptionThread: {}, OptionNonce: bytes.Repeat([]byte{7}, NonceLength)}.Encode())
	f.Add([]byte{0, 0, 6, 0, 0, 0xFF})
	f.Fuzz(func(t *testing.T, b []byte) {
		options, err := ParsePrelogin(b)
		if err != nil {
			return
		}
		_ = options.Encryption()
		total := 5*len(options) + 1
		for _, data := range options {
			total += len(data)
		}
		if total > 0xFFFF { // parts may overlap, so this need not fit in one message
			return
		}
		again, err := ParsePrelogin(options.Encode())
		require.NoError(t, err)
		require.Equal(t, options, again)
	})
}
