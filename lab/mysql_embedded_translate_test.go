package lab

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTranslateMySQL(t *testing.T) {
	who := speaker{user: "app", database: "orders", version: "8"}
	for in, want := range map[string]string{
		"select `a`.`b`, t.* from t where x=?":        "select `a`.`b` , t.* from t where x = ?",
		`select "it's", 'a''b', 'c\'d\n'`:             "select 'it''s' , 'a''b' , 'c''d\n'",
		`select 'a\%b\_'`:                             `select 'a\%b\_'`,
		"select 1 # one":                              "select 1",
		"select 1--2 /* three */":                     "select 1 - - 2",
		"select now(6), User() from dual":             "select current_timestamp , 'app@%'",
		"select a from t for update":                  "select a from t",
		"select a->'$.b', a <> b, a >= 1e-5 from t":   "select a -> '$.b' , a <> b , a >= 1e-5 from t",
		"select last_insert_id(), @@global.version":   "select last_insert_rowid() , '8'",
		`insert ignore into t values (_binary'a\0b')`: "insert or ignore into t values( x'610062' )",
		"create table t (id int unsigned auto_increment primary key, n int) engine=innodb":                       "create table t( id integer primary key , n int )",
		"create table t (n decimal(10, 2), id bigint(20) not null auto_increment, primary key (id)) comment='x'": "create table t( n decimal( 10 , 2 ) , id integer not null , primary key( id ) )",
		"create table t (a text charset utf8mb4 collate utf8mb4_bin comment 'x')":                                "create table t( a text )",
		"create table t as select 1":  "create table t as select 1",
		"start transaction read only": "start transaction read only",
	} {
		tokens := cut(in, nextMySQLToken)
		assert.Equal(t, in, text(tokens))
		st, err := translateMySQL(tokens, who)
		assert.NoError(t, err, in)
		assert.Equal(t, want, st.sql, in)
	}
}

func FuzzTranslateMySQL(f *testing.F) {
	for _, s := range []string{`select 'a\'`, "`", "@@", "1e", "create table t (auto_increment", "insert", "_binary'x", "x'", "--", "#", "select from dual"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		for _, tokens := range statements(cut(in, nextMySQLToken)) {
			_, _ = translateMySQL(tokens, speaker{})
		}
	})
}
