package doctor

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/cmd/internal/cli"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/environ"
	"github.com/azuredb/passwordless/internal/redact"
)

// explain completes a step that failed: the cause as the library's own advice has it, the fix and the section.
func (w *walk) explain(err error, s *Step) {
	hint, anchor := "", ""
	cause := err
	if failed, ok := errors.AsType[*passwordless.SetupError](err); ok {
		anchor, cause = failed.Anchor, failed.Err
		if failed.Variable != "" {
			hint = failed.Variable + ": " + failed.Err.Error()
			cause = nil
		}
	} else if failed, ok := errors.AsType[*passwordless.TokenError](err); ok {
		anchor, hint, cause = failed.Anchor, failed.Hint, failed.Err
	} else if failed, ok := errors.AsType[*passwordless.LoginError](err); ok {
		anchor, hint, cause = failed.Anchor, failed.Hint, failed.Err
	} else if _, ok := errors.AsType[clockError](err); ok {
		anchor = "token-expired"
	} else if errors.Is(err, errNoTLS) {
		anchor = "server-without-tls"
	} else {
		c := advice.Network.Classify(err, true)
		anchor, hint = c.Anchor, c.Hint
	}
	w.refusal = err.Error()
	text := hint
	if cause != nil && !strings.Contains(cause.Error(), hint) {
		text = cause.Error() + ": " + hint
	} else if cause != nil {
		text = cause.Error()
	}
	s.Cause = redact.Scrub(redact.OneLine(strings.TrimSuffix(strings.TrimPrefix(text, "passwordless: "), ": ")))
	s.Fix = append(s.Fix, w.fill(fixes[fixKey{anchor, w.engine}], "")...)
	if len(s.Fix) == 0 {
		s.Fix = w.fill(fixes[fixKey{anchor, 0}], "")
	}
	if anchor != "" {
		s.Section = advice.Guide + anchor
	}
}

// fixKey is a section of the page, and an engine where it matters.
type fixKey struct {
	section string
	engine  dsn.Engine
}

// fixes are commands, for a POSIX shell, and SQL. {NAME} stands for a value, which is quoted for the place where it is.
var fixes = map[fixKey][]string{
	{"no-connection-settings", 0}: {"az webapp connection list -g {group} -n {app}", "env | grep -i {prefix} | cut -d= -f1"},
	{"several-connections", 0}:    {"# name one: passwordless doctor {engine} connection:NAME"},
	{"unresolved-reference", 0}:   {"# give the app's identity ({object}) the role Key Vault Secrets User on the vault, and restart the app"},

	{"identity-not-found", 0}: {
		"az webapp identity assign -g {group} -n {app}  # a system-assigned identity, or:",
		"az webapp identity assign -g {group} -n {app} --identities '<resource ID>'"},
	{"identity-endpoint", 0}: {"env | grep -E '^(IDENTITY_|MSI_|NO_PROXY)' | cut -d= -f1"},
	{"developer-sign-in", 0}: {"az account show", "az login"},
	{"service-principal", 0}: {"az ad app credential reset --id {client} --append  # prints a new secret: its value is 'password'"},
	{"workload-identity", 0}: {"ls -l \"$AZURE_FEDERATED_TOKEN_FILE\""},
	{"cloud", 0}:             {"az account show --query environmentName"},

	{"untrusted-host", 0}:                 {"# if the server is yours: PASSWORDLESS_TRUSTED_HOSTS={host}"},
	{"host-not-found", 0}:                 {"nslookup {host}"},
	{"no-answer", 0}:                      {"nc -vz {host} {port}"},
	{"server-certificate", dsn.SQLServer}: {"# your own CA: PASSWORDLESS_CA_FILE=FILE"},
	{"server-certificate", 0}:             {"openssl s_client -connect {host}:{port} -starttls {starttls} -servername {host} </dev/null | openssl x509 -noout -subject -issuer -dates -ext subjectAltName", "# your own CA: PASSWORDLESS_CA_FILE=FILE"},

	{"firewall", 0}: {"# on the Networking page of {server}: admit {address}"},

	{"no-database-user", dsn.PostgreSQL}:     {"select * from pgaadauth_create_principal_with_oid('{sql user}', '{object}', 'service', false, false);  -- in the database postgres, as an Entra administrator; 'user' or 'group' for those"},
	{"no-database-user", dsn.MySQL}:          {"SET aad_auth_validate_oids_in_tenant = OFF;", "CREATE AADUSER '{sql user}' IDENTIFIED BY '{client}';", "GRANT ALL PRIVILEGES ON `{name database}`.* TO '{sql user}'@'%';"},
	{"no-database-user", dsn.SQLServer}:      {"CREATE USER [{name user}] FROM EXTERNAL PROVIDER WITH OBJECT_ID = '{object}';  -- in the database itself", "ALTER ROLE db_datareader ADD MEMBER [{name user}];", "ALTER ROLE db_datawriter ADD MEMBER [{name user}];"},
	{"wrong-role", dsn.PostgreSQL}:           {"select * from pgaadauth_list_principals(false);", "security label for \"pgaadauth\" on role \"{name user}\" is 'aadauth,oid={object},type=service';"},
	{"wrong-role", dsn.MySQL}:                {"SELECT user, host, plugin FROM mysql.user;", "DROP USER '{sql user}'@'%';", "CREATE AADUSER '{sql user}' IDENTIFIED BY '{client}';"},
	{"role-with-password", dsn.PostgreSQL}:   {"security label for \"pgaadauth\" on role \"{name user}\" is 'aadauth,oid={object},type=service';"},
	{"role-with-password", dsn.MySQL}:        {"DROP USER '{sql user}'@'%';", "CREATE AADUSER '{sql user}' IDENTIFIED BY '{client}';"},
	{"no-database", dsn.PostgreSQL}:          {"select datname from pg_database;", "grant connect on database \"{name database}\" to \"{name user}\";"},
	{"no-database", dsn.MySQL}:               {"SHOW DATABASES;", "GRANT ALL PRIVILEGES ON `{name database}`.* TO '{sql user}'@'%';"},
	{"no-database", dsn.SQLServer}:           {"select name from sys.databases;", "CREATE USER [{name user}] FROM EXTERNAL PROVIDER;  -- in {name database}"},
	{"too-many-connections", dsn.PostgreSQL}: {"select usename, count(*) from pg_stat_activity group by 1;"},
	{"too-many-connections", dsn.MySQL}:      {"select user, count(*) from information_schema.processlist group by 1;"},
	{"too-many-connections", dsn.SQLServer}:  {"select login_name, count(*) from sys.dm_exec_sessions where is_user_process = 1 group by login_name;"},
	{"token-not-accepted", 0}:                {"az account show --query tenantId  # the tenant must be the server's"},
}

// grants are what a user needs who may not read or write the tables.
var grants = map[dsn.Engine][]string{
	dsn.PostgreSQL: {"grant select, insert, update, delete on all tables in schema \"{name schema}\" to \"{name user}\";", "grant usage on all sequences in schema \"{name schema}\" to \"{name user}\";"},
	dsn.MySQL:      {"GRANT ALL PRIVILEGES ON `{name database}`.* TO '{sql user}'@'%';"},
	dsn.SQLServer:  {"ALTER ROLE db_datareader ADD MEMBER [{name user}];", "ALTER ROLE db_datawriter ADD MEMBER [{name user}];", "ALTER ROLE db_ddladmin ADD MEMBER [{name user}];  -- if the app makes tables"},
}

// closing are the characters that a quoted name ends with.
var closing = map[dsn.Engine]string{dsn.PostgreSQL: `"`, dsn.MySQL: "`", dsn.SQLServer: "]"}

// fill puts what is known into the lines of a fix.
func (w *walk) fill(lines []string, schema string) []string {
	if len(lines) == 0 {
		return nil
	}
	c, id, st := w.plan.Config, w.plan.Identity, w.status()
	token := w.readClaims()
	env := environ.NewVars(w.options.Environ)
	get := func(name string) string { value, _ := env.Get(name); return value }
	resource := cmp.Or(token.Resource, id.ResourceID)
	var host dsn.Host
	if len(c.Hosts) > 0 {
		host = c.Hosts[0]
	}
	server := ""
	if _, azure := cloud.SuffixOf(host.Name); azure {
		server, _, _ = strings.Cut(host.Name, ".")
	}
	user := cmp.Or(w.user, st.User, w.userOfToken())
	values := []string{}
	put := func(name, value, missing string) { values = append(values, "{"+name+"}", cmp.Or(value, missing)) }
	put("group", cli.ShellQuote(cmp.Or(get("WEBSITE_RESOURCE_GROUP"), partOf(resource, "resourcegroups"))), "'<group>'")
	put("app", cli.ShellQuote(cmp.Or(get("WEBSITE_SITE_NAME"), get("CONTAINER_APP_NAME"))), "'<app>'")
	put("object", guid(cmp.Or(token.Object, id.ObjectID)), "<object ID>")
	put("client", guid(cmp.Or(id.ClientID, token.App, token.Client)), "<client ID>")
	put("user", cli.ShellQuote(user), "'<user>'")
	put("sql user", text(w.engine, user), "<user>")
	put("name user", name(w.engine, user), "<user>")
	put("name database", name(w.engine, c.Database), "<database>")
	put("name schema", name(w.engine, schema), "<schema>")
	put("host", cli.ShellQuote(host.Name), "'<host>'")
	put("port", portOf(host), "<port>")
	put("server", cli.ShellQuote(server), "'<server>'")
	put("engine", w.engine.String(), "")
	put("prefix", "AZURE_"+map[dsn.Engine]string{dsn.PostgreSQL: "POSTGRESQL_", dsn.MySQL: "MYSQL_", dsn.SQLServer: "SQL_"}[w.engine], "")
	put("starttls", map[dsn.Engine]string{dsn.PostgreSQL: "postgres", dsn.MySQL: "mysql"}[w.engine], "")
	put("address", w.refusedAddress(), "<this machine's public address>")
	replace := strings.NewReplacer(values...)
	filled := slices.Clone(lines)
	for i, line := range filled {
		filled[i] = redact.OneLine(replace.Replace(line))
	}
	return filled
}
