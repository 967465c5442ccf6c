package mysqltest

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
	if plugin == NativePassword {
		once := sha1.Sum([]byte(password))
		twice := sha1.Sum(once[:])
		mask := sha1.Sum(append(bytes.Clone(scramble), twice[:]...))
		subtle.XORBytes(once[:], once[:], mask[:])
		return once[:]
	}
	once := sha256.Sum256([]byte(password))
	twice := sha256.Sum256(once[:])
	mask := sha256.Sum256(append(twice[:], scramble...))
	subtle.XORBytes(once[:], once[:], mask[:])
	return once[:]
}

// newKey makes the key for passwords that travel without TLS.
func newKey() (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("azuretest: key for passwords: %w", err)
	}
	return key, nil
}

// publicKey is the form in which a server gives away its public key.
func publicKey(key *rsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("azuretest: key for passwords: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// encryptPassword is the password for a server whose public key came as PEM.
func encryptPassword(password string, scramble, key []byte) ([]byte, error) {
	block, _ := pem.Decode(key)
	if block == nil {
		return nil, errors.New("azuretest: backend: no public key")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("azuretest: backend: public key: %w", err)
	}
	public, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("azuretest: backend: the public key is not of RSA")
	}
	return rsa.EncryptOAEP(sha1.New(), rand.Reader, public, masked(append([]byte(password), 0), scramble), nil)
}

// decryptPassword is its reverse; "" for what cannot be decrypted.
func decryptPassword(sent, scramble []byte, key *rsa.PrivateKey) string {
	plain, err := rsa.DecryptOAEP(sha1.New(), nil, key, sent, nil)
	if err != nil {
		return ""
	}
	return unterminated(masked(plain, scramble))
}

// masked combines a password with the challenge, so that it looks
// different each time.
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
