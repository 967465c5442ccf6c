package tsqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/azuredb/passwordless/internal/tds"
	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// sqlServerCatalog makes the views of sys and INFORMATION_SCHEMA that object-relational mappers look into. Their names
// have a point in them, as plainNames writes them. "sys.declared" holds what SQLite does not know of a column,
// "sys.named_keys" the names of foreign keys; "sys.relations" are the user's tables and views, "sys.dm_exec_sessions" has the
// own session alone, as for a user who may not VIEW SERVER STATE. %s is the name of the database.
const sqlServerCatalog = `
create table "sys.declared" (table_name text collate nocase, column_name text collate nocase, type_name text, declared text,
	length integer, precision integer, scale integer, is_identity integer, primary key (table_name, column_name));
create table "sys.named_keys" (table_name text collate nocase, name text collate nocase, referenced text collate nocase);
create view "sys.relations" as select rowid as object_id, name collate nocase as name, type from sqlite_master
	where type in ('table', 'view') and name not like '%%.%%' and name not like 'sqlite_%%';
create view "sys.objects" as select object_id, name, 1 as schema_id, iif(type = 'table', 'U ', 'V ') as type from "sys.relations";
create view "sys.tables" as select object_id, name, 1 as schema_id from "sys.relations" where type = 'table';
create view "sys.columns" as select r.object_id, p.name collate nocase as name, p.cid + 1 as column_id,
	ifnull(d.is_identity, 0) as is_identity, p."notnull" = 0 and p.pk = 0 as is_nullable
	from "sys.relations" r join pragma_table_info(r.name) p
	left join "sys.declared" d on d.table_name = r.name and d.column_name = p.name;
create view "sys.all_columns" as select * from "sys.columns";
create view "sys.indexes" as select r.object_id, l.name collate nocase as name, l.seq + 1 as index_id, l."unique" as is_unique,
	l.origin = 'pk' as is_primary_key, l.origin = 'u' as is_unique_constraint from "sys.relations" r join pragma_index_list(r.name) l;
create view "sys.index_columns" as select i.object_id, i.index_id, c.cid + 1 as column_id from "sys.indexes" i join pragma_index_info(i.name) c;
create view "sys.foreign_keys" as select k.name, t.object_id as parent_object_id, r.object_id as referenced_object_id
	from "sys.named_keys" k join "sys.tables" t on t.name = k.table_name left join "sys.tables" r on r.name = k.referenced;
create view "sys.dm_exec_sessions" as select 1 as is_user_process;
create view "sys.check_constraints" as select null as name, null as parent_object_id where 0;
create view "information_schema.tables" as select %[1]s as TABLE_CATALOG, 'dbo' as TABLE_SCHEMA, name as TABLE_NAME,
	iif(type = 'table', 'BASE TABLE', 'VIEW') as TABLE_TYPE from "sys.relations";
create view "information_schema.columns" as select %[1]s as TABLE_CATALOG, 'dbo' as TABLE_SCHEMA, r.name as TABLE_NAME,
	p.name collate nocase as COLUMN_NAME, p.cid + 1 as ORDINAL_POSITION, '(' || p.dflt_value || ')' as COLUMN_DEFAULT,
	iif(p."notnull" or p.pk, 'NO', 'YES') as IS_NULLABLE, d.type_name as DATA_TYPE, nullif(d.length, 0) as CHARACTER_MAXIMUM_LENGTH,
	nullif(d.precision, 0) as NUMERIC_PRECISION, iif(d.precision, 10, null) as NUMERIC_PRECISION_RADIX, iif(d.precision, d.scale, null) as NUMERIC_SCALE,
	iif(d.type_name in ('time', 'datetime2', 'datetimeoffset'), d.scale, null) as DATETIME_PRECISION
	from "sys.relations" r join pragma_table_info(r.name) p
	left join "sys.declared" d on d.table_name = r.name and d.column_name = p.name;
create view "sys.keys" as select r.name as t, p.name as c, 'PK_' || r.name as k, 'PRIMARY KEY' as kind
	from "sys.tables" r join pragma_table_info(r.name) p where p.pk > 0
	union all select r.name, c.name, l.name, 'UNIQUE' from "sys.tables" r join pragma_index_list(r.name) l join pragma_index_info(l.name) c where l.origin = 'u';
create view "information_schema.table_constraints" as select distinct %[1]s as TABLE_CATALOG, 'dbo' as TABLE_SCHEMA, t as TABLE_NAME,
	k as CONSTRAINT_NAME, kind as CONSTRAINT_TYPE from "sys.keys";
create view "information_schema.constraint_column_usage" as select %[1]s as TABLE_CATALOG, 'dbo' as TABLE_SCHEMA, t as TABLE_NAME,
	c as COLUMN_NAME, k as CONSTRAINT_NAME from "sys.keys";
`

// createCatalog makes the views in an empty database.
func createCatalog(ctx context.Context, conn *sql.Conn, database string) error {
	if _, err := conn.ExecContext(ctx, fmt.Sprintf(sqlServerCatalog, sqlite.Literal(database))); err != nil {
		return fmt.Errorf("lab: catalog of SQL Server's stand-in: %w", err)
	}
	return nil
}

// declare notes the columns of a table that was made or changed.
func (s *session) declare(t tsqlTable) error {
	for _, c := range t.columns {
		err := s.exec(`insert or replace into "sys.declared" values (?, ?, ?, ?, ?, ?, ?, ?)`,
			t.name, c.name, c.kind.Name, c.kind.String(), c.kind.Size, c.kind.Precision, c.kind.Scale, c.identity)
		if err != nil {
			return err
		}
	}
	for _, k := range t.foreign {
		if err := s.exec(`insert into "sys.named_keys" values (?, ?, ?)`, t.name, k.name, k.referenced); err != nil {
			return err
		}
	}
	return nil
}

// columnType looks up the type of a column; without a table, or if the table has no such column, that of all columns
// of that name if they agree.
func (s *session) columnType(table, column string) (kind tds.Type, known bool) {
	for _, t := range []string{table, "%"} {
		var declared string
		var count int
		err := s.sqlite.QueryRowContext(s.ctx, `select count(distinct declared), ifnull(max(declared), '') from "sys.declared" where table_name like ? and column_name = ?`,
			strings.Trim(t, `"`), column).Scan(&count, &declared)
		if err == nil && count == 1 {
			return declaredAs(declared)
		}
	}
	return kind, false
}

// insertable are the columns of a table with an identity column that are not numbered: those which an INSERT without
// names gives values to. Nil for other tables.
func (s *session) insertable(table string) []string {
	_, rows, err := sqlite.Fetch(s.ctx, s.sqlite, `select name from pragma_table_info(?1) p where type <> '`+sqliteIdentityType+`'
		and exists (select 1 from "sys.declared" where table_name = ?1 and is_identity)`, []any{table}, -1)
	if err != nil {
		return nil
	}
	var columns []string
	for _, row := range rows {
		name, _ := row[0].(string)
		columns = append(columns, name)
	}
	return columns
}
