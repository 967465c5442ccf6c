package main

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"

	gomysql "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/bench/internal/figures"
	labmysql "github.com/azuredb/passwordless/lab/mysql"
	labpostgres "github.com/azuredb/passwordless/lab/postgres"
	labsqlserver "github.com/azuredb/passwordless/lab/sqlserver"
	"github.com/azuredb/passwordless/mysql"
	"github.com/azuredb/passwordless/postgres"
	"github.com/azuredb/passwordless/sqlserver"
)

// server is a database server to log in to, with this library and with the bare driver.
type server struct {
	name   string // with its version and what is special
	driver string
	query  string // of one parameter
	resume bool   // it resumes TLS sessions

	ours func(o *passwordless.Options) (driver.Connector, error)
	bare func() (driver.Connector, error)
}

// opening is what opening a connection takes: with this library, which resumes TLS sessions where the server does, and
// there also if it does not, against the bare driver with the same token. The value is in microseconds.
func opening(ctx context.Context, s *stage) (rows []figures.Row, err error) {
	servers, err := s.servers(ctx)
	if err != nil {
		return nil, err
	}
	for _, server := range servers {
		var contenders []figures.Contender
		cold := s.library()
		cold.NoTLSResumption = true
		for _, c := range []struct {
			who  string
			open func() (driver.Connector, error)
		}{
			{figures.Ours, func() (driver.Connector, error) { return server.ours(s.library()) }},
			{figures.Ours + ", sessions not resumed", func() (driver.Connector, error) { return server.ours(cold) }},
			{server.driver, server.bare},
		} {
			if strings.HasSuffix(c.who, "not resumed") && !server.resume {
				continue
			}
			connector, err := c.open()
			if err != nil {
				return nil, err
			}
			contenders = append(contenders, figures.Contender{Who: c.who, Do: opens(ctx, connector)})
		}
		rounds, err := figures.TakeTurns(s.pace(5*time.Second), contenders)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", server.name, err)
		}
		rows = append(rows, figures.Compare(figures.Row{Case: server.name}, time.Microsecond, contenders, rounds)...)
	}
	return rows, nil
}

// opens is how long it takes to open a connection, which is then closed.
func opens(ctx context.Context, c driver.Connector) func() (time.Duration, error) {
	return func() (time.Duration, error) {
		ctx, cancel := limited(ctx)
		defer cancel()
		began := time.Now()
		conn, err := c.Connect(ctx)
		took := time.Since(began)
		if err != nil {
			return 0, err
		}
		return took, conn.Close()
	}
}

// servers starts all there are; those of a second call are the same.
func (s *stage) servers(ctx context.Context) ([]server, error) {
	if s.started != nil {
		return s.started, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for _, start := range []func(context.Context, *stage) error{startPostgres, startMariaDB, startGenuine, startSQLServer} {
		if err := start(ctx, s); err != nil {
			return nil, err
		}
	}
	return s.started, nil
}

// addUser makes a database user for a new identity, and returns the identity with a token of it.
func (s *stage) addUser(ctx context.Context, server *lab.Server, audience string) (azuretest.Identity, string, error) {
	s.closers = append(s.closers, server.Close)
	id := s.app()
	return id, s.Mint(id, audience), server.CreateUser(ctx, id.Name)
}

// startPostgres starts two: TLS 1.2 is a setting of the server.
func startPostgres(ctx context.Context, s *stage) error {
	for _, version := range []string{"1.3", "1.2"} {
		started, err := labpostgres.Start(ctx, s.Cloud, &lab.Options{Installed: true})
		if err != nil {
			return err
		}
		id, token, err := s.addUser(ctx, started.Server, azuretest.OSSRDBMSAudience)
		if err != nil {
			return err
		}
		if err := limitPostgres(ctx, started, version); err != nil {
			return err
		}
		s.started = append(s.started, server{
			name: started.Engine + ", TLS " + version, driver: "pgx", query: "select $1::int",
			ours: func(o *passwordless.Options) (driver.Connector, error) {
				return postgres.NewConnector(pgxURL(started.Addr(), id)+"&client_id="+id.ClientID, o)
			},
			bare: func() (driver.Connector, error) {
				cc, err := pgx.ParseConfig(pgxURL(started.Addr(), id))
				if err != nil {
					return nil, err
				}
				cc.Password, cc.TLSConfig = token, s.tls()
				return stdlib.GetConnector(*cc), nil
			},
		})
	}
	return nil
}

func limitPostgres(ctx context.Context, server *labpostgres.Server, version string) error {
	text, err := server.BackendConninfo()
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, text)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "alter system set ssl_max_protocol_version = 'TLSv"+version+"'"); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "select pg_reload_conf()")
	return err
}

func startMariaDB(ctx context.Context, s *stage) error {
	started, err := labmysql.Start(ctx, s.Cloud, &lab.Options{Installed: true})
	if err != nil {
		return err
	}
	id, token, err := s.addUser(ctx, started.Server, azuretest.OSSRDBMSAudience)
	if err != nil {
		return err
	}
	s.started = append(s.started, s.mySQL(started.Engine+", TLS 1.3", started.Addr(), id.Name, token, "&client_id="+id.ClientID))
	return startWithPassword(ctx, s, mariaDB(), "ECDSA", "1.2")
}

// mySQL is a server of MySQL's protocol. The bare driver logs in with the secret, and this library with that identity, or
// else with the secret too.
func (s *stage) mySQL(name, addr, user, secret, identity string) server {
	text := fmt.Sprintf("%s@tcp(%s)/app?tls=true%s", user, addr, identity)
	if identity == "" {
		text = fmt.Sprintf("%s:%s@tcp(%s)/app?tls=true", user, secret, addr)
	}
	return server{
		name: name, driver: "go-sql-driver", query: "select cast(? as signed)", resume: true,
		ours: func(o *passwordless.Options) (driver.Connector, error) { return mysql.NewConnector(text, o) },
		bare: func() (driver.Connector, error) {
			c := gomysql.NewConfig()
			c.Net, c.Addr, c.DBName, c.User, c.Passwd = "tcp", addr, "app", user, secret
			c.AllowCleartextPasswords, c.TLS = identity != "", s.tls()
			return gomysql.NewConnector(c)
		},
	}
}

func startSQLServer(ctx context.Context, s *stage) error {
	started, err := labsqlserver.Start(ctx, s.Cloud, nil)
	if err != nil {
		return err
	}
	id, token, err := s.addUser(ctx, started.Server, azuretest.SQLAudience)
	if err != nil {
		return err
	}
	text := "sqlserver://" + started.Addr() + "?encrypt=true&database=app"
	s.started = append(s.started, server{
		name: "SQL Server's stand-in, TLS 1.2", driver: "go-mssqldb", query: "select @p1",
		ours: func(o *passwordless.Options) (driver.Connector, error) {
			return sqlserver.NewConnector(text+"&client_id="+id.ClientID, o)
		},
		bare: func() (driver.Connector, error) {
			c, err := msdsn.Parse(text)
			if err != nil {
				return nil, err
			}
			c.TLSConfig.RootCAs, c.TLSConfig.MinVersion = s.CA().Pool(), tls.VersionTLS12
			return mssql.NewSecurityTokenConnector(c, func(context.Context) (string, error) { return token, nil })
		},
	})
	return nil
}
