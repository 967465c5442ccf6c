package doctor

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/azuredb/passwordless/dsn"
)

// logIn logs in as a program would.
func (w *walk) logIn(ctx context.Context, s *Step) error {
	w.db = sql.OpenDB(w.connector)
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return err
	}
	w.session = conn
	s.add("logged in")
	return nil
}

// queries are what is asked of a database. They read nothing that an ordinary user may not.
type queries struct {
	who        string // user at the login, user in effect, database, version
	privileges string // lines: what, and 1 or 0; "tables NAME" has "readable/writable/all", then perhaps those that are not readable
	limits     string // the most connections, those in use, those reserved
}

// readAll is a privilege in SQL Server.
const readAll = "read all tables"

var asked = map[dsn.Engine]queries{
	dsn.PostgreSQL: {
		who: "select session_user::text, current_user::text, current_database()::text, version()",
		privileges: `select 'connect', has_database_privilege(current_database(), 'CONNECT')::int::text
union all select 'create in the database', has_database_privilege(current_database(), 'CREATE')::int::text
union all select 'use schema ' || nspname, has_schema_privilege(oid, 'USAGE')::int::text from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
union all select 'create in schema ' || nspname, has_schema_privilege(oid, 'CREATE')::int::text from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
union all select 'tables ' || n.nspname, sum((u.may and has_table_privilege(c.oid, 'SELECT'))::int) || '/' || sum((u.may and has_table_privilege(c.oid, 'INSERT'))::int) || '/' || count(*) ||
	coalesce(' ' || string_agg(c.relname, ', ' order by c.relname) filter (where not (u.may and has_table_privilege(c.oid, 'SELECT'))), '')
	from pg_class c join pg_namespace n on n.oid = c.relnamespace cross join lateral (select has_schema_privilege(n.oid, 'USAGE') as may) u where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' group by n.nspname`,
		limits: "select current_setting('max_connections')::int, (select count(*) from pg_stat_activity where backend_type = 'client backend')::int, current_setting('superuser_reserved_connections')::int",
	},
	dsn.MySQL: {
		who:        "select user(), current_user(), coalesce(database(), ''), version()",
		privileges: "show grants",
		limits:     "select @@max_connections, count(*), 0 from information_schema.processlist",
	},
	dsn.SQLServer: {
		who: "select suser_sname(), user_name(), db_name(), @@version",
		privileges: `select 'connect', convert(varchar(9), has_perms_by_name(db_name(), 'DATABASE', 'CONNECT'))
union all select 'create tables', convert(varchar(9), has_perms_by_name(db_name(), 'DATABASE', 'CREATE TABLE'))
union all select '` + readAll + `', convert(varchar(9), has_perms_by_name(db_name(), 'DATABASE', 'SELECT'))
union all select 'write all tables', convert(varchar(9), has_perms_by_name(db_name(), 'DATABASE', 'INSERT'))
union all select 'tables ' + TABLE_SCHEMA, convert(varchar(9), sum(has_perms_by_name(quotename(TABLE_SCHEMA) + '.' + quotename(TABLE_NAME), 'OBJECT', 'SELECT'))) + '/' +
	convert(varchar(9), sum(has_perms_by_name(quotename(TABLE_SCHEMA) + '.' + quotename(TABLE_NAME), 'OBJECT', 'INSERT'))) + '/' + convert(varchar(9), count(*)) from INFORMATION_SCHEMA.TABLES group by TABLE_SCHEMA`,
		limits: "select @@max_connections, (select count(*) from sys.dm_exec_sessions where is_user_process = 1), 0",
	},
}

func (w *walk) whoAmI(ctx context.Context, s *Step) error {
	var at, now, database, version string
	if err := w.session.QueryRowContext(ctx, asked[w.engine].who).Scan(&at, &now, &database, &version); err != nil {
		return err
	}
	w.user = now
	if end := strings.LastIndexByte(now, '@'); w.engine == dsn.MySQL && end >= 0 { // the rest is the host
		w.user = now[:end]
	}
	s.add("logged in as " + at)
	if now != at {
		s.add("user " + now)
	}
	s.add("database " + database)
	version, _, _ = strings.Cut(version, "\n")
	s.add(version)
	return nil
}

// privileges says what the user may do, and warns if it may read nothing.
func (w *walk) privileges(ctx context.Context, s *Step) error {
	rows, err := w.session.QueryContext(ctx, asked[w.engine].privileges)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err says how the reading went
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	may := &rights{engine: w.engine}
	for rows.Next() {
		var what, value string
		into := []any{&what, &value}[:len(columns)]
		if err := rows.Scan(into...); err != nil {
			return err
		}
		may.add(s, what, value)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if lacks := may.lacks(); lacks != "" {
		s.warn(lacks, "permission-denied-after-the-login", w.fix("permission-denied-after-the-login", may.schema)...)
	}
	return nil
}

// rights are what the rows say.
type rights struct {
	engine    dsn.Engine
	granted   int // MySQL: grants of more than USAGE
	denied    []string
	schema    string // the first whose tables are not all readable
	read, all int
}

func (r *rights) add(s *Step, what, value string) {
	table, isTables := strings.CutPrefix(what, "tables ")
	switch {
	case value == "": // MySQL
		line, _, _ := strings.Cut(what, " IDENTIFIED ")
		s.add(line)
		if !strings.HasPrefix(line, "GRANT USAGE ") && !strings.HasPrefix(line, "GRANT PROXY ") {
			r.granted++
		}
	case isTables:
		var read, write, all int
		counts, others, _ := strings.Cut(value, " ")
		_, _ = fmt.Sscanf(counts, "%d/%d/%d", &read, &write, &all)
		fact := fmt.Sprintf("tables and views of %s: %d, may read %d, write %d", table, all, read, write)
		if others != "" {
			fact += "; may not read " + few(others)
		}
		s.add(fact)
		r.read, r.all = r.read+read, r.all+all
		if read < all && r.schema == "" {
			r.schema = table
		}
	case value == "1":
		s.add("may " + what)
	default:
		s.add("may not " + what)
		r.denied = append(r.denied, what)
	}
}

// few shortens a list of names.
func few(list string) string {
	const most = 5
	names := strings.Split(list, ", ")
	if len(names) <= most {
		return list
	}
	return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
}

// lacks says what a user of an application will miss; "" if nothing.
func (r *rights) lacks() string {
	switch {
	case r.engine == dsn.MySQL && r.granted == 0:
		return "the user has no privilege on any database"
	case slices.Contains(r.denied, readAll) && r.all == 0: // SQL Server does not show such tables
		return "the user may not read any table"
	case r.read < r.all:
		return fmt.Sprintf("the user may not read %d of %d tables and views", r.all-r.read, r.all)
	}
	return ""
}

// limits says how many connections the server takes, and how many are free.
func (w *walk) limits(ctx context.Context, s *Step) error {
	var most, used, reserved int
	if err := w.session.QueryRowContext(ctx, asked[w.engine].limits).Scan(&most, &used, &reserved); err != nil {
		return err
	}
	w.free = max(0, most-used-reserved)
	s.add(fmt.Sprintf("at most %d connections, %d in use as far as this user sees, %d free", most, used, w.free))
	if w.free < most/10 {
		s.warn("few connections are free", "too-many-connections", w.fix("too-many-connections", "")...)
	}
	return nil
}

// pool gives advice about the pool.
func (w *walk) pool(_ context.Context, s *Step) error {
	each := max(1, min(20, w.free/4))
	s.add(fmt.Sprintf("db.SetMaxOpenConns(%d) and db.SetMaxIdleConns(%[1]d): the pools of all instances together must stay below what is free", each))
	if w.engine == dsn.SQLServer && w.plan.Identity.Token() {
		s.add("connections are retired before the token that opened them expires: keep transactions short")
	}
	return nil
}
