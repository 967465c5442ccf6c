package mysqlfront

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
)

// clearPassword is the plugin that sends the password, or token, as it is.
const clearPassword = "mysql_clear_password"

// proof is the answer to a challenge by one who knows the password:
//
//	mysql_native_password: SHA1(p) XOR SHA1(scramble, SHA1(SHA1(p)))
//	caching_sha2_password: SHA256(p) XOR SHA256(SHA256(SHA256(p)), scramble)
//
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_native_password_authentication.html
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html
func proof(plugin, password string, scramble []byte) []byte {
	if password == "" {
		return nil
	}
	sum := func(parts ...[]byte) []byte { h := sha256.Sum256(slices.Concat(parts...)); return h[:] }
	if plugin == NativePassword {
		sum = func(parts ...[]byte) []byte { h := sha1.Sum(slices.Concat(parts...)); return h[:] }
	}
	once := sum([]byte(password))
	twice := sum(once)
	mask := sum(twice, scramble)
	if plugin == NativePassword {
		mask = sum(scramble, twice)
	}
	subtle.XORBytes(once, once, mask)
	return once
}

// rsaKey is for passwords that travel without TLS.
type rsaKey struct {
	*rsa.PrivateKey
	public []byte // in PEM, as a server gives it away
}

func newKey() (*rsaKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("azuretest: key for passwords: %w", err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	return &rsaKey{key, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})}, err
}

// encryptPassword is the password for a server whose public key came as PEM.
func encryptPassword(password string, scramble, key []byte) ([]byte, error) {
	var parsed any
	if block, _ := pem.Decode(key); block != nil {
		parsed, _ = x509.ParsePKIXPublicKey(block.Bytes) // nil if it is none
	}
	public, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("azuretest: backend: no public key of RSA")
	}
	return rsa.EncryptOAEP(sha1.New(), rand.Reader, public, masked(append([]byte(password), 0), scramble), nil)
}

// decryptPassword is its reverse; "" for what cannot be decrypted.
func decryptPassword(sent, scramble []byte, key *rsaKey) string {
	plain, err := rsa.DecryptOAEP(sha1.New(), nil, key.PrivateKey, sent, nil)
	if err != nil {
		return ""
	}
	return unterminated(masked(plain, scramble))
}

// masked combines a password with the challenge.
func masked(password, scramble []byte) []byte {
	masked := make([]byte, len(password))
	for i, b := range password {
		masked[i] = b ^ scramble[i%len(scramble)]
	}
	return masked
}

// unterminated is a password without the zero byte that ends it.
func unterminated(password []byte) string {
	return string(bytes.TrimSuffix(password, []byte{0}))
}
