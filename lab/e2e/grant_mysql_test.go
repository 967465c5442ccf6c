package e2e_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/mysqltest"
	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/internal/azureusers"
	"github.com/azuredb/passwordless/lab/mysql"
)

// grantedMySQL is a real MariaDB and, before it, a login front end whose users are MariaDB's administrator.
type grantedMySQL struct {
	command
	config *mysqldriver.Config // of the administrator
	root   *sql.DB
	lower  atomic.Bool // statements are changed to what lower_case_table_names=1, Azure's default, makes of them
}

// withoutAzure makes SQL fit for MariaDB, whose users get no password here.
func withoutAzure(text string) string { return azureusers.MySQL(text, "") }

func newGrantedMySQL(t *testing.T) *grantedMySQL {
	t.Helper()
	mysql.Require(t)
	cloud := azuretest.New(t)
	id := cloud.AddUserAssigned(azuretest.Identity{Name: "administrator"})
	server, err := mysql.Start(t.Context(), cloud, &mysql.Options{Installed: true, Database: "my_shop"})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	dsn, err := server.BackendDSN()
	require.NoError(t, err)
	g := new(grantedMySQL)
	g.config, err = mysqldriver.ParseDSN(dsn)
	require.NoError(t, err)
	g.config.MultiStatements = true
	g.root = g.as(t, g.config.User, "my_shop")
	front := mysqltest.New(t, cloud, &azuretest.ServerOptions{Users: []string{"administrator"}, Query: g.query})
	g.command = newCommand(t, cloud, id, &lab.Server{Info: server.Info}, "AZURE_MYSQL_")
	for i, v := range g.environ {
		if strings.HasPrefix(v, "AZURE_MYSQL_PORT=") {
			g.environ[i] = "AZURE_MYSQL_PORT=" + strings.TrimPrefix(front.Addr(), "127.0.0.1:")
		}
	}
	return g
}

// as logs in as a user over the private socket.
func (g *grantedMySQL) as(t *testing.T, user, database string) *sql.DB {
	t.Helper()
	config := g.config.Clone()
	config.User, config.DBName = user, database
	connector, err := mysqldriver.NewConnector(config)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

// query answers a statement as MariaDB does.
func (g *grantedMySQL) query(ctx context.Context, s azuretest.Statement) (r azuretest.Result, err error) {
	text := withoutAzure(s.SQL)
	if g.lower.Load() {
		text = strings.NewReplacer("@@lower_case_table_names", "1", "`My\\_Shop`", "`my\\_shop`").Replace(text)
	}
	rows, err := g.root.QueryContext(ctx, text, s.Args...)
	if failed, ok := errors.AsType[*mysqldriver.MySQLError](err); ok {
		return r, &azuretest.ServerError{Number: int(failed.Number), State: string(failed.SQLState[:]), Message: failed.Message}
	} else if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if r.Columns, err = rows.Columns(); err != nil {
		return r, err
	}
	for rows.Next() {
		row, into := make([]any, len(r.Columns)), make([]any, len(r.Columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return r, err
		}
		for i := range row {
			if text, ok := row[i].([]byte); ok {
				row[i] = string(text)
			}
		}
		r.Rows = append(r.Rows, row)
	}
	return r, rows.Err()
}

// may tells which of the statements a user may run; any other error than a refusal fails the test.
func (g *grantedMySQL) may(t *testing.T, user string, statements ...string) (list []string) {
	t.Helper()
	db := g.as(t, user, "my_shop")
	for _, text := range statements {
		_, err := db.ExecContext(t.Context(), text)
		failed, ok := errors.AsType[*mysqldriver.MySQLError](err)
		if ok && slices.Contains([]uint16{1044, 1142, 1227, 1370}, failed.Number) {
			continue
		}
		require.NoError(t, err, text)
		list = append(list, text)
	}
	return list
}

func TestGrantMySQL(t *testing.T) {
	g := newGrantedMySQL(t)
	t.Run("least privilege", g.testIsLeastPrivilege)
	t.Run("checks and revokes", g.testChecksAndRevokes)
	t.Run("quotes", g.testQuotes)
	t.Run("names in lower case", g.testLowerCase)
}

func (g *grantedMySQL) exec(t *testing.T, text string) {
	t.Helper()
	_, err := g.root.ExecContext(t.Context(), text)
	require.NoError(t, err, text)
}

// users are the names of all.
func (g *grantedMySQL) users(t *testing.T) (list []string) {
	t.Helper()
	rows, err := g.root.QueryContext(t.Context(), "select user from mysql.user")
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// Each role may do what it is for and no more, also with what is made after the grant, and in no database of a similar
// name.
func (g *grantedMySQL) testIsLeastPrivilege(t *testing.T) {
	g.exec(t, "create table orders (id int); create view all_orders as select * from orders; create database myXshop; create table myXshop.hidden (id int)")
	for _, role := range []string{"reader", "writer", "owner"} {
		out := g.grant(t, "mysql", "--principal", role, "--role", role, "--client-id", identityID, "--apply")
		assert.Equal(t, 3, strings.Count("\n"+out, "\ndone "), out)
		assert.Contains(t, out, "the user has what the role "+role+" needs")
		assert.Contains(t, out, "sees            2 tables and views: all_orders, orders\n")
	}
	g.exec(t, "create table later (id int)")
	reads := []string{"select * from orders", "select * from all_orders", "select * from later"}
	writes := []string{"insert into later values (1)", "update later set id = 2", "delete from orders"}
	makes := []string{"create table own (id int)", "insert into own values (1)", "drop table own"}
	never := []string{"select * from myXshop.hidden", "create database another", "create user another", "grant select on my_shop.* to reader"}
	all := slices.Concat(reads, writes, never)
	assert.Equal(t, reads, g.may(t, "reader", append(all, makes[0], "drop table later")...))
	assert.Equal(t, slices.Concat(reads, writes), g.may(t, "writer", append(all, makes[0], "drop table later", "truncate later")...))
	assert.Equal(t, slices.Concat(reads, writes, makes), g.may(t, "owner", append(all, makes...)...))
}

// --check says what lacks, --revoke takes back what was granted, and nothing of other databases.
func (g *grantedMySQL) testChecksAndRevokes(t *testing.T) {
	of := func(args ...string) []string { return append([]string{"mysql", "--principal", "shop"}, args...) }
	assert.Contains(t, g.grantFails(t, of("--check")...), "there is none of this name")
	g.grant(t, of("--apply")...)
	assert.Contains(t, g.grant(t, of("--check")...), "may             select\n")
	assert.Contains(t, g.grantFails(t, of("--check", "--role", "writer")...), "lacks           insert\n")
	assert.Contains(t, g.grant(t, of("--apply", "--role", "service-connector")...), "exists already  CREATE AADUSER 'shop'\n")
	assert.Contains(t, g.grant(t, of("--check", "--role", "owner")...), "may             create temporary tables\n")

	assert.Contains(t, g.grantFails(t, "mysql", "--principal=elsewhere", "--database=my_shap", "--apply"), "lacks           find the database\n")

	g.exec(t, "grant select on myXshop.* to shop")
	assert.Contains(t, g.grantFails(t, of("--revoke", "--apply")...), "the user has privileges in other databases: myXshop")
	g.exec(t, "revoke all on myXshop.* from shop; grant create user on *.* to shop")
	assert.Contains(t, g.grantFails(t, of("--revoke", "--apply")...), "the user has privileges in other databases: all\n")
	g.exec(t, "revoke create user on *.* from shop")
	assert.Contains(t, g.grant(t, of("--revoke", "--apply")...), "missing already REVOKE ALL")
	assert.Contains(t, g.grant(t, of("--revoke", "--apply")...), "missing already DROP USER")
	assert.Contains(t, g.grantFails(t, of("--check")...), "there is none of this name")
}

// Whatever an identity and a database are called, nothing but the statements runs.
func (g *grantedMySQL) testQuotes(t *testing.T) {
	g.exec(t, "create table canary (id int)")
	before := g.users(t)
	for i, name := range hostileNames() {
		name = strings.TrimSuffix(string([]rune(name)[:min(32, len([]rune(name)))]), " ")
		modes := []string{"", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES"}
		_, err := g.root.ExecContext(t.Context(), "set session sql_mode = ?", modes[i%len(modes)])
		require.NoError(t, err)
		quoted := "`" + strings.ReplaceAll(name, "`", "``") + "`"
		g.exec(t, "create database "+quoted)
		args := []string{"mysql", "--principal=" + name, "--database=" + name, "--role=writer", "--client-id=" + identityID}
		g.exec(t, withoutAzure(g.grant(t, args...)))
		after := append(slices.Clone(before), name)
		slices.Sort(after)
		assert.Equal(t, after, g.users(t))
		var granted string
		require.NoError(t, g.root.QueryRowContext(t.Context(), "select db from mysql.db where user = ? and insert_priv = 'Y' and drop_priv = 'N'", name).Scan(&granted))
		assert.Equal(t, strings.NewReplacer(`\`, `\\`, "_", `\_`, "%", `\%`).Replace(name), granted)
		if i < 8 { // by --check, too
			assert.Contains(t, g.grant(t, append(args, "--check")...), "the user has what the role writer needs")
		}
		g.exec(t, withoutAzure(g.grant(t, append(args, "--revoke")...)))
		assert.Equal(t, before, g.users(t), name)
		g.exec(t, "drop database "+quoted)
		g.exec(t, "select 1 from canary")
	}
}

// A server that keeps names in lower case finds a database by any spelling, and so does what asks about privileges.
func (g *grantedMySQL) testLowerCase(t *testing.T) {
	g.lower.Store(true)
	defer g.lower.Store(false)
	args := []string{"mysql", "--principal=lower", "--database=My_Shop", "--client-id=" + identityID}
	assert.Contains(t, g.grant(t, append(args, "--apply")...), "the user has what the role reader needs")
	assert.Contains(t, g.grant(t, append(args, "--check")...), "sees            4 tables and views: all_orders, ")
	out := g.grant(t, append(args, "--revoke", "--apply")...)
	assert.Equal(t, 2, strings.Count("\n"+out, "\ndone "), out)
}
