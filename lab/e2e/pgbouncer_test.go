package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/lab/internal/daemon"
	labengine "github.com/azuredb/passwordless/lab/internal/engine"
)

// envPgBouncer is the environment variable that names the directory of PgBouncer, or is "off".
const envPgBouncer = "PASSWORDLESS_LAB_PGBOUNCER"

// pgBouncer starts a PgBouncer in transaction mode, over TLS on both sides, before the shared server. It knows one user
// and its password or token, with which it logs in to the server. More are lines of its configuration.
func (s *stage) pgBouncer(t *testing.T, user, password string, more ...string) string {
	t.Helper()
	dir, err := daemon.Find(envPgBouncer, "pgbouncer", []string{"/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin", "/usr/local/bin"}, "",
		func(dir string) bool { return daemon.IsProgram(filepath.Join(dir, "pgbouncer")) })
	labengine.Need(t, "PgBouncer", err)
	d, err := daemon.New("PgBouncer", s.Cloud, []string{loopback}, syscall.SIGTERM)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, d.Stop()) })
	var address string
	arguments := func() []string {
		address = fmt.Sprintf("%s:%d", loopback, d.Port)
		require.NoError(t, d.Write(map[string]string{
			"users.txt": fmt.Sprintf("%q %q\n", user, password),
			"pgbouncer.ini": fmt.Sprintf(`[databases]
* = host=%s port=%d
[pgbouncer]
listen_addr = %[1]s
listen_port = %[3]d
unix_socket_dir =
pool_mode = transaction
auth_type = plain
auth_file = %[4]s
server_login_retry = 0
client_tls_sslmode = require
client_tls_cert_file = %[5]s
client_tls_key_file = %[6]s
server_tls_sslmode = require
%[7]s
`, s.server.Host, s.server.Port, d.Port, d.File("users.txt"), d.File(daemon.CertFile), d.File(daemon.KeyFile), strings.Join(more, "\n")),
		}))
		return []string{d.File("pgbouncer.ini")}
	}
	require.NoError(t, d.Start(limited(t), filepath.Join(dir, "pgbouncer"), arguments, func(ctx context.Context) bool {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		return err == nil && conn.Close() == nil
	}))
	return address
}

// PgBouncer says of every refused login that the protocol was violated (08P01), also of the server's own refusals.
func TestPgBouncer(t *testing.T) {
	s := onStage(t)
	app := s.userAssigned(t)
	token := s.Mint(app, azuretest.OSSRDBMSAudience)
	expired := s.Mint(frontendtest.Living(app, -time.Minute), azuretest.OSSRDBMSAudience)
	address := s.pgBouncer(t, app.Name, token)
	for _, row := range []struct {
		name, address, database, more, token string
		text, anchor, hint                   string
		temporary                            bool
	}{
		{"another token", address, database, "", s.Mint(app, azuretest.OSSRDBMSAudience), "password authentication failed", "no-database-user", "no Microsoft Entra role has this name", false},
		{"a long token", address, database, "", s.Mint(frontendtest.Padded(app, 5000), azuretest.OSSRDBMSAudience), "client sent partial pkt in startup phase", "pgbouncer", "the token is too long", false},
		{"a parameter", address, database, "search_path=x", token, "unsupported startup parameter: search_path", "pgbouncer", "ignore_startup_parameters", false},
		{"no database", address, "missing", "", token, `database "missing" does not exist`, "no-database", "there is no such database", false},
		{"refused by the server", s.pgBouncer(t, app.Name, expired), database, "", expired, "LDAP authentication failed", "token-not-accepted", "the server's own check", false},
		{"full", s.pgBouncer(t, app.Name, token, "max_client_conn = 0"), database, "", token, "no more connections allowed", "too-many-connections", "lower the size", true},
		{"no server", s.pgBouncer(t, app.Name, token, "query_wait_timeout = 1", "[databases]", database+" = host=127.0.0.1 port=1"), database, "", token,
			"query_wait_timeout", "server-unavailable", "try again", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := s.options()
			o.Credential = fixedToken(row.token)
			_, err := newConnector(t, libpqAt(row.address, row.database, app.Name)+" "+row.more, o).Connect(limited(t))
			failed, ok := errors.AsType[*passwordless.LoginError](err)
			require.True(t, ok, "%v", err)
			requireState(t, err, "08P01", row.text)
			assert.Equal(t, row.anchor, failed.Anchor)
			assert.Contains(t, failed.Hint, row.hint)
			assert.Equal(t, row.temporary, failed.Temporary())
		})
	}
}

// In transaction mode pgx's statements must not be prepared; a JDBC string for PgBouncer says so with prepareThreshold=0.
func TestPgBouncerInTransactionMode(t *testing.T) {
	s := onStage(t)
	app := s.userAssigned(t)
	token := s.Mint(app, azuretest.OSSRDBMSAudience)
	address := s.pgBouncer(t, app.Name, token)
	o := s.options()
	o.Credential = fixedToken(token)
	run := func(text string) error {
		db := openDB(t, text, o)
		errs := make([]error, 8)
		var group sync.WaitGroup
		for i := range errs {
			group.Go(func() {
				for range 20 {
					var n int
					errs[i] = errors.Join(errs[i], db.QueryRowContext(limited(t), "select $1::int", 7).Scan(&n))
				}
			})
		}
		group.Wait()
		return errors.Join(errs...)
	}
	require.ErrorContains(t, run(libpqAt(address, database, app.Name)), "(SQLSTATE 42P05)", "what the section PgBouncer warns of")
	require.NoError(t, run(libpqAt(address, database, app.Name)+" default_query_exec_mode=exec"))
	require.NoError(t, run("jdbc:postgresql://"+address+"/"+database+"?sslmode=require&prepareThreshold=0&user="+app.Name))
}

// fixedToken is a credential with one token.
type fixedToken string

func (f fixedToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(f), ExpiresOn: time.Now().Add(time.Hour)}, nil
}
