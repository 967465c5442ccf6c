//go:build linux || darwin || freebsd

package lab

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// superuser is the role that initdb makes. It has no password: it is reached over the private socket only.
const superuser = "postgres"

// entraGroup is the role whose members log in with a token, as on Azure Database for PostgreSQL.
const entraGroup = "azure_ad_user"

// cluster is one PostgreSQL server with its files.
type cluster struct {
	bin     string     // directory of its programs
	dir     privateDir // all its files; also the directory of its socket
	account *account
	logFile *os.File
	port    int
	server  *process
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
	as, err := serverAccount()
	if err != nil {
		return nil, err
	}
	dir, err := makeDir(as)
	if err != nil {
		return nil, err
	}
	c := &cluster{bin: bin, dir: dir, account: as}
	if err := c.prepare(ctx, certificate, ldapPort); err != nil {
		return nil, errors.Join(err, c.remove())
	}
	return c, nil
}

func (c *cluster) prepare(ctx context.Context, certificate tls.Certificate, ldapPort int) error {
	chain, key, err := pemFiles(certificate)
	if err != nil {
		return err
	}
	c.logFile, err = os.OpenFile(c.file("log"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	for name, content := range map[string][]byte{
		"server.crt":      chain,
		"server.key":      key,
		"postgresql.conf": []byte(settings),
		"pg_hba.conf":     []byte(accessRules(ldapPort)),
		"pg_ident.conf":   nil,
	} {
		if err := os.WriteFile(c.file(name), content, 0o600); err != nil {
			return fmt.Errorf("lab: %w", err)
		}
	}
	if err := giveTo(c.dir.path, c.account); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	return c.initdb(ctx)
}

func (c *cluster) file(name string) string { return filepath.Join(c.dir.path, name) }

// command prepares a program of this installation whose output goes to the log.
func (c *cluster) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, program), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir.path, c.logFile, c.logFile
	return cmd
}

func (c *cluster) initdb(ctx context.Context) error {
	p, err := startProcess(c.command("initdb", "-D", c.file("data"), "-U", superuser,
		"-E", "UTF8", "--locale=C", "--auth=trust", "--no-sync"), c.account)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("lab: initdb: %w", ctx.Err()), p.stop(stopGrace, syscall.SIGTERM))
	}
	if p.err != nil {
		return fmt.Errorf("lab: initdb: %w%s", p.err, c.logEnd())
	}
	return nil
}

const (
	startLimit = time.Minute
	stopGrace  = 10 * time.Second
)

// start runs the server on a free port and waits until it answers. After an error it does not run.
func (c *cluster) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for attempt := 1; ; attempt++ {
		err := c.tryStart(ctx)
		if err == nil {
			return nil
		}
		log := c.log()
		if strings.Contains(log, "not supported by this build") {
			return fmt.Errorf("lab: %w with LDAP and OpenSSL: %w%s", ErrNotInstalled, err, c.logEnd())
		}
		if attempt == portAttempts || !strings.Contains(log, "Address already in use") {
			return fmt.Errorf("%w%s", err, c.logEnd())
		}
	}
}

func (c *cluster) tryStart(ctx context.Context) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	c.port = port
	args := []string{"-D", c.file("data"), "-k", c.dir.path, "-p", strconv.Itoa(port)}
	for name, file := range map[string]string{
		"config_file": "postgresql.conf", "hba_file": "pg_hba.conf", "ident_file": "pg_ident.conf",
		"ssl_cert_file": "server.crt", "ssl_key_file": "server.key",
	} {
		args = append(args, "-c", name+"="+c.file(file))
	}
	c.server, err = startProcess(c.command("postgres", args...), c.account)
	if err != nil {
		return err
	}
	if err := poll(ctx, c.answers); err != nil {
		return errors.Join(fmt.Errorf("lab: PostgreSQL did not start: %w", err), c.halt())
	}
	return nil
}

// answers says whether the server accepts sessions; an error if it has ended.
func (c *cluster) answers(ctx context.Context) (bool, error) {
	select {
	case <-c.server.done:
		if c.server.err == nil {
			return false, errors.New("it ended at once")
		}
		return false, c.server.err
	default:
	}
	conn, err := c.connect(ctx, superuser, superuser)
	if err != nil {
		return false, nil // not listening yet, or still starting up
	}
	return true, conn.Close(ctx)
}

// conninfo reaches the server over its private socket.
func (c *cluster) conninfo(role, database string) string {
	return fmt.Sprintf("host=%s port=%d user=%s dbname=%s sslmode=disable",
		quote(c.dir.path), c.port, quote(role), quote(database))
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

// halt ends the server: fast shutdown (SIGINT), immediate shutdown (SIGQUIT), then a kill.
func (c *cluster) halt() error {
	if c.server == nil {
		return nil
	}
	return c.server.stop(stopGrace, syscall.SIGINT, syscall.SIGQUIT)
}

func (c *cluster) remove() error {
	var err error
	if c.logFile != nil {
		err = c.logFile.Close()
	}
	return errors.Join(err, c.dir.remove())
}

// pemFiles encodes a certificate chain and its key for files.
func pemFiles(certificate tls.Certificate) (chain, key []byte, err error) {
	for _, der := range certificate.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		return nil, nil, fmt.Errorf("lab: the server's key: %w", err)
	}
	return chain, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
