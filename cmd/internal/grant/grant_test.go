package grant

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/generated"
)

const id = "99999999-2222-4333-8444-555555555555"

var engines = []dsn.Engine{dsn.PostgreSQL, dsn.MySQL, dsn.SQLServer}

// The SQL of each engine is in testdata, to be read by a person.
func TestScripts(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.String(), func(t *testing.T) {
			var b strings.Builder
			show := func(title string, r Request, list func(Request) []Statement) {
				r.Engine, r.Principal, r.Database = engine, "orders", "my_shop"
				require.NoError(t, r.Validate())
				script := Script(engine, list(r))
				for line := range strings.Lines(script) {
					assert.False(t, strings.HasPrefix(line, "--") && len(line) > 81, line)
				}
				fmt.Fprintf(&b, "== %s\n%s\n", title, script)
			}
			for _, role := range Roles {
				show(role, Request{Kind: Service, Role: Role(role)}, Request.Grant)
			}
			show("service with an ID", Request{Kind: Service, Role: Reader, ID: id}, Request.Grant)
			show("group", Request{Kind: Group, Role: Reader, ID: id}, Request.Grant)
			show("user", Request{Kind: User, Role: Reader}, Request.Grant)
			show("revoke", Request{Kind: Service, Role: Reader}, Request.Revoke)
			if engine != dsn.MySQL {
				show("reader of a schema", Request{Kind: Service, Role: Reader, Schema: "sales"}, Request.Grant)
				show("owner of a schema", Request{Kind: Service, Role: Owner, Schema: "sales"}, Request.Grant)
				show("revoke a schema", Request{Kind: Service, Role: Reader, Schema: "sales"}, Request.Revoke)
			}
			require.NoError(t, generated.Check("testdata/"+engine.String()+".sql", b.String()))
		})
	}
}

// refusing is a session in which nothing may be done.
type refusing struct{ err error }

func (s refusing) Exec(context.Context, string) error                       { return s.err }
func (s refusing) Query(context.Context, string, ...any) (*sql.Rows, error) { return nil, s.err }
func (s refusing) Warnings() []string                                       { return nil }
func (s refusing) open(context.Context, string) (Session, error)            { return s, nil }

func TestOnlyAnAdministratorMay(t *testing.T) {
	const fix = "log in as a Microsoft Entra administrator of the server"
	r := Request{Engine: dsn.PostgreSQL, Principal: "orders", Database: "app"}
	list := r.Revoke()
	_, postgresFix := r.explain(&pgconn.PgError{Code: "42501"}, list[len(list)-1])
	assert.Contains(t, postgresFix, fix, "to drop the user")
	_, postgresFix = r.explain(&pgconn.PgError{Code: "42501"}, list[0])
	assert.Contains(t, postgresFix, "run it as the owner")

	denied := &mysql.MySQLError{Number: 1142, Message: "SELECT command denied to user 'app'@'%' for table `mysql`.`user`"}
	r.Engine = dsn.MySQL
	_, _, _, err := r.Check(t.Context(), refusing{denied}.open)
	require.ErrorIs(t, err, denied)
	assert.Contains(t, err.Error(), fix)
}

func TestFabric(t *testing.T) {
	text := strings.Join(Fabric(Service, Writer, "COMMAND"), "\n")
	assert.Contains(t, text, "Service principals can use Fabric APIs")
	assert.Contains(t, text, "with Read, which lets it connect")
	assert.Contains(t, text, "COMMAND")
	text = strings.Join(Fabric(User, Reader, "COMMAND"), "\n")
	assert.NotContains(t, text, "Service principals")
	assert.Contains(t, text, "ReadData")
}

func TestValidate(t *testing.T) {
	good := Request{Engine: dsn.PostgreSQL, Principal: "orders", Database: "shop", Kind: Service, Role: Reader, ID: id}
	require.NoError(t, good.Validate())
	for want, change := range map[string]func(*Request){
		"unknown role":                  func(r *Request) { r.Role = "admin" },
		"unknown type":                  func(r *Request) { r.Kind = "robot" },
		"no principal":                  func(r *Request) { r.Principal = "" },
		"no database":                   func(r *Request) { r.Database = "" },
		"use --database":                func(r *Request) { r.Engine, r.Schema = dsn.MySQL, "s" },
		"the ID is none":                func(r *Request) { r.ID = "orders" },
		"not UTF-8":                     func(r *Request) { r.Principal = "\xff" },
		"the principal has a control":   func(r *Request) { r.Principal = "a\x00b" },
		"the database has a control":    func(r *Request) { r.Database = "a\nDROP TABLE canary" },
		"the schema has a control":      func(r *Request) { r.Schema = "a\u2028b" },
		"longer than 63 bytes":          func(r *Request) { r.Principal = strings.Repeat("é", 32) },
		"longer than 32 characters":     func(r *Request) { r.Engine, r.Principal = dsn.MySQL, strings.Repeat("é", 33) },
		"database is longer than 64":    func(r *Request) { r.Engine, r.Database = dsn.MySQL, strings.Repeat("é", 65) },
		"longer than 128 characters":    func(r *Request) { r.Engine, r.Principal = dsn.SQLServer, strings.Repeat("é", 129) },
		"such as an emoji":              func(r *Request) { r.Engine, r.Principal = dsn.MySQL, "\U0001f418" },
		"the server keeps for itself":   func(r *Request) { r.Principal = "public" },
		"keeps for itself: choose":      func(r *Request) { r.Principal = "pg_monitor" },
		"the principal is a name that":  func(r *Request) { r.Engine, r.Principal = dsn.SQLServer, "Public " },
		"principal is a name that the ": func(r *Request) { r.Engine, r.Principal = dsn.SQLServer, "dbo" },
	} {
		r := good
		change(&r)
		assert.ErrorContains(t, r.Validate(), want)
	}
}

// names are what people, or others, may call an identity.
var names = []string{
	"orders", "Ann O'Neil", `o"rders`, "o`rders", "o]rders", "or ders", " orders ", "or;ders", `o\rders`, `orders\`, `\'`, `\"`, "100%", "%s$1?", "a_b",
	"'; DROP TABLE canary; --", `"; DROP TABLE canary; --`, "`; DROP TABLE canary; --", "]; DROP TABLE canary; --", `\'; DROP TABLE canary; --`,
	"é大阪", "ann#EXT#@contoso.com", "$(whoami)", ":name", "/* a", "*/", "-- a", "'@'%", "''", `""`, "]]", "``", "E'a", "PUBLIC",
}

// A name stays one token of the SQL, whatever is in it.
func TestNamesAreOneToken(t *testing.T) {
	for _, name := range names {
		for _, engine := range engines {
			requireOneToken(t, engine, name)
		}
	}
}

func FuzzNamesAreOneToken(f *testing.F) {
	for _, name := range names {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, engine := range engines {
			requireOneToken(t, engine, name)
		}
	})
}

// requireOneToken compares scripts of a name with those of a word.
func requireOneToken(t *testing.T, engine dsn.Engine, name string) {
	t.Helper()
	for _, role := range Roles {
		r := Request{Engine: engine, Principal: name, Database: name, Kind: Service, Role: Role(role), ID: id}
		if engine != dsn.MySQL {
			r.Schema = name
		}
		if r.Validate() != nil {
			return
		}
		plain := r
		plain.Principal, plain.Database, plain.Schema = "word", "word", strings.Repeat("word", min(1, len(r.Schema)))
		for _, list := range []func(Request) []Statement{Request.Grant, Request.Revoke} {
			got, ok := lex(engine, Script(engine, list(r)))
			require.True(t, ok, "%s %q", engine, name)
			want, ok := lex(engine, Script(engine, append(r.mysqlModeOf(), list(plain)...)))
			require.True(t, ok)
			for i := range want {
				if want[i].kind != 'w' && want[i].text == "word" {
					want[i].text = name
					if want[i].kind == '`' { // of the database, in MySQL
						want[i].text = pattern(name)
					}
				}
			}
			require.Equal(t, want, got, "%s %q", engine, name)
		}
	}
}

// mysqlModeOf is the statement that only names with a backslash need.
func (r Request) mysqlModeOf() []Statement {
	if r.Engine != dsn.MySQL {
		return nil
	}
	return r.mysqlMode()
}
