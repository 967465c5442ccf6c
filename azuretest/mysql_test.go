package azuretest_test

import (
	"crypto/sha256"
	"crypto/tls"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

func TestMySQLLogsInWithToken(t *testing.T) {
	for _, plugin := range []string{"", azuretest.MySQLNativePassword} {
		b := newMyBench(t, &azuretest.MySQLOptions{AuthPlugin: plugin})
		config := b.config()
		config.ConnectionAttributes = "program_name:bench"
		require.NoError(t, myConnect(t, config).PingContext(t.Context()))

		login := assertTokenLogin(t, b.server, b.id.Name, b.token)
		assert.Equal(t, "bench", login.Parameters["program_name"])
		assert.Equal(t, "Go-MySQL-Driver", login.Parameters["_client_name"])
		assert.Equal(t, uint16(tls.VersionTLS13), login.TLSVersion)
	}
}

func TestMySQLAddress(t *testing.T) {
	b := newMyBench(t, nil)
	assert.Equal(t, net.JoinHostPort("127.0.0.1", strconv.Itoa(b.server.Port())), b.server.Addr())
	assert.Equal(t, "127.0.0.1", b.server.Host())
}

func TestMySQLTLSVersions(t *testing.T) {
	b := newMyBench(t, nil)
	config := b.config()
	testTLSVersions(t, b.server, config.TLS, func(c *tls.Config) error {
		config.TLS = c
		return myDial(t.Context(), config)
	})
}

func TestMySQLLongTokens(t *testing.T) {
	b := newMyBench(t, nil)
	for i, size := range []int{512, 4 << 10, 16 << 10, 60 << 10, 1 << 20} {
		token := b.cloud.Mint(b.id, azuretest.TokenOptions{Size: size})
		require.NoError(t, myDial(t.Context(), b.as(b.id.Name, token)), size)
		login := b.server.Logins()[i]
		assert.GreaterOrEqual(t, login.PasswordLength, size)
		assert.Equal(t, sha256.Sum256([]byte(token)), login.PasswordSHA256)
	}
	config := b.as(b.id.Name, strings.Repeat("x", 1<<24))
	config.MaxAllowedPacket = 1 << 26
	require.Error(t, myDial(t.Context(), config))
	require.NoError(t, b.server.Close())
	logins := b.server.Logins()
	assert.ErrorContains(t, logins[len(logins)-1].Err, "did not answer")
}

// Users with a password log in with what the driver does by default.
func TestMySQLPasswords(t *testing.T) {
	for _, plugin := range []string{azuretest.MySQLCachingSHA2, azuretest.MySQLNativePassword} {
		for _, secure := range []bool{true, false} {
			t.Run(plugin+" TLS "+strconv.FormatBool(secure), func(t *testing.T) {
				b := newMyBench(t, &azuretest.MySQLOptions{
					Passwords:  map[string]string{"admin": "correct", "open": ""},
					AuthPlugin: plugin, InsecureTransport: true,
				})
				config := func(user, password string) *mysql.Config {
					config := b.as(user, password)
					config.AllowCleartextPasswords = false
					if !secure {
						config.TLS = nil
					}
					return config
				}
				for range 2 { // the second time without the password, where the plugin remembers
					require.NoError(t, myDial(t.Context(), config("admin", "correct")))
				}
				require.NoError(t, myDial(t.Context(), config("open", "")))
				for user, password := range map[string]string{"admin": "wrong", "open": "wrong"} {
					assert.Equal(t, uint16(1045), myRefused(t, config(user, password)).Number)
				}
				assert.Contains(t, myRefused(t, config("admin", "")).Message, "(using password: NO)")
				logins := b.server.Logins()
				if plugin == azuretest.MySQLCachingSHA2 && secure {
					assert.Equal(t, len("correct"), logins[0].PasswordLength)
					assert.Equal(t, sha256.Size, logins[1].PasswordLength)
				}
				for _, login := range b.server.Plaintext() {
					assert.GreaterOrEqual(t, login.PasswordLength, 20, "a proof, no password")
				}
			})
		}
	}
}

// A client whose plugin is another than the server's is asked to switch.
func TestMySQLSwitchesPlugin(t *testing.T) {
	b := newMyBench(t, &azuretest.MySQLOptions{Passwords: map[string]string{"admin": "correct"}})
	client := dialMyRaw(t, b.server, b.cloud.CA())
	client.respond(t, "admin", azuretest.MySQLNativePassword, "twenty bytes of proof", "")
	request := client.receive(t)
	assert.Equal(t, "\xfecaching_sha2_password\x00", string(request[:23]))
	assert.Len(t, request, 23+21)
	client.send(t, nil) // no password
	assert.Contains(t, client.refusal(t), "using password: NO")
}

func TestMySQLPasswordOf(t *testing.T) {
	b := newMyBench(t, &azuretest.MySQLOptions{PasswordOf: func(user string) (string, bool) { return "correct", user == "admin" }})
	require.NoError(t, myDial(t.Context(), b.config()))
	require.NoError(t, myDial(t.Context(), b.as("admin", "correct")))
	assert.Equal(t, uint16(1045), myRefused(t, b.as("admin", b.token)).Number)
}

func TestMySQLInsecureTransport(t *testing.T) {
	b := newMyBench(t, &azuretest.MySQLOptions{Passwords: map[string]string{"admin": "correct"}})
	plain := b.plain()
	for _, user := range []string{b.id.Name, "admin"} {
		plain.User = user
		refusal := myRefused(t, plain)
		assert.Equal(t, uint16(3159), refusal.Number)
		assert.Equal(t, "Connections using insecure transport are prohibited while --require_secure_transport=ON.", refusal.Message)
	}
	lax := newMyBench(t, &azuretest.MySQLOptions{InsecureTransport: true})
	assert.Equal(t, uint16(3159), myRefused(t, lax.plain()).Number, "tokens need TLS anyway")
	for _, s := range []*azuretest.MySQLServer{b.server, lax.server} {
		require.NoError(t, s.Close())
		assert.Empty(t, s.Plaintext())
	}
}

func TestMySQLConcurrentLogins(t *testing.T) {
	b := newMyBench(t, &azuretest.MySQLOptions{Passwords: map[string]string{"admin": "correct"}})
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			config := b.config()
			if i%2 == 0 {
				config = b.as("admin", "correct")
			}
			assert.NoError(t, myDial(t.Context(), config))
		})
	}
	group.Wait()
	assertAllIn(t, b.server)
}

func TestMySQLOptionErrors(t *testing.T) {
	ca, err := azuretest.NewCA()
	require.NoError(t, err)
	accept := func(string, string) error { return nil }
	for _, c := range []struct {
		name    string
		options *azuretest.MySQLOptions
		err     string
	}{
		{"nobody to ask", nil, "Verify or Passwords must be set"},
		{"two ends", &azuretest.MySQLOptions{Verify: accept, Backend: "tcp(db)/", Handler: myEcho}, "Backend and Handler exclude each other"},
		{"no address", &azuretest.MySQLOptions{Verify: accept, Backend: "user:s3cr3t-canary"}, "Backend must look like"},
		{"no database", &azuretest.MySQLOptions{Verify: accept, Backend: "user:s3cr3t-canary@tcp(db:3306)"}, "Backend must look like"},
		{"network", &azuretest.MySQLOptions{Verify: accept, Backend: "user:s3cr3t-canary@udp(db:3306)/"}, "must be tcp or unix"},
		{"parameters", &azuretest.MySQLOptions{Verify: accept, Backend: "user:s3cr3t-canary@tcp(db:3306)/x?tls=true"}, "no parameters"},
		{"plugin", &azuretest.MySQLOptions{Verify: accept, AuthPlugin: "sha256_password"}, "AuthPlugin must be"},
		{"no name", &azuretest.MySQLOptions{Verify: accept, Names: []string{}}, "at least one name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := azuretest.NewMySQLServer(ca, c.options)
			assert.ErrorContains(t, err, c.err)
			assert.NotContains(t, err.Error(), "s3cr3t")
		})
	}
}
