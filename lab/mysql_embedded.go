package lab

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/mysqltest"
)

// embeddedMySQL is SQLite behind azuretest's MySQL front end. All sessions share one database in memory.
type embeddedMySQL struct {
	*memory
	cloud    *azuretest.Cloud
	database string
	front    *mysqltest.Server

	refusals refusals

	mu    sync.Mutex
	users map[string]string // user to its password, "" for users that log in with a token
}

var _ mysqlEngine = (*embeddedMySQL)(nil)

// StartEmbeddedMySQL runs SQLite behind a MySQL wire front end, as [StartInstalledMySQL] runs MariaDB: the same
// TLS, users and check of the token, on a free port of 127.0.0.1. It starts at once and leaves no files.
//
// The SQL is SQLite's. Understood besides: MySQL's strings, quoted names and comments, AUTO_INCREMENT, UNSIGNED,
// character sets and table options, INSERT IGNORE, FOR UPDATE, FROM DUAL, now(), user(), database(), version(),
// last_insert_id(), a few system variables; SET is ignored. Not there: KEY and INDEX inside CREATE TABLE, ON
// DUPLICATE KEY, SHOW, stored programs, rights inside the database. Outside of a transaction every statement
// commits by itself. A transaction that is not READ ONLY has the whole database: other sessions wait for it up to
// 10 s.
func StartEmbeddedMySQL(ctx context.Context, cloud *azuretest.Cloud, o *MySQLOptions) (*MySQL, error) {
	m, err := openMemory(ctx)
	if err != nil {
		return nil, err
	}
	e := &embeddedMySQL{memory: m, cloud: cloud, database: o.database(), users: make(map[string]string)}
	e.front, err = mysqltest.Start(cloud, &mysqltest.Options{
		Names: o.names(), Verify: e.verify, PasswordOf: e.passwordOf, Databases: []string{e.database}, Handler: e.serve,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lab: %w", err), e.stop())
	}
	server := &MySQL{
		Engine:   "SQLite " + e.version + " (stand-in behind a MySQL wire front end)",
		Embedded: true, Host: e.front.Host(), Port: e.front.Port(), Database: e.database, engine: e,
	}
	return finishMySQL(ctx, server, o)
}

// passwordOf finds the password of an ordinary user.
func (e *embeddedMySQL) passwordOf(user string) (string, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	password := e.users[user]
	return password, password != ""
}

// verify decides on a login with a token.
func (e *embeddedMySQL) verify(user, token string) error {
	e.mu.Lock()
	_, known := e.users[user]
	e.mu.Unlock()
	err := errors.New("the user does not exist")
	if known {
		err = verifyToken(e.cloud, user, token)
	}
	if err != nil {
		e.refusals.add(user, err)
	}
	return err
}

// serve runs the session of a client that has logged in.
func (e *embeddedMySQL) serve(ctx context.Context, client *mysqltest.Session) error {
	s := &mysqlSession{client: client, who: speaker{
		user:     client.User,
		database: e.database,
		version:  "8.0.40 (SQLite " + e.version + " standing in for MySQL behind a wire front end)",
	}}
	var err error
	if s.sqlite, err = e.db.Conn(ctx); err != nil {
		return fmt.Errorf("lab: SQLite: %w", err)
	}
	defer s.sqlite.Close()
	return s.run(ctx)
}

func (e *embeddedMySQL) createUser(_ context.Context, name, password string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, known := e.users[name]; known {
		return fmt.Errorf("lab: create user %q: it already exists", name)
	}
	e.users[name] = password
	return nil
}

func (e *embeddedMySQL) admin() (*sql.DB, error) {
	return nil, fmt.Errorf("lab: admin: %w", ErrStandIn)
}

func (e *embeddedMySQL) backendDSN() (string, error) {
	return "", fmt.Errorf("lab: backend: %w", ErrStandIn)
}

func (e *embeddedMySQL) log() string { return e.refusals.String() }

// stop ends the sessions before their database.
func (e *embeddedMySQL) stop() error {
	var err error
	if e.front != nil {
		err = e.front.Close()
	}
	return errors.Join(err, e.close())
}
