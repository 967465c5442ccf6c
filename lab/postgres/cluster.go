//go:build linux || darwin || freebsd

package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"

	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/internal/daemon"
)

// superuser is the role that initdb makes. It has no password: it is reached over the private socket only.
const superuser = "postgres"

// entraGroup is the role whose members log in with a token, as on Azure Database for PostgreSQL.
const entraGroup = "azure_ad_user"

// cluster is one PostgreSQL server with its files.
type cluster struct {
	*daemon.Daemon
	bin string // directory of its programs
}

// settings is postgresql.conf. Nothing here has to survive a crash, hence no fsync; a test may open hundreds of
// connections at once on a slow machine, hence the connections and the timeout; and containers are short of
// /dev/shm, hence mmap.
const settings = `listen_addresses = '127.0.0.1'
unix_socket_permissions = 0700
ssl = on
max_connections = 700
authentication_timeout = 10min
dynamic_shared_memory_type = mmap
fsync = off
synchronous_commit = off
full_page_writes = off
max_wal_senders = 0
wal_level = minimal
log_checkpoints = off
log_destination = stderr
`

// accessRules is pg_hba.conf; the first line that matches decides. Over TCP without TLS none does, and the
// server refuses in the words that Azure's does ("no pg_hba.conf entry ..., no encryption").
func accessRules(ldapPort int) string {
	return fmt.Sprintf("local all all trust\n"+
		"hostssl all +%s 127.0.0.1/32 ldap ldapserver=127.0.0.1 ldapport=%d ldapprefix=%q ldapsuffix=%q\n"+
		"hostssl all all 127.0.0.1/32 scram-sha-256\n", entraGroup, ldapPort, ldapPrefix, ldapSuffix)
}

// newCluster makes the directory, writes the configuration and runs initdb. After an error nothing is left.
func newCluster(ctx context.Context, bin string, certificate tls.Certificate, ldapPort int) (*cluster, error) {
	d, err := daemon.New("PostgreSQL")
	if err != nil {
		return nil, err
	}
	c := &cluster{Daemon: d, bin: bin}
	if err := c.prepare(ctx, certificate, ldapPort); err != nil {
		return nil, errors.Join(err, c.Remove())
	}
	return c, nil
}

func (c *cluster) prepare(ctx context.Context, certificate tls.Certificate, ldapPort int) error {
	chain, key, err := daemon.PEM(certificate)
	if err != nil {
		return err
	}
	err = c.Write(map[string][]byte{
		"server.crt":      chain,
		"server.key":      key,
		"postgresql.conf": []byte(settings),
		"pg_hba.conf":     []byte(accessRules(ldapPort)),
		"pg_ident.conf":   nil,
	})
	if err != nil {
		return err
	}
	return c.Run(ctx, filepath.Join(c.bin, "initdb"), "-D", c.File("data"), "-U", superuser,
		"-E", "UTF8", "--locale=C", "--auth=trust", "--no-sync")
}

// start runs the server on a free port and waits until it answers. After an error it does not run.
func (c *cluster) start(ctx context.Context) error {
	err := c.Daemon.Start(ctx, filepath.Join(c.bin, "postgres"), c.arguments, c.answers)
	if err != nil && strings.Contains(c.Log(), "not supported by this build") {
		return fmt.Errorf("lab: %w with LDAP and OpenSSL: %w", lab.ErrNotInstalled, err)
	}
	return err
}

func (c *cluster) arguments(port int) []string {
	args := []string{"-D", c.File("data"), "-k", c.Dir(), "-p", strconv.Itoa(port)}
	for name, file := range map[string]string{
		"config_file": "postgresql.conf", "hba_file": "pg_hba.conf", "ident_file": "pg_ident.conf",
		"ssl_cert_file": "server.crt", "ssl_key_file": "server.key",
	} {
		args = append(args, "-c", name+"="+c.File(file))
	}
	return args
}

// answers says whether the server accepts sessions.
func (c *cluster) answers(ctx context.Context) (bool, error) {
	conn, err := c.connect(ctx, superuser, superuser)
	if err != nil {
		return false, nil // not listening yet, or still starting up
	}
	return true, conn.Close(ctx)
}

// conninfo reaches the server over its private socket.
func (c *cluster) conninfo(role, database string) string {
	return fmt.Sprintf("host=%s port=%d user=%s dbname=%s sslmode=disable",
		quote(c.Dir()), c.Port, quote(role), quote(database))
}

// quote writes a value for a libpq connection string.
func quote(value string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
}

func (c *cluster) connect(ctx context.Context, role, database string) (*pgx.Conn, error) {
	conn, err := pgx.Connect(ctx, c.conninfo(role, database))
	if err != nil {
		return nil, fmt.Errorf("lab: connect over the private socket: %w", err)
	}
	return conn, nil
}

// halt ends the server: fast shutdown, immediate shutdown, then a kill.
func (c *cluster) halt() error { return c.Halt(syscall.SIGINT, syscall.SIGQUIT) }
