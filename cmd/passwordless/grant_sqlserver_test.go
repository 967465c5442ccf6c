package main

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/sqlservertest"
	"github.com/azuredb/passwordless/cmd/internal/cli"
)

// stand is a stand-in for SQL Server, which keeps the statements that arrive and fails those that it is told to.
type stand struct {
	mu       sync.Mutex
	arrived  []string
	fail     map[string]*azuretest.ServerError // by the beginning of the statement
	has      int64
	environ  []string
	tables   []string
	question []azuretest.Statement
}

func newStand(t *testing.T) *stand {
	t.Helper()
	offAzure(t)
	s := &stand{fail: map[string]*azuretest.ServerError{}, has: 1, tables: []string{"dbo.orders"}}
	cloud := azuretest.New(t)
	id := cloud.AddUserAssigned(azuretest.Identity{Name: "administrator"})
	server := sqlservertest.New(t, cloud, &azuretest.ServerOptions{Query: s.query})
	azuretest.Setenv(t, server.Environ(id)...)
	s.environ = server.Environ(id)
	return s
}

func (s *stand) query(_ context.Context, statement azuretest.Statement) (azuretest.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for beginning, err := range s.fail {
		if strings.HasPrefix(statement.SQL, beginning) {
			return azuretest.Result{}, err
		}
	}
	if !strings.HasPrefix(statement.SQL, "SELECT") {
		s.arrived = append(s.arrived, statement.SQL)
		return azuretest.Result{}, nil
	}
	s.question = append(s.question, statement)
	r := azuretest.Result{Columns: []string{"name", "has"}, Rows: [][]any{{"x", s.has}}}
	if strings.Contains(statement.SQL, "sys.objects") {
		r.Rows = nil
		for _, name := range s.tables {
			r.Rows = append(r.Rows, []any{name, int64(1)})
		}
	}
	return r, nil
}

func TestGrantSQLServerApplies(t *testing.T) {
	s := newStand(t)
	out := call(s.environ, "grant", "sqlserver", "--principal", "o]r'ders; DROP", "--role", "writer", "--object-id", someID, "--apply")
	require.Equal(t, cli.OK, out.code, out.stdout+out.stderr)
	assert.Equal(t, []string{
		"CREATE USER [o]]r'ders; DROP] FROM EXTERNAL PROVIDER WITH OBJECT_ID = '" + someID + "'",
		"ALTER ROLE [db_datareader] ADD MEMBER [o]]r'ders; DROP]", "ALTER ROLE [db_datawriter] ADD MEMBER [o]]r'ders; DROP]",
	}, s.arrived)
	assert.Contains(t, out.stdout, "may             be a member of db_datawriter\nsees            1 tables and views: dbo.orders\n")
	for _, q := range s.question {
		assert.Equal(t, "o]r'ders; DROP", q.Args[0], "names are parameters: %s", q.SQL)
	}

	s.arrived = nil
	out = call(s.environ, "grant", "mssql", "--principal", "orders", "--schema", "sales", "--role", "owner", "--apply")
	require.Equal(t, cli.OK, out.code, out.stdout+out.stderr)
	assert.Contains(t, s.arrived, "GRANT CREATE TABLE, CREATE VIEW, CREATE PROCEDURE, CREATE FUNCTION TO [orders]")
	s.arrived = nil
	out = call(s.environ, "grant", "mssql", "--principal", "orders", "--revoke", "--apply")
	require.Equal(t, cli.OK, out.code, out.stdout+out.stderr)
	assert.Equal(t, []string{"DROP USER [orders]"}, s.arrived)
}

func TestGrantSQLServerChecks(t *testing.T) {
	s := newStand(t)
	s.has, s.tables = 0, nil
	out := call(s.environ, "grant", "sqlserver", "--principal", "orders", "--check")
	assert.Equal(t, output{"lacks           the user: there is none of this name\nresult          lacks 1 for the role reader: run this with --apply in place of --check, as the owner of the tables\n", "", cli.Failed}, out)
}

// What fails comes with what mends it; a user that exists is kept.
func TestGrantSQLServerFails(t *testing.T) {
	s := newStand(t)
	for number, want := range map[int]string{
		33134: "Directory Readers", 33131: "add --object-id", 37545: "not its client ID", 15247: "Microsoft Entra administrator",
	} {
		s.fail["CREATE"] = &azuretest.ServerError{Number: number, Message: "no\nsuch luck"}
		out := call(s.environ, "grant", "sqlserver", "--principal", "orders", "--apply")
		assert.Equal(t, cli.Failed, out.code, number)
		assert.Contains(t, out.stdout, "failed          CREATE USER [orders] FROM EXTERNAL PROVIDER\n  cause ")
		assert.Contains(t, out.stdout, want)
		assert.Contains(t, out.stdout, "\nnot run         ALTER ROLE [db_datareader] ADD MEMBER [orders]\n")
		assert.Contains(t, out.stderr, "grant: 1 of 2 statements failed\n")
	}
	assert.Empty(t, s.arrived)
	s.fail["CREATE"] = &azuretest.ServerError{Number: 15023, Message: "exists"}
	out := call(s.environ, "grant", "sqlserver", "--principal", "orders", "--apply")
	assert.Equal(t, cli.OK, out.code, out.stderr)
	assert.Contains(t, out.stdout, "exists already  CREATE USER")
	assert.Contains(t, out.stdout, "make sure that it is this identity's")
}
