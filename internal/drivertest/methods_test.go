package drivertest_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asking is a server that says something at a step, and tells what it is then sent.
func asking(at int, say string) (*deed, <-chan string) {
	sent := make(chan string, 1)
	return &deed{at: at, act: func(conn net.Conn) error {
		if _, err := io.WriteString(conn, say); err != nil {
			return err
		}
		heard, err := io.ReadAll(conn)
		sent <- string(heard)
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

// A verified MySQL that switches to another method gets what SECURITY.md says: the token where the method has it in
// clear text, of others the answer to that method, and nothing of the oldest and of unknown ones.
func TestMySQLMethodsOfATokenLogin(t *testing.T) {
	for _, through := range append([]door{mysqlEngine.throughConnector()}, mysqlDoors...) {
		h := newHostiles(t, &mysqlEngine, mysqlDialogues[0], through)
		for method, length := range map[string]int{
			"caching_sha2_password": 4 + 32, "mysql_native_password": 4 + 20, "client_ed25519": 4 + 64, "mysql_old_password": 0, "dialog": 0,
		} {
			hostile, sent := asking(2, mysqlFrame(3)(mysqlMethods[method]))
			_, err := h.login(t, hostile, time.Second)
			require.Error(t, err, method)
			heard := <-sent
			assert.Len(t, strings.TrimSuffix(heard, "\x01\x00\x00\x00\x01"), length, "%s %s: %v", through.name, method, err)
			h.issuer.AssertNotIn(t, heard)
		}
	}
}
