package lab

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"

	"github.com/azuredb/passwordless/azuretest"
)

// EnvMariaDB is the environment variable that names the directory of mariadbd,
// or is "off" to run as if MariaDB were not installed.
const EnvMariaDB = "PASSWORDLESS_LAB_MARIADB"

// MySQLOptions adjusts a server. A nil *MySQLOptions means all defaults.
type MySQLOptions struct {
	// Names are the host names and IP addresses in the server's certificate.
	// Empty: localhost and 127.0.0.1.
	Names []string
	// Users are created as [MySQL.CreateUser] does: only they can log in. Empty: none yet.
	Users []string
	// Database is created for the tests; every user has all rights in it. Empty: "app".
	Database string
}

func (o *MySQLOptions) names() []string {
	if o == nil || len(o.Names) == 0 {
		return []string{"localhost", "127.0.0.1"}
	}
	return o.Names
}

func (o *MySQLOptions) users() []string {
	if o == nil {
		return nil
	}
	return o.Users
}

func (o *MySQLOptions) database() string {
	if o == nil || o.Database == "" {
		return defaultDatabase
	}
	return o.Database
}

// MySQL is a running server. Its methods are safe for concurrent use; its fields must not be changed.
type MySQL struct {
	Engine   string // for people: "MariaDB 10.11.14", or "SQLite 3.53.0 (stand-in behind a MySQL wire front end)"
	Embedded bool   // the SQLite stand-in, not MariaDB
	Host     string // "127.0.0.1"
	Port     int
	Database string

	engine   mysqlEngine
	close    sync.Once
	closeErr error
}

// mysqlEngine is what the two kinds of server do differently.
type mysqlEngine interface {
	createUser(ctx context.Context, name, password string) error // password "": a user that logs in with a token
	admin() (*sql.DB, error)
	backendDSN() (string, error)
	log() string
	stop() error
}

// StartMySQL runs the MariaDB installed on this machine, or the embedded engine where there is none.
// ctx bounds the start, not the server's life, which ends with Close.
func StartMySQL(ctx context.Context, cloud *azuretest.Cloud, o *MySQLOptions) (*MySQL, error) {
	m, err := StartInstalledMySQL(ctx, cloud, o)
	if errors.Is(err, ErrNotInstalled) {
		return StartEmbeddedMySQL(ctx, cloud, o)
	}
	return m, err
}

// finishMySQL gives the engine its users and makes it a server, or stops it.
func finishMySQL(ctx context.Context, m *MySQL, o *MySQLOptions) (*MySQL, error) {
	for _, user := range o.users() {
		if err := m.CreateUser(ctx, user); err != nil {
			return nil, errors.Join(err, m.Close())
		}
	}
	return m, nil
}

// Addr is the address to dial, "127.0.0.1:port".
func (m *MySQL) Addr() string { return net.JoinHostPort(m.Host, strconv.Itoa(m.Port)) }

// CreateUser creates a user that logs in with a Microsoft Entra token of the identity of that name.
func (m *MySQL) CreateUser(ctx context.Context, name string) error {
	if err := checkMySQLUser(name); err != nil {
		return err
	}
	return m.engine.createUser(ctx, name, "")
}

// CreatePasswordUser creates an ordinary user that logs in over TLS with a password of its own, which must not
// be empty.
func (m *MySQL) CreatePasswordUser(ctx context.Context, name, password string) error {
	if err := checkMySQLUser(name); err != nil {
		return err
	}
	if password == "" {
		return fmt.Errorf("lab: user %q: the password is empty", name)
	}
	return m.engine.createUser(ctx, name, password)
}

// checkMySQLUser refuses names that MariaDB would: it allows 80 characters.
func checkMySQLUser(name string) error {
	if name == "" || len(name) > 80 {
		return fmt.Errorf("lab: user %q: a name has 1 to 80 bytes", name)
	}
	return nil
}

// Admin opens the database as the server's administrator, over the private UNIX socket and without a token: for
// arranging tests (information_schema.processlist, kill). The caller closes it. On the stand-in the error is
// [ErrStandIn].
func (m *MySQL) Admin() (*sql.DB, error) { return m.engine.admin() }

// BackendDSN is a connection string in go-sql-driver's syntax that reaches the server over its private UNIX
// socket as its administrator, without a password: for [azuretest.MySQLOptions].Backend. On the stand-in the
// error is [ErrStandIn].
func (m *MySQL) BackendDSN() (string, error) { return m.engine.backendDSN() }

// Log is the end of the server's log, then the reasons why tokens were refused; never a token.
func (m *MySQL) Log() string { return m.engine.log() }

// Close stops the server, ends its connections and removes its files. Calls after the first do nothing and
// return the first one's error.
func (m *MySQL) Close() error {
	m.close.Do(func() { m.closeErr = m.engine.stop() })
	return m.closeErr
}
