package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/internal/engine"
	"github.com/azuredb/passwordless/lab/internal/gate"
	"github.com/azuredb/passwordless/lab/mysql"
	"github.com/azuredb/passwordless/lab/postgres"
	"github.com/azuredb/passwordless/lab/sqlserver"
)

// server is how an engine's server starts, and how a connection string reaches it.
type server struct {
	engine, prefix string
	start          func(context.Context, *azuretest.Cloud, *lab.Options) (*lab.Server, error)
	text           func(port int, user string) string
}

// servers are the real ones, but for SQL Server.
var servers = []server{
	{"postgresql", "AZURE_POSTGRESQL_", func(ctx context.Context, c *azuretest.Cloud, o *lab.Options) (*lab.Server, error) {
		o.Installed = true
		s, err := postgres.Start(ctx, c, o)
		if err != nil {
			return nil, err
		}
		return s.Server, nil
	}, func(port int, user string) string {
		return fmt.Sprintf("host=127.0.0.1 port=%d dbname=app user=%s sslmode=require pool_max_conns=100", port, user)
	}},
	{"mysql", "AZURE_MYSQL_", func(ctx context.Context, c *azuretest.Cloud, o *lab.Options) (*lab.Server, error) {
		o.Installed = true
		s, err := mysql.Start(ctx, c, o)
		if err != nil {
			return nil, err
		}
		return s.Server, nil
	}, func(port int, user string) string { return fmt.Sprintf("%s@tcp(127.0.0.1:%d)/app", user, port) }},
	{"sqlserver", "AZURE_SQL_", func(ctx context.Context, c *azuretest.Cloud, o *lab.Options) (*lab.Server, error) {
		s, err := sqlserver.Start(ctx, c, o)
		if err != nil {
			return nil, err
		}
		return s.Server, nil
	}, func(port int, _ string) string { return fmt.Sprintf("server=127.0.0.1;port=%d;database=app", port) }},
}

// site is all that the workers connect to.
type site struct {
	cloud              *azuretest.Cloud
	managed, principal azuretest.Identity
	dir                string
	databases          []*database
}

// database is a server behind a gate, which stays at its port when another server takes its place.
type database struct {
	server
	gate *gate.Gate
	now  *lab.Server // nil before the first one
}

// newSite starts the cloud and the servers. It must be closed, also after an error.
func newSite(ctx context.Context, all []server) (x *site, err error) {
	x = &site{}
	if x.cloud, err = azuretest.Start(); err != nil {
		return x, err
	}
	if x.dir, err = os.MkdirTemp("", "soak-"); err != nil {
		return x, err
	}
	x.managed = x.cloud.AddUserAssigned(azuretest.Identity{TokenLifetime: tokenLife})
	x.principal = x.cloud.AddServicePrincipal(azuretest.Identity{TokenLifetime: tokenLife})
	for _, s := range all {
		d := &database{server: s}
		x.databases = append(x.databases, d)
		if d.now, err = s.start(ctx, x.cloud, x.users()); err != nil {
			return x, err
		}
		if d.gate, err = gate.New(d.now.Addr()); err != nil {
			return x, err
		}
	}
	return x, x.cloud.CA().WriteFile(x.roots())
}

func (x *site) roots() string { return filepath.Join(x.dir, "ca.pem") }

// restart restarts a database's server, which cannot be reached for some time after that. A new one takes the place of a
// stand-in.
func (x *site) restart(d *database, down time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	d.gate.SetTarget("")
	err := d.now.Restart(ctx)
	if errors.Is(err, engine.ErrEmbedded) {
		var next *lab.Server
		if err = d.now.Close(); err == nil {
			next, err = d.start(ctx, x.cloud, x.users())
		}
		if err == nil {
			d.now = next
		}
	}
	if err != nil {
		return err
	}
	pause(ctx, down)
	d.gate.SetTarget(d.now.Addr())
	return nil
}

func (x *site) users() *lab.Options {
	return &lab.Options{Users: []string{x.managed.Name, x.principal.Name}}
}

// environ are the variables of the process with the workers.
func (x *site) environ() []string {
	environ := append(x.cloud.AppServiceEnviron(), "AZURE_AUTHORITY_HOST="+x.cloud.AuthorityHost(),
		"PASSWORDLESS_TRUSTED_HOSTS=127.0.0.1", "PASSWORDLESS_CA_FILE="+x.roots(), "SSL_CERT_FILE="+x.roots(), "PATH=", "HOME="+x.dir)
	for _, d := range x.databases {
		p := d.prefix + "PRINCIPAL_"
		environ = append(environ,
			d.prefix+"CONNECTIONSTRING="+d.text(d.gate.Port(), x.managed.Name), d.prefix+"CLIENTID="+x.managed.ClientID,
			p+"CONNECTIONSTRING="+d.text(d.gate.Port(), x.principal.Name), p+"CLIENTID="+x.principal.ClientID,
			p+"CLIENTSECRET="+x.principal.Secret, p+"TENANTID="+x.principal.TenantID)
	}
	return environ
}

func (x *site) close() error {
	var errs []error
	for _, d := range x.databases {
		if d.gate != nil {
			errs = append(errs, d.gate.Close())
		}
		if d.now != nil {
			errs = append(errs, d.now.Close())
		}
	}
	if x.cloud != nil {
		errs = append(errs, x.cloud.Close())
	}
	if x.dir != "" {
		errs = append(errs, os.RemoveAll(x.dir))
	}
	return errors.Join(errs...)
}
