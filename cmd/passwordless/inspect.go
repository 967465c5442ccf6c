package main

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/spf13/cobra"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/cmd/internal/cli"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/plan"
	"github.com/azuredb/passwordless/mysql"
	"github.com/azuredb/passwordless/postgres"
	"github.com/azuredb/passwordless/sqlserver"
)

// inspectHelp describes the output.
const inspectHelp = `inspect prints what a program that opens DSN would do in the present
environment: where it would connect, with which identity and by which rule, and
why the server may receive the token. It makes no request, starts no program,
and prints no secret.

Without ENGINE it shows the default connection of every engine that has one. The
last line says whether the connection would work, as far as that is known
without a request: "passwordless doctor" makes them.

With --json it prints an object for each connection with these keys, all but the
last three always there:

  host, port        the first server; the port is a number
  database
  user              as it is sent to the server: empty where the token names it
  tls               what the connection declares: "", disable, prefer, require,
                    skip-verify, verify-ca, verify-full
  auth              system, user, service-principal, workload, secret (a
                    password), azure-cli, azure-developer-cli, azure-powershell,
                    interactive, device-code; empty if an error hides it
  client_id, tenant_id, object_id
  connection        Service Connector's name for it; empty for the default one
  cloud, scope      also for a password, which needs no token
  mode              the connection's authentication method, such as "default"
  error             empty if there is none
  password, client_secret, client_certificate_password
                    "***" if the identity has one

More keys, for people: engine, source, variables, dialect, hosts,
server_names (which the certificates are verified against), parameters (names
of those left for the driver), resource_id, identity, rule, why, azure (what is
known about this host), asset_tag, id_kind, probe and developer (the sign-ins to
fall back to), authority, tls_decision, trust, warnings, error_variable,
error_anchor (of TROUBLESHOOTING.md).`

func newInspect(environ []string) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "inspect [ENGINE [DSN]]",
		Short: "Print what a program that opens DSN would do in this environment",
		Long:  inspectHelp,
		Example: `  passwordless inspect
  passwordless inspect mysql connection:orders
  passwordless inspect sqlserver env:DATABASE_URL --json`,
		Args:              atMostTwo,
		ValidArgsFunction: cli.CompleteEngine,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return inspectAll(c, environ, asJSON)
			}
			engine, s, err := cli.EngineAndDSN("inspect", args)
			if err != nil {
				return err
			}
			r, err := inspect(engine, s, environ)
			return showAll(c, []report{r}, []error{err}, environ, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// atMostTwo is for commands that take an engine and a connection string.
func atMostTwo(c *cobra.Command, args []string) error {
	if len(args) > 2 {
		return cli.Usage(c.Name() + ": too many arguments: quote a connection string with blanks")
	}
	return nil
}

// noArguments is for commands that take none.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return cli.Usage(c.Name() + ": too many arguments: want none")
	}
	return nil
}

// inspect returns what is known of one connection.
func inspect(engine dsn.Engine, s string, environ []string) (report, error) {
	found, err := plan.Inspect(engine, s, &passwordless.Options{Environ: func() []string { return environ }})
	if err == nil {
		err = checkDriver(&found, s, environ)
	}
	return newReport(found, err), err
}

// inspectAll shows the default connection of each engine that has any variables.
func inspectAll(c *cobra.Command, environ []string, asJSON bool) error {
	var reports []report
	var errs []error
	for _, engine := range cli.Engines {
		r, err := inspect(engine, "", environ)
		if _, none := errors.AsType[interface {
			error
			NoSettings()
		}](err); !none {
			reports, errs = append(reports, r), append(errs, err)
		}
	}
	if len(reports) == 0 {
		return &cli.Status{Code: cli.Failed, Err: errors.New("no engine has connection settings: set AZURE_POSTGRESQL_CONNECTIONSTRING, " +
			"AZURE_MYSQL_CONNECTIONSTRING or AZURE_SQL_CONNECTIONSTRING, or name the engine and the connection")}
	}
	return showAll(c, reports, errs, environ, asJSON)
}

// showAll prints the reports, and for people their errors.
func showAll(c *cobra.Command, reports []report, errs []error, environ []string, asJSON bool) error {
	code := cli.OK
	for i, r := range reports {
		text := r.json()
		if !asJSON {
			text = r.plain(cli.ScreenOf(c.OutOrStdout(), environ))
			if i > 0 {
				text = append([]byte("\n"), text...)
			}
		}
		_, _ = c.OutOrStdout().Write(text) // cli.Writer has the error
		if errs[i] != nil {
			code = cli.Failed
			if !asJSON {
				cli.PrintError(c.ErrOrStderr(), errs[i])
			}
		}
	}
	if code != cli.OK {
		return &cli.Status{Code: code}
	}
	return nil
}

// drivers do what sql.Open does.
var drivers = map[dsn.Engine]func(string, *passwordless.Options) (io.Closer, error){
	dsn.PostgreSQL: func(s string, o *passwordless.Options) (io.Closer, error) { return postgres.NewConnector(s, o) },
	dsn.MySQL:      func(s string, o *passwordless.Options) (io.Closer, error) { return mysql.NewConnector(s, o) },
	dsn.SQLServer:  func(s string, o *passwordless.Options) (io.Closer, error) { return sqlserver.NewConnector(s, o) },
}

// checkDriver returns the error that the driver finds in the parameters that are
// left for it, as it would in sql.Open.
func checkDriver(found *plan.Inspection, s string, environ []string) error {
	if name := found.Config.Params["tls"]; found.Engine == dsn.MySQL && name != "" {
		// Only the program can register it; the name itself may be anything.
		if mysqldriver.RegisterTLSConfig(name, &tls.Config{MinVersion: tls.VersionTLS12}) == nil {
			defer mysqldriver.DeregisterTLSConfig(name)
		}
		found.Warnings = append(found.Warnings, "tls names a configuration that the program must register with go-sql-driver: what it adds is not known here")
	}
	conn, err := drivers[found.Engine](s, &passwordless.Options{
		Environ: func() []string { return environ },
		Logger:  slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	return conn.Close()
}
