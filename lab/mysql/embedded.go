package mysql

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"

	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/memory"
	"github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"
	"github.com/dolthub/go-mysql-server/sql/rowexec"
	wire "github.com/dolthub/vitess/go/mysql"
	vitesslog "github.com/dolthub/vitess/go/vt/log"
	"github.com/sirupsen/logrus"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/internal/engine"
)

const (
	mysqlVersion = "8.0.31" // that the engine implements
	engineName   = "go-mysql-server"
	admin        = "admin" // creates the accounts; it is locked, so that no one logs in as it
)

// embedded is go-mysql-server with one database in memory.
type embedded struct {
	database string
	provider *memory.DbProvider
	engine   *sqle.Engine
	turns    *turns
	server   *server.Server
	accepted chan struct{} // closed when no more connections are accepted
	cloud    *azuretest.Cloud
	logins   engine.Logins
}

// startEmbedded runs go-mysql-server inside this process, as startInstalled runs MariaDB, on a free port of 127.0.0.1.
func startEmbedded(ctx context.Context, cloud *azuretest.Cloud, o *Options) (*Server, error) {
	silence()
	options := o.WithDefaults()
	certificate, err := cloud.CA().Issue(options.Names...)
	if err != nil {
		return nil, fmt.Errorf("lab: the server's certificate: %w", err)
	}
	db := memory.NewDatabase(options.Database)
	db.EnablePrimaryKeyIndexes()
	e := &embedded{database: options.Database, provider: memory.NewDBProvider(db), turns: newTurns(db), accepted: make(chan struct{}), cloud: cloud}
	e.engine = sqle.New(analyzer.NewDefault(e.provider), &sqle.Config{VersionPostfix: engineName})
	e.engine.Analyzer.ExecBuilder = rowexec.NewOverrideBuilder(e.turns)
	e.checkAccounts()
	if err := e.listen(certificate); err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	at := e.server.Listener.Addr().(*net.TCPAddr)
	info := engine.Info{
		Engine: engineName + " (as MySQL " + mysqlVersion + ", inside this process)", Embedded: true,
		Host: at.IP.String(), Port: at.Port, Database: options.Database,
	}
	// As in MySQL a name without an account is refused like a wrong password, after it was asked for.
	if err := e.execute(ctx, "create user ''@'%' identified with "+tokenPlugin); err != nil {
		return nil, errors.Join(err, e.Stop())
	}
	return newServer(ctx, info, e, options)
}

// checkAccounts turns the check of accounts on, which the administrator is the first of.
func (e *embedded) checkAccounts() {
	accounts := e.engine.Analyzer.Catalog.MySQLDb
	accounts.SetPersister(&mysql_db.NoopPersister{})
	accounts.SetPlugins(map[string]mysql_db.PlaintextAuthPlugin{tokenPlugin: e})
	editor := accounts.Editor()
	defer editor.Close()
	accounts.AddLockedSuperUser(editor, admin, "localhost", "")
}

// listen serves on a free port of 127.0.0.1.
func (e *embedded) listen(certificate tls.Certificate) error {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	config := server.Config{
		Listener: tcp, Version: mysqlVersion + "-" + engineName,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
		ProtocolListenerFactory: func(c server.Config, l wire.ListenerConfig, events server.ServerEventListener) (server.ProtocolListener, error) {
			l.AuthServer = overTLS{l.AuthServer}
			return server.MySQLProtocolListenerFactory(c, l, events)
		},
	}
	sessions := e.turns.sessionBuilder(memory.NewSessionBuilder(e.provider))
	e.server, err = server.NewServerWithHandler(config, e.engine, sql.NewContext, sessions, nil, e.turns.wrap)
	if err != nil {
		return errors.Join(err, tcp.Close())
	}
	go func() {
		defer close(e.accepted)
		e.server.Listener.Accept()
	}()
	return nil
}

// execute runs statements as the administrator, up to the first that fails.
func (e *embedded) execute(ctx context.Context, statements ...string) error {
	base := sql.NewBaseSessionWithClientServer("", sql.Client{User: admin, Address: "localhost"}, 0)
	as := sql.NewContext(ctx, sql.WithSession(memory.NewSession(base, e.provider)))
	for _, statement := range statements {
		_, rows, _, err := e.engine.Query(as, statement)
		if err == nil {
			_, err = sql.RowIterToRows(as, rows)
		}
		if err != nil {
			return fmt.Errorf("lab: %w", err)
		}
	}
	return nil
}

// CreateUser implements engine.Backend.
func (e *embedded) CreateUser(ctx context.Context, name, password string) error {
	return e.execute(ctx, accountStatements(name, password, e.database, "with "+tokenPlugin)...)
}

func (e *embedded) Log() string { return e.logins.String() }

// Logins implements engine.Backend.
func (e *embedded) Logins() []engine.Login { return e.logins.All() }

// Stop ends the connections, then the engine.
func (e *embedded) Stop() error {
	e.server.Listener.Close()
	<-e.accepted
	e.turns.hangUp()
	_ = e.engine.Close() // ends the statements; returns that its context is cancelled, always
	e.turns.open.Wait()
	return nil
}

// silence drops what the engine would print about each connection; the program's own use of logrus stays as it is.
var silence = sync.OnceFunc(func() {
	nothing, nothingf := func(...any) {}, func(string, ...any) {}
	vitesslog.Info, vitesslog.Warning, vitesslog.Error = nothing, nothing, nothing
	vitesslog.Infof, vitesslog.Warningf, vitesslog.Errorf = nothingf, nothingf, nothingf
	logrus.SetFormatter(quiet{logrus.StandardLogger().Formatter})
})

// quiet formats entries as before, but those of the engine as nothing.
type quiet struct{ logrus.Formatter }

func (q quiet) Format(entry *logrus.Entry) ([]byte, error) {
	var callers [32]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers[:])])
	for {
		frame, more := frames.Next()
		if strings.HasPrefix(frame.Function, "github.com/dolthub/") {
			return nil, nil
		}
		if !more {
			return q.Formatter.Format(entry)
		}
	}
}
