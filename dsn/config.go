package dsn

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Config is what a connection string says, in one shape for every dialect, and no more
// except the default port. It prints without its secrets. Copy one with [Config.Clone].
type Config struct {
	Engine  Engine
	Dialect Dialect

	// Hosts are the servers in the order to try them, if any. A port is never 0.
	Hosts []Host

	Database string
	User     string
	Password Secret
	TLS      TLS // as declared

	// ServerName is the name to verify the server's certificate against, if it is not
	// the host's (hostNameInCertificate).
	ServerName string

	// Paths of PEM files: sslrootcert, sslcert, sslkey.
	RootCertFile, ClientCertFile, ClientKeyFile string

	Identity Identity
	Params   map[string]string // left for the native driver, in its spelling
	Warnings []string          // what was understood but not taken over, without values
}

// Clone returns a deep copy of c.
func (c Config) Clone() Config {
	c.Hosts, c.Params, c.Warnings = slices.Clone(c.Hosts), maps.Clone(c.Params), slices.Clone(c.Warnings)
	return c
}

// Host is one server of a connection string.
type Host struct {
	Name string
	Port uint16
}

// String returns "name:port", with brackets round an IPv6 address.
func (h Host) String() string {
	name := h.Name
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	return name + ":" + strconv.Itoa(int(h.Port))
}

// Identity is the Microsoft Entra identity that a connection names. All fields
// are optional.
type Identity struct {
	Method Method

	ClientID   string // application (client) ID
	TenantID   string
	ObjectID   string // of a user-assigned managed identity
	ResourceID string // of a user-assigned managed identity

	ClientSecret              Secret
	ClientCertificatePath     string
	ClientCertificatePassword Secret
}

// Dialect is the syntax a connection string is written in, by its name for people.
type Dialect string

// The dialects. Settings is not a string at all: it is a set of separate settings, as
// from variables named HOST and USER.
const (
	DialectKeyValue Dialect = "key/value" // libpq's "host=h user=u", also joined by semicolons; go-mssqldb's "server=h;user id=u"
	DialectURL      Dialect = "URL"       // postgres://u@h/db, sqlserver://u@h?database=db
	DialectDSN      Dialect = "DSN"       // go-sql-driver's "user@tcp(h:3306)/db"
	DialectODBC     Dialect = "ODBC"      // "Driver={...};Server=h;UID=u"
	dialectJDBC     Dialect = "JDBC"      // jdbc:postgresql://h/db?user=u
	dialectADO      Dialect = "ADO.NET"   // "Server=h;User Id=u"
	DialectSettings Dialect = "settings"
)
