package drivertest_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asking is a server that says something at a step, tells what it is sent first after that, and hangs up.
func asking(at int, say string) (*deed, <-chan string) {
	sent := make(chan string, 1)
	return &deed{at: at, act: func(conn net.Conn) error {
		if _, err := io.WriteString(conn, say); err != nil {
			return err
		}
		heard := make([]byte, 1<<10)
		n, err := conn.Read(heard)
		sent <- string(heard[:n])
		return err
	}}, sent
}

// Whatever else a verified PostgreSQL asks for, by the number of its message, it gets nothing: neither the token nor a
// hash of it.
func TestPostgresGetsTheTokenInClearTextOnly(t *testing.T) {
	for _, through := range append([]door{postgresEngine.throughConnector()}, postgresDoors...) {
		h := newHostiles(t, &postgresEngine, postgresDialogues[0], through)
		for method, ask := range map[string]string{
			"Kerberos": "\x02", "crypt": "\x04ab", "MD5": "\x05salt", "SCM": "\x06", "GSS": "\x07", "GSS, further": "\x08x", "SSPI": "\x09",
			"SCRAM": "\x0aSCRAM-SHA-256\x00\x00", "SCRAM with a binding": "\x0aSCRAM-SHA-256-PLUS\x00SCRAM-SHA-256\x00\x00", "OAuth": "\x0aOAUTHBEARER\x00\x00",
			"PLAIN": "\x0aPLAIN\x00\x00", "SASL, further": "\x0br=x,s=eA==,i=1", "SASL, last": "\x0cv=x", "none of these": "\x63",
		} {
			hostile, sent := asking(2, pgFrame("R\x00\x00\x00"+ask))
			_, err := h.login(t, hostile, 10*time.Second)
			require.Error(t, err, method)
			assert.Empty(t, strings.TrimSuffix(<-sent, "X\x00\x00\x00\x04"), "%s %s: %v", through.name, method, err)
		}
	}
}

// Whatever else a verified MySQL asks for, by a switch or as a part of the method that it began with, it gets nothing.
func TestMySQLGetsTheTokenInClearTextOnly(t *testing.T) {
	const refused = "refusing to send the token by it"
	whole, key := "\x01\x04", "\x01"+publicKey(t)
	for _, through := range append([]door{mysqlEngine.throughConnector()}, mysqlDoors...) {
		for method, asks := range map[string]map[string]string{ // of the greeting; what is asked for, and the error
			"mysql_native_password": {
				mysqlMethods["caching_sha2_password"]: refused, mysqlMethods["sha256_password"]: refused, mysqlMethods["mysql_native_password"]: refused,
				mysqlMethods["client_ed25519"]: refused, mysqlMethods["mysql_old_password"]: "old password", mysqlMethods["dialog"]: "not supported",
			},
			"caching_sha2_password": {whole: refused, key: "malformed"},
			"sha256_password":       {key: refused, whole: "no Pem data"},
		} {
			d := mysqlDialogues[0]
			d.steps = slices.Clone(d.steps)
			d.steps[0].body = strings.Replace(greeting, "mysql_native_password", method, 1)
			h := newHostiles(t, &mysqlEngine, d, through)
			for ask, want := range asks {
				hostile, sent := asking(2, mysqlFrame(3)(ask))
				_, err := h.login(t, hostile, 10*time.Second)
				require.ErrorContains(t, err, want, "%s %s %.30q", through.name, method, ask)
				assert.Empty(t, <-sent, "%s %s %.30q", through.name, method, ask)
			}
		}
	}
}

// publicKey is one of RSA, as servers send it.
func publicKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}
