// Package azureusers stands in for the SQL by which Azure's databases make users for identities, which ordinary servers lack.
package azureusers

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// functions are those of Azure Database for PostgreSQL, with their signatures. They are in one database only.
const functions = `set allow_system_table_mods = on;
create function pg_catalog.pgaadauth_create_principal(roleName text, isAdmin boolean, isMfa boolean) returns text
language plpgsql security definer as $$ begin
	if isAdmin or isMfa then raise exception 'not asked for'; end if;
	execute format('create role %I login in role azure_ad_user', roleName);
	return 'Created role for ' || roleName;
end $$;
create function pg_catalog.pgaadauth_create_principal_with_oid(roleName text, objectId text, objectType text, isAdmin boolean, isMfa boolean) returns text
language plpgsql security definer as $$ begin
	perform objectId::uuid;
	if objectType not in ('user', 'group', 'service') then raise exception 'incorrect object type provided for principal'; end if;
	return pg_catalog.pgaadauth_create_principal(roleName, isAdmin, isMfa);
end $$;
revoke execute on function pg_catalog.pgaadauth_create_principal, pg_catalog.pgaadauth_create_principal_with_oid from public;
`

// PostgreSQL returns statements that make a role an administrator, who can make users and owns the database. The superuser
// runs them in the database postgres, once.
func PostgreSQL(administrator, database string) string {
	role := pgx.Identifier{administrator}.Sanitize()
	return functions + fmt.Sprintf(`grant execute on function pg_catalog.pgaadauth_create_principal, pg_catalog.pgaadauth_create_principal_with_oid to %[1]s;
alter role %[1]s createrole; alter database %[2]s owner to %[1]s;`, role, pgx.Identifier{database}.Sanitize())
}

var (
	createUser = regexp.MustCompile(`(?is)\bCREATE(\s+)AADUSER(\s+'(?:[^'\\]|\\.|'')*')(?:\s+IDENTIFIED\s+BY\s+'[0-9a-f-]{36}')?`)
	validate   = regexp.MustCompile(`(?i)\bSET\s+aad_auth_validate_oids_in_tenant\s*=\s*(ON|OFF)\b`)
)

// MySQL makes SQL for Azure Database for MySQL fit for a server that has no users for Entra: the first user that it makes is
// identified so.
func MySQL(sql, identified string) string {
	sql = validate.ReplaceAllString(sql, "SET @aad_auth_validate_oids_in_tenant = '$1'")
	at := createUser.FindStringSubmatchIndex(sql)
	if at == nil {
		return sql
	}
	made := "CREATE" + sql[at[2]:at[3]] + "USER" + sql[at[4]:at[5]]
	return sql[:at[0]] + strings.TrimRight(made+" "+identified, " ") + sql[at[1]:]
}
