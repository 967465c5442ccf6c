package sqlserver

import (
	"maps"
	"net/url"
	"slices"

	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
)

// parameters are those of go-mssqldb's that a connection may set. The others decide
// where to connect, with which identity and how safely.
var parameters = []string{
	msdsn.AppName, msdsn.WorkstationID, msdsn.ApplicationIntent, msdsn.PacketSize, msdsn.KeepAlive,
	msdsn.ConnectionTimeout, msdsn.DialTimeout, msdsn.MultiSubnetFailover, msdsn.DisableRetry, msdsn.NoTraceID,
	msdsn.GuidConversion, msdsn.Timezone, "columnencryption", msdsn.LogParam,
}

// native makes go-mssqldb's configuration of a connection with its own parser. The
// result has no host, user, password or TLS: [Connector.config] fills them in.
func native(c dsn.Config) (msdsn.Config, error) {
	params := maps.Clone(c.Params)
	maps.DeleteFunc(params, func(key, _ string) bool { return !slices.Contains(parameters, key) })
	cfg, err := msdsn.Parse(connectionURL(c.Database, params))
	if err != nil {
		return msdsn.Config{}, parameterError(c.Database, params)
	}
	cfg.Host, cfg.Port, cfg.Instance = "", 0, ""
	cfg.TLSConfig, cfg.TrustServerCertificate = nil, false
	// The plug-ins that an application has linked in must not be chosen by a string.
	cfg.Parameters = nil
	return cfg, nil
}

// connectionURL writes a string that leaves nothing to the environment
// (MSSQL_USE_EPA) or to other protocols that are linked in.
func connectionURL(database string, params map[string]string) string {
	query := url.Values{msdsn.Protocol: {"tcp"}, msdsn.EpaEnabled: {"false"}}
	if database != "" {
		query.Set(msdsn.Database, database)
	}
	for key, value := range params {
		query.Set(key, value)
	}
	return (&url.URL{Scheme: "sqlserver", Host: "localhost", RawQuery: query.Encode()}).String()
}

// parameterError names the parameter that go-mssqldb does not take: its own error quotes the value.
func parameterError(database string, params map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(params)) {
		_, err := msdsn.Parse(connectionURL(database, map[string]string{key: params[key]}))
		switch {
		case err == nil:
		case key == msdsn.ApplicationIntent && database == "":
			return connector.BadParameter(key, "ReadOnly needs a database: name one")
		default:
			return connector.BadParameter(key, "go-mssqldb does not take the value of this parameter of the connection")
		}
	}
	return connector.BadParameter("", "go-mssqldb does not take the parameters of the connection together")
}
