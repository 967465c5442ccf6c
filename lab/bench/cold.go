package main

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/hashicorp/go-pgmultiauth"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/microsoft/go-mssqldb/azuread"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/lab/bench/internal/figures"
	"github.com/azuredb/passwordless/postgres"
	"github.com/azuredb/passwordless/sqlserver"
)

// coldOpens opens 500 connections at once in a process that holds no token of their identity, to stand-ins for the
// servers: real ones take fewer at a time. The value is the time for all, in milliseconds.
func coldOpens(ctx context.Context, s *stage) (rows []figures.Row, err error) {
	connections := 500
	if s.short {
		connections = 50
	}
	pg, err := postgresfront.Start(s.Cloud, nil)
	if err != nil {
		return nil, err
	}
	ms, err := sqlserverfront.Start(s.Cloud, nil)
	if err != nil {
		return nil, errors.Join(err, pg.Close())
	}
	s.closers = append(s.closers, pg.Close, ms.Close)
	for _, group := range []struct {
		name  string
		addr  string
		peers []peer
	}{
		{"PostgreSQL, managed identity", pg.Addr(), []peer{{figures.Ours, oursPostgres}, {"azidentity in pgx's BeforeConnect", beforeConnect}, {"hashicorp/go-pgmultiauth", multiauth}}},
		{"SQL Server, service principal", ms.Addr(), []peer{{figures.Ours, oursSQLServer}, {"go-mssqldb's azuread", azureAD}}},
	} {
		requests := make([]float64, len(group.peers))
		var contenders []figures.Contender
		for i, p := range group.peers {
			contenders = append(contenders, figures.Contender{Who: p.who, Do: func() (time.Duration, error) {
				id := s.AddServicePrincipal(azuretest.Identity{})
				if group.name[:1] == "P" {
					id = s.app()
				}
				began := time.Now()
				c, err := p.connector(ctx, s, group.addr, id) // go-pgmultiauth asks for its token here
				if err != nil {
					return 0, err
				}
				made := time.Since(began)
				took, err := openAtOnce(ctx, c, connections)
				requests[i] = float64(s.tokens(id))
				return made + took, err
			}})
		}
		rounds, err := figures.TakeTurns(figures.Pace{Rounds: 3}, contenders)
		if err != nil {
			return nil, err
		}
		for i, r := range figures.Compare(figures.Row{Case: group.name}, time.Millisecond, contenders, rounds) {
			r.More = map[string]float64{"token requests": requests[i]}
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// peer is a library with which a program opens connections as an identity.
type peer struct {
	who       string
	connector func(ctx context.Context, s *stage, addr string, id azuretest.Identity) (driver.Connector, error)
}

// openAtOnce opens connections from a standing start, and closes them.
func openAtOnce(ctx context.Context, c driver.Connector, connections int) (time.Duration, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	type opened struct {
		conn driver.Conn
		err  error
	}
	all, start := make(chan opened), make(chan struct{})
	for range connections {
		go func() {
			<-start
			conn, err := c.Connect(ctx)
			all <- opened{conn, err}
		}()
	}
	began := time.Now()
	close(start)
	var conns []driver.Conn
	var errs []error
	for range connections {
		o := <-all
		if errs = append(errs, o.err); o.err == nil {
			conns = append(conns, o.conn)
		}
	}
	took := time.Since(began)
	for _, conn := range conns {
		errs = append(errs, conn.Close())
	}
	return took, errors.Join(errs...)
}

func oursPostgres(_ context.Context, s *stage, addr string, id azuretest.Identity) (driver.Connector, error) {
	return postgres.NewConnector(fmt.Sprintf("postgres://%s@%s/app?client_id=%s", id.Name, addr, id.ClientID), s.library())
}

// pgxURL is the connection without a password, as pgx's users write it.
func pgxURL(addr string, id azuretest.Identity) string {
	return fmt.Sprintf("postgres://%s@%s/app?sslmode=verify-full", id.Name, addr)
}

// beforeConnect is what Microsoft's documentation shows for Go.
func beforeConnect(_ context.Context, s *stage, addr string, id azuretest.Identity) (driver.Connector, error) {
	credential, err := managed(id)
	if err != nil {
		return nil, err
	}
	return withCredential(s, addr, id, credential)
}

func withCredential(s *stage, addr string, id azuretest.Identity, credential azcore.TokenCredential) (driver.Connector, error) {
	cc, err := pgx.ParseConfig(pgxURL(addr, id))
	if err != nil {
		return nil, err
	}
	cc.TLSConfig = s.tls()
	return stdlib.GetConnector(*cc, stdlib.OptionBeforeConnect(func(ctx context.Context, cc *pgx.ConnConfig) error {
		tok, err := credential.GetToken(ctx, scope)
		cc.Password = tok.Token
		return err
	})), nil
}

func multiauth(ctx context.Context, _ *stage, addr string, id azuretest.Identity) (driver.Connector, error) {
	credential, err := managed(id)
	if err != nil {
		return nil, err
	}
	return pgmultiauth.GetConnector(ctx, pgmultiauth.NewConfig(pgxURL(addr, id), pgmultiauth.WithAzureAuth(credential)))
}

func oursSQLServer(_ context.Context, s *stage, addr string, id azuretest.Identity) (driver.Connector, error) {
	o := s.library()
	o.AuthorityHost = s.AuthorityHost()
	return sqlserver.NewConnector(sqlServerURL(addr, id, "ActiveDirectoryServicePrincipal", "authentication"), o)
}

func azureAD(_ context.Context, _ *stage, addr string, id azuretest.Identity) (driver.Connector, error) {
	return azuread.NewConnector(sqlServerURL(addr, id, azuread.ActiveDirectoryServicePrincipal, "fedauth") + "&disableinstancediscovery=true")
}

func sqlServerURL(addr string, id azuretest.Identity, method, key string) string {
	return (&url.URL{
		Scheme: "sqlserver", Host: addr, User: url.UserPassword(id.ClientID+"@"+id.TenantID, id.Secret),
		RawQuery: url.Values{"database": {"app"}, "encrypt": {"true"}, key: {method}}.Encode(),
	}).String()
}
