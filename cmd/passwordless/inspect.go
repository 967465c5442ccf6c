package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	mysqldriver "github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/plan"
	"github.com/azuredb/passwordless/mysql"
	"github.com/azuredb/passwordless/postgres"
	"github.com/azuredb/passwordless/sqlserver"
)

// inspect is the command of this name.
func inspect(args, environ []string, stdout, stderr io.Writer) int {
	c, err := parseInspect(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return help(stdout, stderr)
	case err != nil:
		return misuse(stderr, err.Error())
	}
	o := &passwordless.Options{Environ: func() []string { return environ }}
	found, err := plan.Inspect(c.engine, c.dsn, o)
	if err == nil {
		err = checkDriver(&found, c.dsn, environ)
	}
	r := newReport(found, err)
	text := r.plain()
	if c.json {
		text = r.json()
	}
	code := write(stdout, stderr, text)
	if err == nil {
		return code
	}
	if !c.json {
		_, _ = fmt.Fprintln(stderr, "passwordless:", strings.TrimPrefix(r.Error, "passwordless: "))
	}
	return exitError
}

// inspectCall is how inspect was called.
type inspectCall struct {
	engine dsn.Engine
	dsn    string
	json   bool
}

// parseInspect reads the arguments. Flags may stand anywhere before "--". Its
// errors quote nothing.
func parseInspect(args []string) (c inspectCall, err error) {
	flags := flag.NewFlagSet("inspect", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&c.json, "json", false, "")
	var given []string
	for len(args) > 0 {
		if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
			return c, err
		} else if err != nil {
			return c, errors.New("unknown flag: want --json or --help")
		}
		rest := flags.Args()
		if read := args[:len(args)-len(rest)]; slices.Contains(read, "--") {
			given = append(given, rest...)
			break
		}
		given = append(given, rest[:min(1, len(rest))]...)
		args = rest[min(1, len(rest)):]
	}
	switch len(given) {
	case 0:
		return c, errors.New("inspect: no engine is given: want postgresql, mysql or sqlserver")
	case 1:
	case 2:
		c.dsn = given[1]
	default:
		return c, errors.New("inspect: too many arguments: quote a connection string with blanks")
	}
	if c.engine, err = dsn.ParseEngine(given[0]); err != nil {
		return c, errors.New("inspect: unknown engine: want postgresql, mysql or sqlserver")
	}
	return c, nil
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
