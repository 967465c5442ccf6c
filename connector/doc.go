// Package connector finds an Azure database's connection, chooses the identity
// that logs in, and supplies its token. The driver packages, such as postgres,
// are what programs use; this package is where their options, states and errors
// come from.
//
//	db, err := postgres.OpenDB("", &passwordless.Options{Logger: slog.Default()})
//
// A driver package works like this:
//
//	h, err := connector.Open(dsn.PostgreSQL, s, o)    // where to connect, and as whom
//	conn, err := h.Connect(ctx, driver)               // a login with a token
//
// # Finding the connection
//
// The string that is opened is one of these; only a whole string counts as a
// reference:
//
//	""               the default connection
//	connection:NAME  a further connection of Service Connector's
//	env:VARIABLE     a connection string in a variable of another name
//	anything else    a connection string in a dialect of package dsn
//
// A connection string that equals the value of one connection's CONNECTIONSTRING
// variable is taken as that connection, with its identity.
//
// Variables are found without regard to case and without blanks around names and
// values; an empty value counts as unset. The names of an engine's variables
// begin with its prefixes:
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
// underscore. The identity of a connection is in its own variables _CLIENTID,
// _CLIENTSECRET and _TENANTID, its authentication method in _AUTHENTICATION or
// _AUTHENTICATIONTYPE; in Spring's spring.cloud.azure.credential.*; or in keys of
// the connection string. A reference to Key Vault or App Configuration that was not
// resolved is an error that names the variable.
//
// A string in env:VARIABLE that names no identity of its own takes the variables of
// the connection that it was renamed from: the one with the same value, else the one
// that has identity variables and no longer says where to connect, else the default
// one. One that names a service principal takes its tenant from there.
//
// Where several places say something, this wins:
//
//	connection string; split variables    the string, with a warning that names the others
//	HOST; SERVER; SERVERNAME              none: they must agree, as all other keys of one
//	                                      meaning must
//	SSLMODE; SSL; FLAG                    the first of these that is set
//	string; CLIENTID, CLIENTSECRET,       none: they complete each other, and must agree where
//	    TENANTID, AUTHENTICATION          both speak; "default" contradicts no other method
//	spring.datasource.azure.*;            the data source's, of the properties of one meaning
//	    spring.cloud.azure.*
//	one name in several spellings         the one asked for in env:VARIABLE, else upper case,
//	                                      else the first, with a warning
//	a connection; an Option               the Option, but for TenantID; RootCAs are added
//	an ambient variable; an Option        the Option
//
// [Inspect], and the command passwordless inspect, tell what comes of it.
//
// # Choosing the identity
//
// The first rule that applies decides; logs, errors and Status call it by its name.
// Only keys of the connection name its identity; ambient variables such as
// AZURE_CLIENT_ID are used where a rule says so and nowhere else.
//
//  1. Options.Credential: [Options].Credential.
//  2. authentication method: that of the connection (authentication,
//     AUTHENTICATION). In a pod with AZURE_FEDERATED_TOKEN_FILE "managed identity"
//     means workload identity; "default" leaves the choice to the rules 3 to 7.
//  3. client secret: a client secret or certificate means a service principal.
//     password: a password and no identity mean a password login. Both: an error.
//  4. federated token file: AZURE_FEDERATED_TOKEN_FILE means workload identity, with
//     the connection's client ID or else AZURE_CLIENT_ID.
//  5. client ID: a client, object or resource ID means that managed identity.
//  6. no ID: otherwise the system-assigned managed identity.
//  7. developer sign-in, AZURE_TOKEN_CREDENTIALS: A managed identity needs a host with an identity endpoint, told by the
//     variables MSAL knows (IDENTITY_ENDPOINT and similar); or a machine in Azure,
//     told by its chassis asset tag (/sys/class/dmi/id/chassis_asset_tag, below
//     HOST_SYS in place of /sys if that is set; on Windows the firmware's table); or
//     an instance metadata service that answers. If there is neither variable nor tag
//     but az, azd or Azure PowerShell is on PATH, the first login probes the service
//     for a second at most. If it does not answer, the developer's own sign-in is
//     used, with a warning, and the database user is the one in its token. Each token
//     request then asks the service again in the background: once it answers, be it
//     with an error, the managed identity takes over for the next login, with a
//     warning. In Azure only a host without any identity goes on to the developer's
//     sign-in: a service that fails is an error. AZURE_TOKEN_CREDENTIALS (prod, dev, or
//     one credential of azidentity's) narrows or forces the choice.
//
// # SQL Server's user names
//
// A token names the user in SQL Server itself, and no user name is sent with it.
// Connection strings use theirs, and the password, for the identity instead:
//
//   - With the authentication method managed identity, workload identity or
//     "default", or with neither method nor password: an ID of Microsoft Entra is the client ID, a
//     path that begins with /subscriptions/ the resource ID of a managed identity.
//     Any other name is ignored, with a warning.
//   - Where the method is managed identity the ID may also be an object ID, as ODBC
//     has it and Service Connector's page for Python. The two look alike: the host
//     is asked for the client ID and, if it knows none such, for the object ID.
//   - With the method service principal, or an ID with a password under "default":
//     client ID, or "client ID@tenant", and client secret. If client_certificate_path
//     is set the password is the certificate's.
//
// What is said twice, as Service Connector does for .NET, must agree. A service
// principal of SQL Server's may have no tenant: if neither the connection nor
// Options.TenantID nor AZURE_TENANT_ID names one, the server does, at the first
// login: see [Handle.LearnTenant].
//
// # Ambient variables
//
// These belong to the process and not to a connection. Each counts only as said
// here:
//
//	AZURE_TENANT_ID                      tenant of a service principal or workload identity, if
//	                                     neither the connection nor Options.TenantID names one
//	AZURE_CLIENT_ID                      client ID of a workload identity, if the connection has
//	                                     no client, object or resource ID
//	AZURE_FEDERATED_TOKEN_FILE           token file of a workload identity: rules 2, 4 and 7
//	AZURE_CLIENT_CERTIFICATE_PATH        certificate of a service principal that the connection
//	AZURE_CLIENT_CERTIFICATE_PASSWORD    asks for by authentication method without a secret or certificate of its own
//	AZURE_CLIENT_SEND_CERTIFICATE_CHAIN  1 or true: the certificate's chain is sent with it
//	AZURE_TOKEN_CREDENTIALS              narrows or forces the choice: rule 7
//	AZURE_AUTHORITY_HOST                 the authority: see Cloud
//
// authentication=environment, or AZURE_TOKEN_CREDENTIALS=EnvironmentCredential,
// asks for the service principal that the variables alone describe:
// AZURE_TENANT_ID and AZURE_CLIENT_ID, with AZURE_CLIENT_SECRET or else the
// certificate. AZURE_CLIENT_SECRET counts nowhere else.
//
// # Trust
//
// A token is sent only to a server whose certificate was verified against a
// trusted name: one under the suffixes that Azure gives to servers of the engine
// in the connection's cloud, or one listed in [Options].TrustedHosts or, if that
// is nil, in PASSWORDLESS_TRUSTED_HOSTS (exact names, separated by commas). What
// is dialled need not be trusted: set [Options].ServerName for a tunnel. A host that
// a SQL Server routes the client to must be trusted by its own name.
//
// Whatever the connection declares is raised to full verification. To declare no
// TLS or an unverified certificate is an error where a token is used. For a
// password an unverified certificate is raised too, and no TLS is an error under
// Azure's suffixes and honoured with a warning elsewhere.
//
// # Cloud
//
// The host's suffix tells the cloud, and so the scope of the token and the
// authority that issues it: public, US Government, China, and the closed German
// one. [Options].Cloud, Scope and AuthorityHost, and the variable
// AZURE_AUTHORITY_HOST, tell it for other names.
//
// # Sharing
//
// Handles with the same identity, scope, authority and transport share one
// credential and one token. The first of them sets RequestTimeout and
// StartupWindow for all.
//
// # Errors
//
// The type tells what to do:
//
//	*SetupError  change a variable, a key or an option; nothing was sent
//	*TokenError  there is no token that serves: see the identity and its issuer
//	*LoginError  the server was reached or meant to be, and no login came of it
//
// Each is one line without secrets, and unwraps to its cause: azidentity's, the
// driver's, the context's.
package connector
