package azuretest

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTDSPreloginAnswers(t *testing.T) {
	for _, c := range []struct {
		name         string
		client, want byte
	}{
		{"off", tdsEncryptOff, tdsEncryptRequired},
		{"on", tdsEncryptOn, tdsEncryptOn},
		{"not supported", tdsEncryptNone, tdsEncryptRequired},
		{"required", tdsEncryptRequired, tdsEncryptOn},
		{"strict, as go-mssqldb says it", 4, tdsEncryptOn},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, tdsEncryptionAnswer(c.client))
		})
	}
	assert.Equal(t, tdsEncryptNone, tdsOptions{}.encryption())

	hello := tdsOptions{tdsOptionVersion: {1, 2, 3, 4, 5, 6}}
	assert.NotContains(t, hello.answer(tdsEncryptOn, nil), tdsOptionFedAuth, "not asked")
	hello[tdsOptionFedAuth] = []byte{1}
	answer, err := parseTDSPrelogin(hello.answer(tdsEncryptOn, []byte("nonce")).encode())
	require.NoError(t, err)
	assert.Equal(t, []byte{1}, answer[tdsOptionFedAuth])
	assert.Equal(t, []byte("nonce"), answer[tdsOptionNonce])
	assert.Equal(t, []byte{tdsEncryptOn}, answer[tdsOptionEncryption])
}

func TestTDSPreloginHostile(t *testing.T) {
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
			_, err := parseTDSPrelogin(c.b)
			assert.ErrorContains(t, err, c.err)
		})
	}
}

func FuzzTDSPrelogin(f *testing.F) {
	f.Add(tdsOptions{tdsOptionVersion: {1, 2, 3, 4, 5, 6}, tdsOptionEncryption: {1}, tdsOptionThread: {}, tdsOptionNonce: bytes.Repeat([]byte{7}, tdsNonceLength)}.encode())
	f.Add([]byte{0, 0, 6, 0, 0, 0xFF})
	f.Fuzz(func(t *testing.T, b []byte) {
		options, err := parseTDSPrelogin(b)
		if err != nil {
			return
		}
		_ = options.encryption()
		total := 5*len(options) + 1
		for _, data := range options {
			total += len(data)
		}
		if total > 0xFFFF { // parts may overlap, so this need not fit in one message
			return
		}
		again, err := parseTDSPrelogin(options.encode())
		require.NoError(t, err)
		require.Equal(t, options, again)
	})
}
