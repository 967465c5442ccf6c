package mysqlfront_test

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
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
)

func TestLogsInWithToken(t *testing.T) {
	for _, plugin := range []string{"", mysqlfront.NativePassword} {
		b := newBench(t, &mysqlfront.Options{AuthPlugin: plugin})
		config := b.config()
		config.ConnectionAttributes = "program_name:bench"
		require.NoError(t, connect(t, config).PingContext(t.Context()))

		login := frontendtest.AssertTokenLogin(t, b.Server, b.ID.Name, b.Token)
		assert.Equal(t, "bench", login.Parameters["program_name"])
		assert.Equal(t, "Go-MySQL-Driver", login.Parameters["_client_name"])
		assert.Equal(t, uint16(tls.VersionTLS13), login.TLS)
	}
}

func TestAddress(t *testing.T) {
	b := newBench(t, nil)
	assert.Equal(t, net.JoinHostPort("127.0.0.1", strconv.Itoa(b.Server.Port())), b.Server.Addr())
	assert.Equal(t, "127.0.0.1", b.Server.Host())
}

func TestLongTokens(t *testing.T) {
	b := newBench(t, nil)
	for i, size := range []int{512, 4 << 10, 16 << 10, 60 << 10, 1 << 20} {
		token := b.Cloud.Mint(frontendtest.Padded(b.ID, size), azuretest.OSSRDBMSAudience)
		require.NoError(t, dial(t.Context(), b.as(b.ID.Name, token)), size)
		login := b.Server.Logins()[i]
		assert.GreaterOrEqual(t, login.PasswordLength, size)
		assert.Equal(t, sha256.Sum256([]byte(token)), login.PasswordSHA256)
	}
	config := b.as(b.ID.Name, strings.Repeat("x", 1<<24))
	config.MaxAllowedPacket = 1 << 26
	require.Error(t, dial(t.Context(), config))
	require.NoError(t, b.Server.Close())
	logins := b.Server.Logins()
	assert.ErrorContains(t, logins[len(logins)-1].Err, "did not answer")
}

// Users with a password log in with what the driver does by default.
func TestPasswords(t *testing.T) {
	for _, plugin := range []string{mysqlfront.CachingSHA2, mysqlfront.NativePassword} {
		for _, secure := range []bool{true, false} {
			t.Run(plugin+" TLS "+strconv.FormatBool(secure), func(t *testing.T) {
				b := newBench(t, &mysqlfront.Options{
					ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"admin": "correct", "open": ""}},
					AuthPlugin:    plugin, InsecureTransport: true,
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
					require.NoError(t, dial(t.Context(), config("admin", "correct")))
				}
				require.NoError(t, dial(t.Context(), config("open", "")))
				for user, password := range map[string]string{"admin": "wrong", "open": "wrong"} {
					assert.Equal(t, uint16(1045), refused(t, config(user, password)).Number)
				}
				assert.Contains(t, refused(t, config("admin", "")).Message, "(using password: NO)")
				logins := b.Server.Logins()
				if plugin == mysqlfront.CachingSHA2 && secure {
					assert.Equal(t, len("correct"), logins[0].PasswordLength)
					assert.Equal(t, sha256.Size, logins[1].PasswordLength)
				}
				for _, login := range b.Server.Plaintext() {
					assert.GreaterOrEqual(t, login.PasswordLength, 20, "a proof, no password")
				}
			})
		}
	}
}

// A client whose plugin is another than the server's is asked to switch.
func TestSwitchesPlugin(t *testing.T) {
	b := newBench(t, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"admin": "correct"}}})
	client := dialRaw(t, b.Server, b.Cloud.CA())
	client.respond(t, "admin", mysqlfront.NativePassword, "twenty bytes of proof", "")
	request := client.receive(t)
	assert.Equal(t, "\xfecaching_sha2_password\x00", string(request[:23]))
	assert.Len(t, request, 23+21)
	client.send(t, nil) // no password
	assert.Contains(t, client.refusal(t), "using password: NO")
}

func TestInsecureTransport(t *testing.T) {
	b := newBench(t, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"admin": "correct"}}})
	plain := b.plain()
	for _, user := range []string{b.ID.Name, "admin"} {
		plain.User = user
		refusal := refused(t, plain)
		assert.Equal(t, uint16(3159), refusal.Number)
		assert.Equal(t, "Connections using insecure transport are prohibited while --require_secure_transport=ON.", refusal.Message)
	}
	lax := newBench(t, &mysqlfront.Options{InsecureTransport: true})
	assert.Equal(t, uint16(3159), refused(t, lax.plain()).Number, "tokens need TLS anyway")
	for _, s := range []*mysqlfront.Server{b.Server, lax.Server} {
		require.NoError(t, s.Close())
		assert.Empty(t, s.Plaintext())
	}
}

func TestOptionErrors(t *testing.T) {
	accept := func(string, string) error { return nil }
	backend := func(text string) *mysqlfront.Options {
		return &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Backend: text}, Verify: accept}
	}
	frontendtest.AssertOptionErrors(t, mysqlfront.NewPipe, map[string][]*mysqlfront.Options{
		"Verify or Passwords must be set":               {nil},
		"Backend, Query and Handler exclude each other": {{Verify: accept, ServerOptions: azuretest.ServerOptions{Backend: "tcp(db)/", Query: echo}}},
		"Backend must look like":                        {backend("user:s3cr3t-canary"), backend("user:s3cr3t-canary@tcp(db:3306)")},
		"must be tcp or unix":                           {backend("user:s3cr3t-canary@udp(db:3306)/")},
		"no parameters":                                 {backend("user:s3cr3t-canary@tcp(db:3306)/x?tls=true")},
		"AuthPlugin must be":                            {{Verify: accept, AuthPlugin: "sha256_password"}},
		"at least one name":                             {{Verify: accept, ServerOptions: azuretest.ServerOptions{Names: []string{}}}},
	})
}

func TestConcurrentLogins(t *testing.T) {
	b := newBench(t, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"admin": "correct"}}})
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			config := b.config()
			if i%2 == 0 {
				config = b.as("admin", "correct")
			}
			assert.NoError(t, dial(t.Context(), config))
		})
	}
	group.Wait()
	assert.Len(t, b.Server.Logins(), 50)
}
