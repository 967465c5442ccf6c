package tsqlite

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/tds"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

func TestTokenizeTSQL(t *testing.T) {
	var got []string
	for _, w := range sqlite.Significant(sqlite.Tokenize("select [a]]b], \"c\"\"d\", N'it''s', @p1, @@spid, #t, 0x1F, .5e-3, 1.e, a<=b -- end")) {
		got = append(got, w.Text)
	}
	assert.Equal(t, []string{"select", "[a]]b]", ",", `"c""d"`, ",", "N'it''s'", ",", "@p1", ",", "@@spid", ",", "#t", ",", "0x1F", ",", ".5e-3", ",", "1.", "e", ",", "a", "<=", "b"}, got)
	assert.Equal(t, "a]b", unquoted(sqlite.Token{Kind: sqlite.Quoted, Text: "[a]]b]"}))
	assert.Equal(t, "it's", unquoted(sqlite.Token{Kind: sqlite.String, Text: "N'it''s'"}))
}

func TestTSQLStatements(t *testing.T) {
	for batch, want := range map[string][]string{
		"select 1 select 2; select 3":                                   {"select 1", "select 2", "select 3"},
		"insert into t select a from b union all select c from d":       {"insert into t select a from b union all select c from d"},
		"update t set a = 1 set nocount on":                             {"update t set a = 1", "set nocount on"},
		"select * from [t] SET FMTONLY OFF":                             {"select * from [t]", "SET FMTONLY OFF"},
		"create table t (a int) insert t values (1) drop table t":       {"create table t ( a int )", "insert t values ( 1 )", "drop table t"},
		"drop table if exists t":                                        {"drop table if exists t"},
		"if 1 = 1 select 1 else select case when 1=1 then 2 else 3 end": {"if 1 = 1", "select 1", "else", "select case when 1 = 1 then 2 else 3 end"},
		"with x as (select 1 as a) select a from x select 2":            {"with x as ( select 1 as a ) select a from x", "select 2"},
		"grant select, insert on t to [u] select 1":                     {"grant select , insert on t to [u]", "select 1"},
		" ; -- nothing": nil,
	} {
		var got []string
		for _, words := range tsqlStatements(batch) {
			got = append(got, joined(words))
		}
		assert.Equal(t, want, got, batch)
	}
}

// plainEnvironment knows no tables.
func plainEnvironment() *tsqlEnvironment {
	return &tsqlEnvironment{
		user: "u", database: "app", variables: map[string]*tsqlVariable{},
		insertable: func(string) []string { return nil },
		columnType: func(string, string) (tds.Type, bool) { return tds.Type{}, false },
	}
}

func TestTranslateTSQL(t *testing.T) {
	for query, want := range map[string]string{
		"select top 3 * from [dbo].[t] where a = N'x''y' order by b": `select * from "t" where a = 'x''y' order by b limit 3`,
		"select a from app.dbo.t order by a offset 5 rows":           "select a from t order by a limit -1 offset 5",
		"select x = isnull(a, 0) from t with (nolock)":               `select ifnull(a, 0) as "x" from t`,
		"delete t output deleted.id where a = @P1":                   "delete from t where a = @p1 returning id",
		"insert t (a) output inserted.id, inserted.b values (1)":     "insert into t ( a ) values ( 1 ) returning id , b",
		"select suser_sname(), name from sys.tables":                 `select 'u' , name from "sys.tables"`,
		"update t set a = getdate() from t":                          "update t set a = " + sqliteNow + " from t",
	} {
		statements := tsqlStatements(query)
		require.Len(t, statements, 1)
		assert.Equal(t, want, plainEnvironment().translateTSQL(statements[0]).sql, query)
	}
}

func FuzzTSQL(f *testing.F) {
	for _, s := range []string{
		ordersTable, items, "select top (1) a, b = c from t offset 1 rows fetch next 2 rows only", "insert t output inserted.x values (@p1)",
		"merge into t using (values (1)) as s (a) on t.a = s.a when matched then update set a = 1 when not matched then insert (a) values (s.a) output inserted.a",
		"declare @x int = cast(1 as", "create table 0(00\xc9)", "convert(", "select [", "top", "with (", "output", "alter table t add x int", "sys.fn_listextendedproperty(", "select a from t offset 0 fetch row 0",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, batch string) {
		assert.Equal(t, batch, sqlite.SQL(sqlite.Tokenize(batch)))
		e := plainEnvironment()
		for _, words := range tsqlStatements(batch) {
			require.NotEmpty(t, words)
			if !balanced(words) {
				continue
			}
			e.translateTSQL(words)
			e.translateMerge(words)
			plain := e.plainNames(words)
			_, _ = e.createTable(plain)
			if len(plain) > 5 {
				_, _ = e.addColumn(plain)
			}
		}
	})
}
