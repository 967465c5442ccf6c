package main

import (
	"errors"
	"fmt"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/cmd/internal/cli"
	"github.com/azuredb/passwordless/cmd/internal/grant"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/plan"
)

const grantHelp = `grant prints the SQL that makes the database's user for an identity, and gives
it the least that a role needs. Nothing is run without --apply.

  reader             reads tables and views
  writer             also changes their rows, and uses sequences
  owner              also makes tables, in the schema if there is one
  service-connector  has what Service Connector grants, which is more

It holds also for what is made later; in PostgreSQL for what the role makes that
runs it. Without --schema it is public in PostgreSQL, and the whole database in
SQL Server. Without --database it is that of the connection.

--apply runs the SQL with the token of the connection, which must be that of a
Microsoft Entra administrator of the server: on a laptop the developer who is
signed in. It then checks the result. --check says what the user may do and what
lacks for the role, and exits with 1 if something does. --revoke prints what
takes it back.

ENGINE may also be fabric: grant then says what is done there in place of SQL.`

// granting is the command with its flags.
type granting struct {
	request              grant.Request
	role, kind           string
	objectID, clientID   string
	apply, check, revoke bool
	environ              []string
}

func newGrant(environ []string) *cobra.Command {
	g := granting{environ: environ}
	c := &cobra.Command{
		Use:   "grant ENGINE [DSN] --principal NAME",
		Short: "Make a database's user for an identity, with the least privileges",
		Long:  grantHelp,
		Example: `  passwordless grant postgresql --principal orders --role writer --database shop
  passwordless grant mysql --principal orders --client-id ID --database shop
  passwordless grant sqlserver --principal orders --role writer --schema sales
  passwordless grant pg env:ADMIN --principal orders --role writer --apply
  passwordless grant pg env:ADMIN --principal orders --role writer --check
  passwordless grant fabric --principal orders --role reader`,
		Args: engineThenDSN,
		ValidArgsFunction: func(c *cobra.Command, args []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
			list, directive := cli.CompleteEngine(c, args, toComplete)
			if len(args) == 0 {
				list = append(list, "fabric")
			}
			return list, directive
		},
		RunE: func(c *cobra.Command, args []string) error { return g.run(c, args) },
	}
	f := c.Flags()
	f.StringVar(&g.request.Principal, "principal", "", "the database's user: display or user principal name")
	f.StringVar(&g.objectID, "object-id", "", "object ID of the identity: the user may have any name")
	f.StringVar(&g.clientID, "client-id", "", "client ID, which MySQL wants of a service instead")
	f.StringVar(&g.kind, "type", string(grant.Service), "service, user or group")
	f.StringVar(&g.role, "role", string(grant.Reader), "what the user is to do")
	f.StringVar(&g.request.Database, "database", "", "the database, if not that of the connection")
	f.StringVar(&g.request.Schema, "schema", "", "the schema")
	f.BoolVar(&g.apply, "apply", false, "run the SQL, and show the result")
	f.BoolVar(&g.check, "check", false, "show what the user may do, and what lacks")
	f.BoolVar(&g.revoke, "revoke", false, "take it back")
	for name, values := range map[string][]string{"role": grant.Roles, "type": grant.Kinds} {
		_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)) // fails only for unknown flags
	}
	return c
}

func (g granting) run(c *cobra.Command, args []string) error {
	if g.check && (g.apply || g.revoke) {
		return cli.Usage("grant: --check goes with neither --apply nor --revoke")
	}
	if strings.EqualFold(args[0], "fabric") {
		return g.fabric(c)
	}
	engine, s, err := cli.EngineAndDSN("grant", args)
	if err != nil {
		return err
	}
	r, inFabric, err := g.complete(engine, s)
	if err != nil {
		return err
	}
	list := r.Grant()
	if g.revoke {
		list = r.Revoke()
	}
	if !g.apply && !g.check {
		if inFabric {
			g.printFabric(c, "-- ")
		}
		_, _ = fmt.Fprint(c.OutOrStdout(), grant.Script(engine, list)) // cli.Writer has the error
		return nil
	}
	ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	o := &operator{engine: engine, dsn: s, environ: g.environ, database: r.Database}
	defer o.close()
	if g.check {
		return o.check(ctx, c, r, "run this with --apply in place of --check, as the owner of the tables")
	}
	return o.apply(ctx, c, r, list, g.revoke)
}

// complete makes a request of the flags and the connection, and reports whether that is one to Fabric.
func (g granting) complete(engine dsn.Engine, s string) (r grant.Request, inFabric bool, err error) {
	r = g.request
	r.Engine, r.Kind, r.Role = engine, grant.Kind(strings.ToLower(g.kind)), grant.Role(strings.ToLower(g.role))
	if r.ID, err = g.id(engine, r.Kind); err != nil {
		return r, false, err
	}
	p, err := plan.Make(identity.DetectHost(), engine, s, &passwordless.Options{Environ: func() []string { return g.environ }})
	runs := g.apply || g.check
	if err != nil && (s != "" || runs) {
		return r, false, &cli.Status{Code: cli.Failed, Err: err}
	}
	if r.Database == "" {
		r.Database = p.Config.Database
	}
	if err := r.Validate(); err != nil {
		return r, false, cli.Usage("grant: " + err.Error())
	}
	if runs && engine == dsn.SQLServer && (r.Database == "" || !strings.EqualFold(r.Database, p.Config.Database)) {
		return r, false, &cli.Status{Code: cli.Failed, Err: errors.New("grant: the connection must name the database: SQL Server does not change to another")}
	}
	inFabric = slices.ContainsFunc(p.Config.Hosts, func(h dsn.Host) bool { return strings.HasSuffix(strings.ToLower(h.Name), ".fabric.microsoft.com") })
	return r, inFabric, nil
}

// id is the one by which the engine knows an identity.
func (g granting) id(engine dsn.Engine, kind grant.Kind) (string, error) {
	byClient := engine == dsn.MySQL && kind == grant.Service
	switch {
	case byClient && g.objectID != "":
		return "", cli.Usage("grant: MySQL knows a managed identity or service principal by its client ID: use --client-id in place of --object-id")
	case !byClient && g.clientID != "":
		return "", cli.Usage("grant: only MySQL wants a client ID, for a service: use --object-id in place of --client-id")
	}
	return g.objectID + g.clientID, nil
}

// fabric says what is done there.
func (g granting) fabric(c *cobra.Command) error {
	if g.apply || g.check || g.revoke {
		return &cli.Status{Code: cli.Failed, Err: errors.New("grant: Fabric's access is given in Fabric's portal, not with SQL")}
	}
	r := g.request
	r.Engine, r.Kind, r.Role, r.Database = dsn.SQLServer, grant.Kind(strings.ToLower(g.kind)), grant.Role(strings.ToLower(g.role)), "database"
	if err := r.Validate(); err != nil {
		return cli.Usage("grant: " + err.Error())
	}
	g.printFabric(c, "")
	return nil
}

// printFabric prints what is done in Fabric, each line after a prefix.
func (g granting) printFabric(c *cobra.Command, prefix string) {
	role := grant.Role(strings.ToLower(g.role))
	same := role
	if role == grant.ServiceConnector {
		same = grant.Owner // its database roles
	}
	sqlserver := "passwordless grant sqlserver --principal " + cli.ShellQuote(g.request.Principal) + " --role " + string(same)
	for _, line := range grant.Fabric(grant.Kind(strings.ToLower(g.kind)), role, sqlserver) {
		_, _ = fmt.Fprintln(c.OutOrStdout(), prefix+line) // cli.Writer has the error
	}
}
