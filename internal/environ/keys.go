package environ

import (
	"cmp"
	"slices"
	"strings"

	"github.com/azuredb/passwordless/dsn"
)

// naming says how the variables of an engine's connections are named.
type naming struct {
	prefixes []string // begin the names that Service Connector writes, in order of precedence

	// appService are what App Service puts before the name of a setting that is stored as a connection string:
	// for the engine's types, then for the type Custom, which .NET apps use because .NET knows no other for
	// PostgreSQL (github.com/dotnet/runtime/issues/57545).
	appService []string

	jdbc   []string // begin the engine's URLs in Spring's settings, in lower case
	driver string   // the name for sql.Open, for error messages
}

var namings = map[dsn.Engine]naming{
	dsn.PostgreSQL: {
		prefixes: []string{"AZURE_POSTGRESQL_", "NEON_POSTGRESQL_"}, appService: []string{"POSTGRESQLCONNSTR_", "CUSTOMCONNSTR_"},
		jdbc: []string{"jdbc:postgresql:"}, driver: "azure-postgres",
	},
	dsn.MySQL: {
		prefixes: []string{"AZURE_MYSQL_"}, appService: []string{"MYSQLCONNSTR_", "CUSTOMCONNSTR_"},
		jdbc: []string{"jdbc:mysql:", "jdbc:mariadb:"}, driver: "azure-mysql",
	},
	dsn.SQLServer: {
		prefixes: []string{"AZURE_SQL_", "FABRIC_SQL_"}, appService: []string{"SQLAZURECONNSTR_", "SQLCONNSTR_", "CUSTOMCONNSTR_"},
		jdbc: []string{"jdbc:sqlserver:"}, driver: "azure-sqlserver",
	},
}

// role is what a variable says about a connection.
type role uint8

const (
	roleString role = iota // the whole connection string
	roleHost
	rolePort
	roleDatabase
	roleUser
	rolePassword
	roleTLS
	roleClientID
	roleClientSecret
	roleTenantID
	roleMethod
	rolePasswordless // Spring's switch
)

// isIdentity reports whether variables of the role complete a connection string as well as split variables.
func (r role) isIdentity() bool { return r >= roleClientID }

func (r role) isSecret() bool { return r == rolePassword || r == roleClientSecret }

// keyRoles are the keys that end a variable's name, as Service Connector writes them for its client types.
var keyRoles = map[string]role{
	"CONNECTIONSTRING": roleString,
	"HOST":             roleHost, "SERVER": roleHost, "SERVERNAME": roleHost,
	"PORT":     rolePort,
	"DATABASE": roleDatabase, "NAME": roleDatabase, "DBNAME": roleDatabase,
	"USER": roleUser, "USERNAME": roleUser, "UID": roleUser,
	"PASSWORD": rolePassword,
	"SSLMODE":  roleTLS, "SSL": roleTLS, "FLAG": roleTLS,
	"CLIENTID": roleClientID, "CLIENTSECRET": roleClientSecret, "TENANTID": roleTenantID,
	"AUTHENTICATION": roleMethod, "AUTHENTICATIONTYPE": roleMethod,
}

// splitName splits what follows a prefix, such as HOST or MY_HOST_PORT, in the name of the connection ("" for
// the default connection) and the key. The name may contain underscores and look like a key, a key has none.
func splitName(rest string) (connection, key string, ok bool) {
	if _, known := keyRoles[rest]; known {
		return "", rest, true
	}
	at := strings.LastIndexByte(rest, '_')
	if at < 0 || !isConnectionName(rest[:at]) {
		return "", "", false
	}
	_, known := keyRoles[rest[at+1:]]
	return rest[:at], rest[at+1:], known
}

type connection struct {
	prefix   string
	name     string // "" for the default connection, else in upper case
	settings []setting
}

type setting struct {
	variable
	key  string
	role role
	rank int // of several settings with one role, those with the lowest rank count
}

// catalogue returns the connections that the environment has variables for: the default connections first,
// then by name, and in the order of the prefixes.
func (n naming) catalogue(env Vars) []*connection {
	var all []*connection
	for _, v := range env.list {
		prefix, name, s, ok := n.classify(v)
		if !ok {
			continue
		}
		i := slices.IndexFunc(all, func(c *connection) bool { return c.prefix == prefix && c.name == name })
		if i < 0 {
			i = len(all)
			all = append(all, &connection{prefix: prefix, name: name})
		}
		all[i].settings = append(all[i].settings, s)
	}
	for _, c := range all {
		slices.SortFunc(c.settings, compareSettings)
	}
	slices.SortFunc(all, func(a, b *connection) int {
		return cmp.Or(strings.Compare(a.name, b.name),
			cmp.Compare(slices.Index(n.prefixes, a.prefix), slices.Index(n.prefixes, b.prefix)))
	})
	return all
}

func (n naming) classify(v variable) (prefix, name string, s setting, ok bool) {
	rank, rest := 0, v.folded
	for i, p := range n.appService {
		if r, is := strings.CutPrefix(rest, p); is {
			rank, rest = i+1, r
			break
		}
	}
	for _, p := range n.prefixes {
		if r, is := strings.CutPrefix(rest, p); is {
			name, key, ok := splitName(r)
			role := keyRoles[key]
			stored := rank == 0 || role == roleString || role.isIdentity()
			return p, name, setting{v, key, role, rank}, ok && stored
		}
	}
	return "", "", setting{}, false
}

func compareSettings(a, b setting) int {
	return cmp.Or(cmp.Compare(a.role, b.role), cmp.Compare(a.rank, b.rank), strings.Compare(a.folded, b.folded))
}

// of returns the settings of a role that count: those with the lowest rank.
func (c *connection) of(r role) []setting {
	var out []setting
	for _, s := range c.settings {
		if s.role == r && (len(out) == 0 || s.rank == out[0].rank) {
			out = append(out, s)
		}
	}
	return out
}

func (c *connection) has(r role) bool {
	return slices.ContainsFunc(c.settings, func(s setting) bool { return s.role == r })
}

func (c *connection) complete() bool { return c.has(roleString) || c.has(roleHost) }
