// Package passwordless holds what the three drivers of this module share: options,
// status and errors. Its documentation is the manual of the module.
//
// Programs import the driver of their database and, if they set options or look at
// errors, this package:
//
//	import _ "github.com/azuredb/passwordless/postgres"
//
//	db, err := sql.Open("azure-postgres", "") // or azure-mysql, azure-sqlserver
//
//	db, err := postgres.OpenDB("", &passwordless.Options{Logger: slog.Default()})
//
// # Connection
//
// The string that is opened is one of these; only a whole string is a reference:
//
//	""               the default connection
//	connection:NAME  another connection of Service Connector
//	env:VARIABLE     a connection string in a variable with a name of your choice
//	anything else    a connection string in a dialect of package dsn
//
// A connection string that equals the value of one connection's CONNECTIONSTRING
// variable is that connection, with its identity.
//
// Names of variables are compared without case, and without blanks around names and
// values; an empty value means unset. The names begin with a prefix of the engine:
//
//	PostgreSQL  AZURE_POSTGRESQL_, then NEON_POSTGRESQL_
//	MySQL       AZURE_MYSQL_
//	SQL Server  AZURE_SQL_, then FABRIC_SQL_
//
// The default connection is looked for in this order, and within each step by
// prefix:
//
//	AZURE_SQL_CONNECTIONSTRING
//	the same as App Service stores connection strings, with another prefix in
//	    front: POSTGRESQLCONNSTR_; MYSQLCONNSTR_; SQLAZURECONNSTR_, SQLCONNSTR_;
//	    then, for every engine, CUSTOMCONNSTR_
//	AZURE_SQL_HOST (or SERVER, SERVERNAME) with _PORT, _DATABASE (NAME, DBNAME),
//	    _USER (USERNAME, UID), _PASSWORD, _SSL (SSLMODE, FLAG)
//	spring.datasource.url, if it is a JDBC URL of the engine, with .username and
//	    .password; also with underscores
//	the only named connection, if there is exactly one and no variable is of the
//	    default connection
//
// A named connection has its name, in upper case, between prefix and key:
// AZURE_MYSQL_ORDERS_CONNECTIONSTRING. A period in the name may have become an
// underscore. Spring's properties are always of the default connection. The identity
// of a connection is in its own variables _CLIENTID, _CLIENTSECRET, _TENANTID and
// _AUTHENTICATION (or _AUTHENTICATIONTYPE); in Spring's
// spring.cloud.azure.credential.*; or in keys of the connection string. A reference
// to Key Vault or App Configuration that was not resolved is an error.
//
// A string in env:VARIABLE that names no identity takes the identity variables of
// the connection that it was renamed from: the one with the same value, else the one
// that has identity variables and no longer says where to connect, else the default
// one. One that names a service principal takes its tenant from there.
//
// Where several places say something:
//
//	connection string; split variables    the string, with a warning that names the others
//	HOST; SERVER; SERVERNAME              they must agree, as all keys with one meaning must
//	SSLMODE; SSL; FLAG                    the first of these that is set
//	string; CLIENTID, CLIENTSECRET,       they complete each other, and must agree where both
//	    TENANTID, AUTHENTICATION          are set; "default" agrees with every method
//	spring.datasource.azure.*;            the data source's
//	    spring.cloud.azure.*
//	one name in several spellings         the one asked for in env:VARIABLE, else upper case,
//	                                      else the first, with a warning
//	a connection; an option               the option, but for TenantID; RootCAs are added
//	an ambient variable; an option        the option
//
// The command passwordless inspect tells what comes of it.
//
// # Identity
//
// The first rule that applies decides. Only keys of the connection name its
// identity; ambient variables such as AZURE_CLIENT_ID are used where the manual says so.
//
//	rule                    if                                          then
//	Options.Credential      it is set                                   that credential
//	authentication method   the connection names one (authentication,   managed identity, service principal, workload
//	                        AUTHENTICATION)                             identity, Azure CLI, azd, Azure PowerShell,
//	                                                                    environment, interactive, device code, password
//	client secret           it has a client secret or certificate       service principal
//	password                it has a password and no identity           password login
//	federated token file    AZURE_FEDERATED_TOKEN_FILE is set           workload identity
//	client ID               it has a client, object or resource ID      user-assigned managed identity
//	no ID                   nothing else applies                        system-assigned managed identity
//	AZURE_TOKEN_CREDENTIALS it is set, where a host's identity is asked what it names
//	developer sign-in       a managed identity, but this is not Azure   az, azd or Azure PowerShell
//
// The method "default" leaves the choice to the rules after it. In a pod with
// AZURE_FEDERATED_TOKEN_FILE the method "managed identity" means workload identity. A
// password together with an identity is an error.
//
// Whether this is Azure is told by the variables that MSAL knows (IDENTITY_ENDPOINT
// and similar), by the chassis asset tag of Azure's machines, or by an answer of the
// instance metadata service. If nothing tells it and az, azd or Azure PowerShell is
// on PATH, the first login probes the service for a second at most. If it does not
// answer, the developer's sign-in is used, with a warning, and the database user is
// the one in its token; each token request then asks the service again, and as soon
// as it answers the managed identity takes over. In Azure a service that fails is an
// error, and only a host without any identity uses the developer's sign-in. The tag is
// read below HOST_SYS, in place of /sys, if that is set. [Status].Azure has the facts.
// Tag and programs are looked for once in a process: one that is installed later counts
// after a restart.
//
// In SQL Server the token names the database user and no user name is sent. Its
// connection strings use the user name and the password for the identity:
//
//   - With managed identity, workload identity or "default" as the method, or with
//     neither a method nor a password: an ID of Microsoft Entra is the client ID, a
//     path that begins with /subscriptions/ the resource ID of a managed identity. Any
//     other name is ignored, with a warning.
//   - With managed identity as the method the ID may also be an object ID, as in ODBC
//     and in Service Connector's variables for Python. The host is asked for the client
//     ID and, if it knows none such, for the object ID.
//   - With service principal as the method, or an ID with a password under "default":
//     client ID, or "client ID@tenant", and client secret. If client_certificate_path
//     is set the password is the certificate's.
//
// A service principal of a SQL Server connection may have no tenant: if neither the
// connection nor [Options].TenantID nor AZURE_TENANT_ID names one, the server does,
// at the first login.
//
// Ambient variables belong to the process, not to a connection, and are used only
// for this:
//
//	AZURE_TENANT_ID                      tenant of a service principal or workload identity, if
//	                                     neither the connection nor Options.TenantID names one
//	AZURE_CLIENT_ID                      client ID of a workload identity, if the connection has
//	                                     no client, object or resource ID; and as below
//	AZURE_FEDERATED_TOKEN_FILE           token file of a workload identity
//	AZURE_CLIENT_CERTIFICATE_PATH        certificate of a service principal whose connection asks
//	AZURE_CLIENT_CERTIFICATE_PASSWORD    for one and has no secret or certificate
//	AZURE_CLIENT_SEND_CERTIFICATE_CHAIN  1 or true: the certificate's chain is sent with it
//	AZURE_TOKEN_CREDENTIALS              prod, dev or one credential: narrows or forces the choice
//	AZURE_AUTHORITY_HOST                 the authority: see Trust
//
// authentication=environment, or AZURE_TOKEN_CREDENTIALS=EnvironmentCredential, asks
// for the service principal that the variables alone describe: AZURE_TENANT_ID and
// AZURE_CLIENT_ID, with AZURE_CLIENT_SECRET, or else the certificate.
//
// The word Active Directory Default in a connection string means what SqlClient takes it
// for: if the string names no identity, AZURE_CLIENT_ID does, and with AZURE_TENANT_ID and
// a secret or certificate the service principal. Without the word the same holds for a
// string that is not Service Connector's (given, or by env:NAME), in a pod but for the
// service principal. For Service Connector's connections AZURE_CLIENT_ID never counts,
// nor does it for AUTHENTICATION=azure-active-directory-default: a warning names it.
//
// # Trust
//
// A token is sent only to a server whose certificate was verified against a trusted
// name: one under the suffixes that Azure gives to servers of the engine in the
// connection's cloud, or one listed in [Options].TrustedHosts or, if that is nil, in
// PASSWORDLESS_TRUSTED_HOSTS (exact names, separated by commas). The address that is
// dialled need not be trusted: set [Options].ServerName for a tunnel. A host that a
// SQL Server routes the client to must be trusted by its own name.
//
// Whatever TLS mode the connection declares is raised to full verification, an
// unverified certificate with a warning. With a token, disabled TLS is an error, and so
// is an unverified certificate of a host that is not under Azure's suffixes. With a
// password, disabled TLS is an error under the suffixes and elsewhere obeyed with a warning.
//
// The host's suffix tells the cloud, and so the scope of the token and the authority
// that issues it: public, US Government, China, Bleu, and the closed German one.
// [Options].Cloud, Scope and AuthorityHost, and the variable AZURE_AUTHORITY_HOST,
// tell it for other names. An authority of Microsoft's whose cloud is not that of the
// scope is an error.
//
// # Tokens
//
// Connections of one process with the same identity, scope, authority and transport
// share one credential and one token. The first of them sets RequestTimeout and
// StartupWindow for all. A token is renewed in the background, from the time that its
// issuer names or else in the last five minutes of its life; until its last 30 seconds
// no connection waits for that. Package token has the details.
//
// # Errors
//
// The type tells what to do:
//
//	*SetupError  change a variable, a key or an option; nothing was sent
//	*TokenError  no usable token could be obtained; the server was not contacted
//	*LoginError  the server refused the login or could not be reached
//
// Each is one line without secrets, with at most one link, and unwraps to its cause:
// azidentity's error, the driver's, the context's. Temporary of the latter two says
// whether trying again can help without a change.
package passwordless
