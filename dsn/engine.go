package dsn

import (
	"errors"
	"strings"
)

// Engine is a database engine this module connects to. Its zero value is not valid.
type Engine uint8

// The engines. Azure Database for PostgreSQL, Azure Database for MySQL, and the
// SQL Server family (Azure SQL Database, Managed Instance, Fabric, Synapse).
const (
	PostgreSQL Engine = iota + 1
	MySQL
	SQLServer
)

var (
	engineNames   = [...]string{PostgreSQL: "postgresql", MySQL: "mysql", SQLServer: "sqlserver"}
	engineAliases = map[string]Engine{"postgres": PostgreSQL, "pg": PostgreSQL, "mssql": SQLServer}
	enginePorts   = map[Engine]uint16{PostgreSQL: 5432, MySQL: 3306, SQLServer: 1433}
)

// ParseEngine returns the engine with the given name: "postgresql", "postgres" or "pg",
// "mysql", "sqlserver" or "mssql", in any case.
func ParseEngine(name string) (Engine, error) {
	if e, ok := engineAliases[strings.ToLower(name)]; ok {
		return e, nil
	}
	for e := PostgreSQL; e <= SQLServer; e++ {
		if strings.EqualFold(name, engineNames[e]) {
			return e, nil
		}
	}
	return 0, errors.New("dsn: unknown engine: want postgresql, mysql or sqlserver")
}

// String returns the engine's name as [ParseEngine] takes it.
func (e Engine) String() string {
	if e < PostgreSQL || e > SQLServer {
		return "unknown engine"
	}
	return engineNames[e]
}

// MarshalText implements [encoding.TextMarshaler], so that JSON holds the name.
func (e Engine) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// DefaultPort returns the TCP port the engine listens on by default: 5432, 3306 or 1433.
func (e Engine) DefaultPort() uint16 { return enginePorts[e] }
