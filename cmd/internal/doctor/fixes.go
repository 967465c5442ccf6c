package doctor

import "github.com/azuredb/passwordless/dsn"

// fixKey is a section of the page, and an engine where it matters.
type fixKey struct {
	section string
	engine  dsn.Engine
}

// prefixes are those of the engines' variables.
var prefixes = map[dsn.Engine]string{dsn.PostgreSQL: "AZURE_POSTGRESQL_", dsn.MySQL: "AZURE_MYSQL_", dsn.SQLServer: "AZURE_SQL_"}

// variableNames lists the connection's variables without their values.
const variableNames = "env | grep -i {prefix} | cut -d= -f1"

// fixOf returns the lines that mend what a section is about.
func fixOf(section string, engine dsn.Engine) []string {
	if lines, ok := fixes[fixKey{section, engine}]; ok {
		return lines
	}
	return fixes[fixKey{section, 0}]
}

// fixes are commands, for a POSIX shell, SQL, and comments for what is done elsewhere. {NAME} stands for a value: see
// values.
var fixes = map[fixKey][]string{
	{"settings", 0}: {"# correct {variable}"},
	{"no-connection-settings", 0}: {"az webapp connection list -g {group} -n {app}", "az containerapp connection list -g {group} -n {app}",
		variableNames},
	{"several-connections", 0}: {"# name one: passwordless doctor {engine} connection:NAME"},
	{"unresolved-reference", 0}: {"# give the app's identity the role Key Vault Secrets User on the vault, and restart the app",
		"az role assignment create --role 'Key Vault Secrets User' --assignee-object-id {shell object} --assignee-principal-type ServicePrincipal --scope '<vault ID>'", restartApp},
	{"conflicting-settings", 0}:     {variableNames, "# remove the wrong one"},
	{"parameters", 0}:               {"# correct or remove the parameter"},
	{"missing-user", 0}:             {"# set {prefix}USER, or user= in the connection string, to the database's user"},
	{"incomplete-identity", 0}:      {variableNames, "# set the variable that the cause names"},
	{"service-principal-tenant", 0}: {"az ad sp show --id {shell client} --query appOwnerOrganizationId", "# set {prefix}TENANTID to the tenant of the server"},
	{"azure-token-credentials", 0}:  {"unset AZURE_TOKEN_CREDENTIALS"},
	{"cloud", 0}:                    {"az account show --query environmentName"},

	{"identity", 0}: {"passwordless inspect {engine}"},
	{"identity-not-found", 0}: {
		"az webapp identity assign -g {group} -n {app}  # a system-assigned identity, or:",
		"az webapp identity assign -g {group} -n {app} --identities {resource}",
		"az containerapp identity assign -g {group} -n {app} --system-assigned  # or:",
		"az containerapp identity assign -g {group} -n {app} --user-assigned {resource}",
		"az vm identity assign -g {group} -n '<machine>' --identities {resource}"},
	{"identity-endpoint", 0}:      {"env | grep -E '^(IDENTITY_|MSI_|NO_PROXY)' | cut -d= -f1", "# unset what is another host's; if the endpoint itself fails, restart the app:", restartApp},
	{"way-to-microsoft-entra", 0}: {"curl -v https://login.microsoftonline.com", "env | grep -iE '^(AZURE_AUTHORITY_HOST|HTTPS_PROXY|NO_PROXY|SSL_CERT)'"},
	{"throttled", 0}:              {"# wait a minute; then find the processes that ask for tokens one after another"},
	{"developer-sign-in", 0}:      {"az account show", "az ad signed-in-user show", "{login}"},
	{"service-principal", 0}: {"az ad sp show --id {shell client} --query \"{client:appId, object:id, tenant:appOwnerOrganizationId}\"",
		"az ad app credential reset --id {shell client} --append  # prints a new secret: its value is 'password'",
		"# set {prefix}CLIENTID, {prefix}TENANTID and {prefix}CLIENTSECRET to what is right"},
	{"workload-identity", 0}: {"ls -l \"$AZURE_FEDERATED_TOKEN_FILE\"", "kubectl get pod '<pod>' -o yaml | grep -E 'azure.workload.identity/use|serviceAccountName'"},

	{"untrusted-host", 0}:                 {"# correct {prefix}HOST or the connection string; if the server is yours: PASSWORDLESS_TRUSTED_HOSTS={host}"},
	{"tls-disabled", 0}:                   {"# remove what disables TLS, or the check of the certificate, from the connection"},
	{"certificate-files", 0}:              {"ls -l \"$PASSWORDLESS_CA_FILE\"", "# Azure's own servers need no such file"},
	{"server-certificate", dsn.SQLServer}: {"date -u", "# if the certificate is signed by a CA of your own: PASSWORDLESS_CA_FILE=FILE"},
	{"server-certificate", 0}: {
		"openssl s_client -connect {host}:{port} -starttls {starttls} -servername {host} </dev/null | openssl x509 -noout -subject -issuer -dates -ext subjectAltName",
		"date -u", "# if the certificate is signed by a CA of your own: PASSWORDLESS_CA_FILE=FILE"},
	{"server-without-tls", 0}:     {"# check that {host}:{port} is the server and not a tunnel, a pooler or a local container; turn TLS on there"},
	{"wrong-server", 0}:           {"# check that {host}:{port} is the server, and no other program or tunnel"},
	{"host-not-found", 0}:         {"nslookup {host}"},
	{"no-answer", dsn.PostgreSQL}: {reach, networking, "az postgres flexible-server show -g {group} -n {server} --query network", privateEndpoints},
	{"no-answer", dsn.MySQL}:      {reach, networking, "az mysql flexible-server show -g {group} -n {server} --query network", privateEndpoints},
	{"no-answer", dsn.SQLServer}:  {reach, networking, "az sql server show -g {group} -n {server} --query publicNetworkAccess", privateEndpoints},
	{"firewall", dsn.PostgreSQL}: {admit,
		"az postgres flexible-server firewall-rule create -g {group} -s {server} -n doctor" + addresses + "  # azure-cli 2.86 or newer"},
	{"firewall", dsn.MySQL}: {admit, "az mysql flexible-server firewall-rule create -g {group} -n {server} -r doctor" + addresses},
	{"firewall", dsn.SQLServer}: {admit, "az sql server firewall-rule create -g {group} -s {server} -n doctor" + addresses,
		"# if the server has no public access: connect from its virtual network, through a private endpoint"},

	{"the-server-refuses-the-login", 0}: {"passwordless inspect {engine}"},
	{"no-database-user", dsn.PostgreSQL}: {"{grant}",
		createPostgres},
	{"no-database-user", dsn.MySQL}: {"{grant}", "SELECT user, host, plugin FROM mysql.user WHERE user = '{sql user}';  -- the plugin must be aad_auth",
		"SET aad_auth_validate_oids_in_tenant = OFF;", createMySQL, grantMySQL},
	{"no-database-user", dsn.SQLServer}: {"{grant}", "CREATE USER [{name user}] FROM EXTERNAL PROVIDER WITH OBJECT_ID = '{object}';  -- in the database itself",
		readSQLServer, writeSQLServer},
	{"wrong-password", 0}:                  {"# correct the password, or remove it to log in with a token"},
	{"role-with-password", dsn.PostgreSQL}: {"{grant}", createPostgres, labelPostgres + "  -- if the role exists"},
	{"role-with-password", dsn.MySQL}:      {"{grant}", dropMySQL + "  -- if the user exists", createMySQL, grantMySQL},
	{"wrong-role", dsn.PostgreSQL}:         {"select * from pgaadauth_list_principals(false);", labelPostgres, "az ad group member add --group '<group>' --member-id {shell object}  # if the role is a group's"},
	{"wrong-role", dsn.MySQL}:              {"SELECT user, host, plugin FROM mysql.user;", dropMySQL, createMySQL, grantMySQL},
	{"unknown-principal", dsn.MySQL}:       {"# on the Authentication page of {server}: give its identity the role Directory Readers in Microsoft Entra"},
	{"unknown-principal", 0}:               {"az ad sp show --id {shell client} --query appOwnerOrganizationId  # must be the server's tenant"},
	{"login-disabled", dsn.PostgreSQL}:     {"alter role \"{name user}\" login;"},
	{"login-disabled", dsn.MySQL}:          {"ALTER USER '{sql user}'@'%' ACCOUNT UNLOCK;"},
	{"login-disabled", dsn.SQLServer}:      {"ALTER LOGIN [{name user}] ENABLE;  -- in master"},
	{"token-expired", 0}:                   {"date -u", "timedatectl set-ntp true"},
	{"token-not-accepted", dsn.SQLServer}:  {tenantCheck, "az sql server ad-admin create -g {group} -s {server} -u '<administrator>' -i '<object ID>'  # if the server has none"},
	{"token-not-accepted", 0}:              {tenantCheck},
	{"no-database", dsn.PostgreSQL}:        {"select datname from pg_database;", "grant connect on database \"{name database}\" to \"{name user}\";"},
	{"no-database", dsn.MySQL}:             {"SHOW DATABASES;", grantMySQL},
	{"no-database", dsn.SQLServer}:         {"select name from sys.databases;", "{grant}", "CREATE USER [{name user}] FROM EXTERNAL PROVIDER;  -- in {name database}"},
	{"too-many-connections", dsn.PostgreSQL}: {"select usename, count(*) from pg_stat_activity group by 1;", smallerPools,
		"alter role \"{name user}\" connection limit -1;  -- if its own limit is reached", "alter database \"{name database}\" connection limit -1;  -- likewise"},
	{"too-many-connections", dsn.MySQL}:     {"select user, count(*) from information_schema.processlist group by 1;", smallerPools},
	{"too-many-connections", dsn.SQLServer}: {"select login_name, count(*) from sys.dm_exec_sessions where is_user_process = 1 group by login_name;", smallerPools},
	{"pgbouncer", dsn.PostgreSQL}:           {"# connect to {host}:5432, without PgBouncer, or set default_query_exec_mode=exec"},
	{"server-unavailable", 0}:               {"# wait, and try again: passwordless doctor {engine} --watch"},
	{"permission-denied-after-the-login", dsn.PostgreSQL}: {"{grant}", "grant usage on schema \"{name schema}\" to \"{name user}\";",
		"grant select, insert, update, delete on all tables in schema \"{name schema}\" to \"{name user}\";",
		"grant usage on all sequences in schema \"{name schema}\" to \"{name user}\";"},
	{"permission-denied-after-the-login", dsn.MySQL}:     {"{grant}", grantMySQL},
	{"permission-denied-after-the-login", dsn.SQLServer}: {"{grant}", readSQLServer, writeSQLServer, "ALTER ROLE db_ddladmin ADD MEMBER [{name user}];  -- if the app makes tables"},
}

// Lines of several fixes.
const (
	createPostgres = "select * from pgaadauth_create_principal_with_oid('{sql user}', '{object}', '{type}', false, false);  -- in the database postgres, as an Entra administrator"
	labelPostgres  = "security label for \"pgaadauth\" on role \"{name user}\" is 'aadauth,oid={object},type={type}';"
	dropMySQL      = "DROP USER '{sql user}'@'%';"
	createMySQL    = "CREATE AADUSER '{sql user}'{identified};"
	grantMySQL     = "GRANT ALL PRIVILEGES ON `{name database}`.* TO '{sql user}'@'%';"
	readSQLServer  = "ALTER ROLE db_datareader ADD MEMBER [{name user}];"
	writeSQLServer = "ALTER ROLE db_datawriter ADD MEMBER [{name user}];"
	restartApp     = "az webapp restart -g {group} -n {app}"
	tenantCheck    = "az account show --query tenantId  # the identity's tenant must be the server's"

	reach            = "nc -vz {host} {port}"
	networking       = "# on the Networking page of {server}: see which networks are admitted"
	privateEndpoints = "az network private-endpoint list -g {group}"
	admit            = "# on the Networking page of {server}: admit {address}"
	addresses        = " --start-ip-address {shell address} --end-ip-address {shell address}"

	smallerPools = "# lower db.SetMaxOpenConns in every instance, or raise the server's limit"
)

// closing are the characters that a quoted name ends with.
var closing = map[dsn.Engine]string{dsn.PostgreSQL: `"`, dsn.MySQL: "`", dsn.SQLServer: "]"}
