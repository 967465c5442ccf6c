package postgres

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/internal/daemon"
	"github.com/azuredb/passwordless/lab/internal/engine"
)

const (
	// superuser is the role that initdb makes. It has no password: it is reached over the private socket only.
	superuser = "postgres"
	// entraGroup is the role whose members log in with a token, as on Azure Database for PostgreSQL.
	entraGroup = "azure_ad_user"
)

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
const accessRules = `local all all trust
hostssl all +` + entraGroup + ` 127.0.0.1/32 ldap ldapserver=127.0.0.1 ldapport=%d ldapprefix="` + ldapPrefix + `" ldapsuffix="` + ldapSuffix + `"
hostssl all all 127.0.0.1/32 scram-sha-256
`

// cluster is a private server of the PostgreSQL on this machine.
type cluster struct {
	*daemon.Daemon
	database, version string
}

// start runs the server of a directory.
func start(ctx context.Context, bin string, cloud *azuretest.Cloud, o Options) (*Server, error) {
	d, err := daemon.New("PostgreSQL", cloud, o.Names, syscall.SIGINT, syscall.SIGQUIT) // fast, then immediate shutdown
	if err != nil {
		return nil, err
	}
	c := &cluster{Daemon: d, database: o.Database}
	if err := c.start(ctx, bin); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return newServer(ctx, engine.Info{Engine: "PostgreSQL " + c.version, Host: "127.0.0.1", Port: c.Port, Database: c.database}, c, o)
}

func (c *cluster) start(ctx context.Context, bin string) error {
	ldapPort, err := c.startLDAP(ctx)
	if err != nil {
		return fmt.Errorf("lab: start the LDAP server: %w", err)
	}
	err = c.Write(map[string]string{"postgresql.conf": settings, "pg_hba.conf": fmt.Sprintf(accessRules, ldapPort), "pg_ident.conf": ""})
	if err != nil {
		return err
	}
	err = c.Run(ctx, filepath.Join(bin, "initdb"), "-D", c.File("data"), "-U", superuser, "-E", "UTF8", "--locale=C", "--auth=trust", "--no-sync")
	if err != nil {
		return err
	}
	if err := c.Start(ctx, filepath.Join(bin, "postgres"), c.arguments, c.answers); err != nil {
		if strings.Contains(c.Log(), "not supported by this build") {
			return fmt.Errorf("lab: %w with LDAP and OpenSSL: %w", engine.ErrNotInstalled, err)
		}
		return err
	}
	statements := []string{"create role " + entraGroup + " nologin"}
	if c.database != superuser { // initdb has made that one
		statements = append(statements, "create database "+identifier(c.database))
	}
	if err := c.execute(ctx, superuser, statements...); err != nil {
		return err
	}
	return c.execute(ctx, c.database, "grant all on schema public to public") // closed since PostgreSQL 15
}

func (c *cluster) arguments() []string {
	args := []string{"-D", c.File("data"), "-k", c.Dir(), "-p", strconv.Itoa(c.Port)}
	for name, file := range map[string]string{
		"config_file": "postgresql.conf", "hba_file": "pg_hba.conf", "ident_file": "pg_ident.conf",
		"ssl_cert_file": daemon.CertFile, "ssl_key_file": daemon.KeyFile,
	} {
		args = append(args, "-c", name+"="+c.File(file))
	}
	return args
}

// answers says whether the server accepts sessions.
func (c *cluster) answers(ctx context.Context) bool {
	conn, err := pgx.Connect(ctx, c.conninfo(superuser))
	if err != nil {
		return false // not listening yet, or still starting up
	}
	c.version, _, _ = strings.Cut(conn.PgConn().ParameterStatus("server_version"), " ") // "15.18 (Debian 15.18-0+deb12u1)"
	return conn.Close(ctx) == nil
}

// conninfo reaches the server over its private socket.
func (c *cluster) conninfo(database string) string {
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace
	return fmt.Sprintf("host='%s' port=%d user=%s dbname='%s' sslmode=disable", quote(c.Dir()), c.Port, superuser, quote(database))
}

// execute runs statements as the superuser.
func (c *cluster) execute(ctx context.Context, database string, statements ...string) (err error) {
	conn, err := pgx.Connect(ctx, c.conninfo(database))
	if err != nil {
		return fmt.Errorf("lab: connect over the private socket: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("lab: %w", err)
		}
	}
	return nil
}

func identifier(name string) string { return pgx.Identifier{name}.Sanitize() }

// CreateUser implements engine.Backend.
func (c *cluster) CreateUser(ctx context.Context, name, password string) error {
	statement := "create role " + identifier(name) + " login in role " + entraGroup
	if password != "" {
		statement = "create role " + identifier(name) + " login password '" + strings.ReplaceAll(password, "'", "''") + "'"
	}
	return c.execute(ctx, c.database, statement)
}
