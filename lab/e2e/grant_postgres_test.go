package e2e_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab/internal/azureusers"
	"github.com/azuredb/passwordless/lab/postgres"
)

// grantedPostgres is a server with Azure's functions, and the command of its administrator.
type grantedPostgres struct {
	command
	server *postgres.Server
}

func newGrantedPostgres(t *testing.T) grantedPostgres {
	t.Helper()
	postgres.Require(t)
	cloud := azuretest.New(t)
	id := cloud.AddUserAssigned(azuretest.Identity{Name: "administrator"})
	server, err := postgres.Start(t.Context(), cloud, &postgres.Options{Users: []string{"administrator"}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	g := grantedPostgres{newCommand(t, cloud, id, server.Server, "AZURE_POSTGRESQL_"), server}
	g.exec(t, "postgres", "postgres", azureusers.PostgreSQL("administrator", "app"))
	return g
}

func TestGrantPostgres(t *testing.T) {
	g := newGrantedPostgres(t)
	t.Run("least privilege", g.testIsLeastPrivilege)
	t.Run("quotes", g.testQuotes)
	t.Run("checks and revokes", g.testChecksAndRevokes)
}

// as logs in as a role over the private socket.
func (g grantedPostgres) as(t *testing.T, role, database string) *pgx.Conn {
	t.Helper()
	conninfo, err := g.server.BackendConninfo()
	require.NoError(t, err)
	config, err := pgx.ParseConfig(conninfo)
	require.NoError(t, err)
	config.User, config.Database = role, database
	conn, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

func (g grantedPostgres) exec(t *testing.T, role, database, sql string) {
	t.Helper()
	conn := g.as(t, role, database)
	_, err := conn.Exec(t.Context(), sql)
	require.NoError(t, err, sql)
	require.NoError(t, conn.Close(t.Context()))
}

// may tells which of the statements a role may run; any other error than a refusal fails the test.
func (g grantedPostgres) may(t *testing.T, role string, statements ...string) (list []string) {
	t.Helper()
	conn := g.as(t, role, "app")
	for _, sql := range statements {
		_, err := conn.Exec(t.Context(), sql)
		failed, ok := errors.AsType[*pgconn.PgError](err)
		if ok && failed.Code == "42501" {
			continue
		}
		require.NoError(t, err, sql)
		list = append(list, sql)
	}
	return list
}

// Each role may do what it is for and no more, also with what is made after the grant.
func (g grantedPostgres) testIsLeastPrivilege(t *testing.T) {
	g.exec(t, "administrator", "app", `create schema shop; create schema other; create table other.hidden (id int);
create table shop.orders (id serial primary key); create view shop.all_orders as select * from shop.orders`)
	for _, role := range []string{"reader", "writer", "owner"} {
		out := g.grant(t, "pg", "--principal", role, "--role", role, "--schema", "shop", "--object-id", identityID, "--apply")
		assert.Equal(t, 7, strings.Count(out, "\ndone ")+1, out)
		assert.Contains(t, out, "the user has what the role "+role+" needs")
		assert.Contains(t, out, "sees            2 tables and views: all_orders, orders\n")
	}
	g.exec(t, "administrator", "app", `create table shop.later (id serial primary key); create view shop.all_later as select * from shop.later`)

	reads := []string{"select * from shop.orders", "select * from shop.all_orders", "select * from shop.later", "select * from shop.all_later"}
	writes := []string{"insert into shop.orders default values", "insert into shop.later default values", "update shop.later set id = id", "delete from shop.orders"}
	makes := []string{"create table shop.own (id serial)", "insert into shop.own default values", "drop table shop.own"}
	never := []string{"select * from other.hidden", "create schema another", "drop table shop.orders", "alter table shop.orders add x int", "create role another"}
	all := slices.Concat(reads, writes, never)
	assert.Equal(t, reads, g.may(t, "reader", append(all, "create table shop.own (id int)", "truncate shop.later", "select nextval('shop.later_id_seq')")...))
	assert.Equal(t, slices.Concat(reads, writes), g.may(t, "writer", append(all, "create table shop.own (id int)", "truncate shop.later")...))
	assert.Equal(t, slices.Concat(reads, writes, makes, []string{"truncate shop.later"}), g.may(t, "owner", slices.Concat(all, makes, []string{"truncate shop.later"})...))
}

// --check says what lacks, --revoke takes back what was granted, and both say what they cannot do.
func (g grantedPostgres) testChecksAndRevokes(t *testing.T) {
	g.exec(t, "administrator", "app", "create schema sales; create table sales.orders (id serial primary key)")
	of := func(args ...string) []string {
		return append([]string{"pg", "--principal", "orders", "--schema", "sales"}, args...)
	}

	assert.Contains(t, g.grantFails(t, of("--check")...), "there is none of this name")
	g.grant(t, of("--apply")...)
	assert.Contains(t, g.grant(t, of("--check")...), "may             select on tables and views: 1 of 1\n")
	out := g.grantFails(t, of("--check", "--role", "owner")...)
	assert.Contains(t, out, "lacks           insert on tables and views: 1 of 1: orders\n")
	assert.Contains(t, out, "lacks           create in the schema\n")

	// Another role makes tables: the grant does not hold for those.
	g.exec(t, "postgres", "app", "create role migrations; grant all on schema sales to migrations; set role migrations; create table sales.migrated (id int)")
	out = g.grantFails(t, of("--check")...)
	assert.Contains(t, out, "lacks           select on tables and views: 1 of 2: migrated\n")
	assert.Contains(t, out, "later tables and views of the roles that make them: 1 of 2: migrations\n")
	out = g.grantFails(t, of("--apply")...)
	assert.Contains(t, out, "exists already  SELECT * FROM pg_catalog.pgaadauth_create_principal('orders', false, false)\n")
	assert.Contains(t, out, "failed          GRANT SELECT ON ALL TABLES")
	assert.Contains(t, out, "run it as the owner")
	g.exec(t, "postgres", "app", "drop table sales.migrated; set role migrations; create sequence sales.migrated")
	assert.Contains(t, g.grantFails(t, of("--check")...), "--apply in place of --check, as the owner of the tables\n")
	g.exec(t, "postgres", "app", "drop sequence sales.migrated")

	g.grant(t, of("--apply", "--role", "owner")...)
	g.exec(t, "orders", "app", "create table sales.own (id int)")
	assert.Contains(t, g.grantFails(t, of("--revoke", "--apply")...), `  fix           in each database that the detail names: REASSIGN OWNED BY "orders" TO CURRENT_USER; DROP OWNED BY "orders";`)
	g.exec(t, "postgres", "app", "drop table sales.own")
	g.grant(t, of("--revoke", "--apply")...)
	assert.Contains(t, g.grantFails(t, of("--check")...), "there is none of this name")
	for _, gone := range []string{"sales", "never"} {
		out = g.grant(t, "pg", "--principal", "orders", "--schema", gone, "--revoke", "--apply")
		assert.Equal(t, 7, strings.Count("\n"+out, "\nmissing already "), out)
	}

	g.exec(t, "postgres", "postgres", "drop function pg_catalog.pgaadauth_create_principal")
	out = g.grantFails(t, of("--apply")...)
	assert.Contains(t, out, "--microsoft-entra-auth Enabled")
	assert.Equal(t, 6, strings.Count(out, "\nnot run "), out)
}

// Whatever an identity, a database and a schema are called, nothing but the statements runs.
func (g grantedPostgres) testQuotes(t *testing.T) {
	super := g.as(t, "postgres", "postgres")
	roles := func() (list []string) {
		rows, err := super.Query(t.Context(), "select rolname from pg_roles order by 1")
		require.NoError(t, err)
		list, err = pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return list
	}
	const database = `d'a"t;a\ %b`
	_, err := super.Exec(t.Context(), "create database "+pgx.Identifier{database}.Sanitize())
	require.NoError(t, err)
	app := g.as(t, "postgres", database)
	_, err = app.Exec(t.Context(), "create table canary (id int); create table public.\"DROP\" (id int)")
	require.NoError(t, err)
	run := func(script string) { // as a person does who copies each part to where it belongs
		for part := range strings.SplitSeq(script, "-- In the database ") {
			at, sql, _ := strings.Cut(part, ":\n")
			conn := app
			if at == `"postgres"` {
				conn = super
			}
			_, err := conn.Exec(t.Context(), sql)
			require.NoError(t, err, sql)
		}
	}
	before := roles()
	for i, name := range hostileNames() {
		schema := pgx.Identifier{name}.Sanitize()
		_, err := app.Exec(t.Context(), "create schema "+schema+"; create table "+schema+".t (id int)")
		require.NoError(t, err)
		if i%2 == 0 {
			_, err = app.Exec(t.Context(), "set standard_conforming_strings = off")
		} else {
			_, err = app.Exec(t.Context(), "set standard_conforming_strings = on")
		}
		require.NoError(t, err)
		args := []string{"pg", "--principal=" + name, "--database=" + database, "--schema=" + name, "--role=writer", "--object-id=" + identityID}
		run(g.grant(t, args...))
		after := append(slices.Clone(before), name)
		slices.Sort(after)
		assert.Equal(t, after, roles())
		var may bool
		require.NoError(t, app.QueryRow(t.Context(), "select has_table_privilege($1, to_regclass($2), 'insert') and not has_table_privilege($1, 'canary', 'select')", name, schema+".t").Scan(&may))
		assert.True(t, may, name)
		run(g.grant(t, append(args, "--revoke")...))
		assert.Equal(t, before, roles(), name)
		_, err = app.Exec(t.Context(), "select from canary")
		require.NoError(t, err)
	}
	// The same by --apply and --check, whose session is in the database of that name.
	args := []string{"pg", `--principal='; DROP TABLE canary; --"`, "--database=" + database, "--apply"}
	_, err = super.Exec(t.Context(), "alter database "+pgx.Identifier{database}.Sanitize()+" owner to administrator")
	require.NoError(t, err)
	_, err = app.Exec(t.Context(), `alter table canary owner to administrator; alter table "DROP" owner to administrator; alter schema public owner to administrator`)
	require.NoError(t, err)
	assert.Contains(t, g.grant(t, args...), "sees            2 tables and views: DROP, canary\n")
	g.grant(t, append(args, "--revoke")...)
	assert.Equal(t, before, roles())
}
