package dsn

import (
	"maps"
	"strconv"
	"strings"
)

// Config is what a connection string says, in one shape for every dialect. It
// says nothing that the string did not say, except the default port: whether the
// connection may be made, and by which identity, is decided elsewhere.
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

	// Identity is what the string says about the identity that connects.
	Identity Identity

	// Params are the parameters left for the native driver, in its spelling.
	Params map[string]string

	// Warnings say, without values, what was understood but not taken over.
	Warnings []string
}

// Clone returns a deep copy of c.
func (c Config) Clone() Config {
	c.Hosts = append([]Host(nil), c.Hosts...)
	c.Params = maps.Clone(c.Params)
	c.Warnings = append([]string(nil), c.Warnings...)
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
	// Method is the authentication method; MethodUnset if none is named.
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

// The dialects. Settings is not a string at all: it is a set of separate settings, as
// from variables named HOST and USER.
const (
	DialectKeyValue Dialect = iota + 1 // libpq's "host=h user=u", also joined by semicolons; go-mssqldb's "server=h;user id=u"
	DialectURL                         // postgres://u@h/db, sqlserver://u@h?database=db
	DialectJDBC                        // jdbc:postgresql://h/db?user=u
	DialectADO                         // ADO.NET's "Server=h;User Id=u"
	DialectODBC                        // ODBC's "Driver={...};Server=h;UID=u"
	DialectDSN                         // go-sql-driver's "user@tcp(h:3306)/db"
	DialectSettings
)

var dialectNames = [...]string{
	0:               "unknown",
	DialectKeyValue: "key/value",
	DialectURL:      "URL",
	DialectJDBC:     "JDBC",
	DialectADO:      "ADO.NET",
	DialectODBC:     "ODBC",
	DialectDSN:      "DSN",
	DialectSettings: "settings",
}

// String returns a name for people, such as "key/value" or "ADO.NET".
func (d Dialect) String() string {
	if int(d) >= len(dialectNames) {
		return dialectNames[0]
	}
	return dialectNames[d]
}
