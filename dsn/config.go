package dsn

// Config is what a connection string says, in one shape for every dialect. It
// says nothing that the string did not say, except the default port: whether the
// connection may be made, and as whom, is decided elsewhere.
//
// A Config prints without its secrets. Copy one with [Config.Clone].
type Config struct {
	Engine  Engine
	Dialect Dialect

	// Hosts are the servers in the order to try them; empty when the string
	// names none. A port is never 0.
	Hosts []Host

	Database string
	User     string
	Password Secret

	// TLS is what the text declares, before anything is raised.
	TLS TLS

	// ServerName is the name to verify the server's certificate against, when
	// the string gives one that is not the host's (hostNameInCertificate).
	ServerName string

	// RootCertFile, ClientCertFile and ClientKeyFile are paths of PEM files
	// (sslrootcert, sslcert, sslkey).
	RootCertFile   string
	ClientCertFile string
	ClientKeyFile  string

	// Identity is what the string says about who connects.
	Identity Identity

	// Params are the parameters left for the native driver, in its spelling.
	Params map[string]string

	// Warnings say, without values, what was understood but not taken over.
	Warnings []string
}

// Host is one server of a connection string.
type Host struct {
	Name string
	Port uint16
}

// Identity is the Microsoft Entra identity that a connection names. All fields
// are optional.
type Identity struct {
	// Method is the kind of identity asked for by word; MethodUnset if none.
	Method Method

	ClientID   string // application (client) ID
	TenantID   string
	ObjectID   string // of a user-assigned managed identity
	ResourceID string // of a user-assigned managed identity

	ClientSecret Secret

	ClientCertificatePath     string
	ClientCertificatePassword Secret
}

// Dialect is the syntax a connection string is written in.
type Dialect uint8

// The dialects. Settings is not a string at all: it is a set of separate
// settings, as from variables named HOST and USER.
const (
	DialectUnknown  Dialect = iota
	DialectKeyValue         // libpq's "host=h user=u", also joined by semicolons; go-mssqldb's "server=h;user id=u"
	DialectURL              // postgres://u@h/db, sqlserver://u@h?database=db
	DialectJDBC             // jdbc:postgresql://h/db?user=u
	DialectADO              // ADO.NET's "Server=h;User Id=u"
	DialectODBC             // ODBC's "Driver={...};Server=h;UID=u"
	DialectDSN              // go-sql-driver's "user@tcp(h:3306)/db"
	DialectSettings
)

// TLS is what a connection string declares about encryption.
type TLS uint8

// The declarations, from none to the strongest.
const (
	TLSUnset      TLS = iota // nothing is said
	TLSDisable               // no encryption
	TLSPrefer                // encryption if the server offers it, clear text else
	TLSRequire               // encryption, verification not asked for
	TLSSkipVerify            // encryption, verification explicitly refused
	TLSVerifyCA              // the chain is verified, the name is not
	TLSVerifyFull            // chain and name are verified
)
