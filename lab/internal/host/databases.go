package host

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/internal/engine"
	"github.com/azuredb/passwordless/lab/internal/gate"
	"github.com/azuredb/passwordless/lab/sqlserver"
)

// Database is one that takes tokens.
type Database struct {
	Engine string // what answers, for people
	Port   int    // of 127.0.0.1
	Name   string

	kind   kind
	gate   *gate.Gate
	logins func() []engine.Login
	log    func() string
	close  func() error
}

// Logins returns the last logins, and what the firewall has held, each in its order.
func (d *Database) Logins() []engine.Login { return append(d.logins(), d.gate.Held.All()...) }

// Log is the end of the server's log.
func (d *Database) Log() string { return d.log() }

// Upstream is an ordinary server, behind a login front end that takes tokens.
type Upstream struct {
	Address, User, Password, Database string
}

// kind is what the lab knows of an engine.
type kind struct {
	title          string
	prefix         string                                                                            // of Service Connector's variables
	user, database string                                                                            // of an upstream, if it names none
	start          func(*Host, context.Context, *lab.Options) (*lab.Server, azuretest.Server, error) // with the front end before it, if it needs one
	front          func(*azuretest.Cloud, Upstream) (azuretest.Server, error)
}

var kinds = map[dsn.Engine]kind{
	dsn.PostgreSQL: {
		title: "PostgreSQL", prefix: "AZURE_POSTGRESQL_", user: "postgres", database: "postgres",
		start: (*Host).startPostgres,
		front: func(c *azuretest.Cloud, u Upstream) (azuretest.Server, error) {
			backend := url.URL{Scheme: "postgres", User: url.UserPassword(u.User, u.Password), Host: u.Address, Path: "/" + u.Database}
			return postgresfront.Start(c, &postgresfront.Options{ServerOptions: azuretest.ServerOptions{Backend: backend.String()}})
		},
	},
	dsn.MySQL: {
		title: "MySQL", prefix: "AZURE_MYSQL_", user: "root", database: "mysql",
		start: (*Host).startMySQL,
		front: func(c *azuretest.Cloud, u Upstream) (azuretest.Server, error) {
			backend := fmt.Sprintf("%s:%s@tcp(%s)/%s", u.User, u.Password, u.Address, u.Database)
			return mysqlfront.Start(c, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Backend: backend}})
		},
	},
	dsn.SQLServer: {
		title: "SQL Server", prefix: "AZURE_SQL_", user: "sa", database: "master",
		start: func(h *Host, ctx context.Context, o *lab.Options) (*lab.Server, azuretest.Server, error) {
			s, err := sqlserver.Start(ctx, h.Cloud, o)
			if err != nil {
				return nil, nil, err
			}
			return s.Server, nil, nil
		},
		front: func(c *azuretest.Cloud, u Upstream) (azuretest.Server, error) {
			backend := url.URL{Scheme: "sqlserver", User: url.UserPassword(u.User, u.Password), Host: u.Address}
			return sqlserverfront.Start(c, &sqlserverfront.Options{ServerOptions: azuretest.ServerOptions{Backend: backend.String()}})
		},
	},
}

// startDatabase starts a database of an engine, or a front end before the upstream.
func (h *Host) startDatabase(ctx context.Context, k kind, upstream *Upstream) (d *Database, err error) {
	var address string
	if upstream == nil {
		var users []string
		for _, id := range h.Identities {
			users = append(users, id.Name)
		}
		s, front, err := k.start(h, ctx, &lab.Options{Users: users})
		if s != nil {
			address = s.Addr()
			d = &Database{Engine: s.Engine, Name: s.Database, logins: s.Logins, log: s.Log, close: s.Close}
		}
		if err != nil {
			return d, err
		}
		if front != nil { // which the cloud closes
			address, d.logins = front.Addr(), func() []engine.Login { return engine.LoginsOf(front).All() }
		}
	} else {
		u := *upstream
		u.User, u.Database = cmp.Or(u.User, k.user), cmp.Or(u.Database, k.database)
		s, err := k.front(h.Cloud, u)
		if err != nil {
			return nil, err
		}
		address = s.Addr()
		d = &Database{
			Engine: k.title + " of " + u.Address, Name: u.Database, close: s.Close,
			logins: func() []engine.Login { return engine.LoginsOf(s).All() },
			log:    func() string { return engine.LoginsOf(s).String() },
		}
	}
	d.kind = k
	if d.gate, err = gate.New(address); err != nil {
		return d, err
	}
	d.Port = d.gate.Port()
	return d, nil
}

// sqlAuthentication are the ends of tedious' authentication types.
var sqlAuthentication = map[string]string{
	systemAssigned: "msi-app-service", userAssigned: "msi-app-service", servicePrincipal: "service-principal-secret",
}

// variables are Service Connector's, of the client types that have one for each part of the connection.
func (d *Database) variables(id Identity, identity []string) []string {
	parts := append([]string{fmt.Sprintf("PORT=%d", d.Port), "DATABASE=" + d.Name}, identity...)
	if d.kind.prefix == "AZURE_SQL_" {
		parts = append(parts, "SERVER=127.0.0.1", "AUTHENTICATIONTYPE=azure-active-directory-"+cmp.Or(sqlAuthentication[id.Kind], "default"))
	} else {
		parts = append(parts, "HOST=127.0.0.1", "USER="+id.Name, "SSL=true")
	}
	for i, part := range parts {
		parts[i] = d.kind.prefix + part
	}
	return parts
}

// Engines are the names of the engines.
func Engines() []string { return strings.Split("postgres,mysql,sqlserver", ",") }
