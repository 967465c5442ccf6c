package mysql

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
)

// tlsParameter is the parameter that names a registered TLS configuration.
const tlsParameter = "tls"

// spelling is how a parameter's value is written in the driver's DSN.
type spelling uint8

const (
	asIs     spelling = iota + 1
	escaped           // as in a URL's query
	withheld          // decided by this package alone
)

// parameters are those of go-sql-driver's parseDSNParams. Any other is a system
// variable of MySQL's, which the driver sets after the login.
var parameters = map[string]spelling{
	"allowAllFiles":            withheld,
	"allowCleartextPasswords":  withheld,
	"allowFallbackToPlaintext": withheld,
	"allowNativePasswords":     asIs,
	"allowOldPasswords":        asIs,
	"charset":                  asIs,
	"checkConnLiveness":        asIs,
	"clientFoundRows":          asIs,
	"collation":                asIs,
	"columnsWithAlias":         asIs,
	"compress":                 asIs,
	"connectionAttributes":     escaped,
	"interpolateParams":        asIs,
	"loc":                      escaped,
	"maxAllowedPacket":         asIs,
	"multiStatements":          asIs,
	"parseTime":                asIs,
	"readTimeout":              asIs,
	"rejectReadOnly":           asIs,
	"serverPubKey":             escaped,
	"strict":                   withheld, // the driver panics on it
	"timeTruncate":             asIs,
	"timeout":                  asIs,
	tlsParameter:               withheld,
	"writeTimeout":             asIs,
}

// native makes go-sql-driver's configuration of a connection, with the driver's own
// parser for its parameters. The result has no address, no password and no TLS.
func native(c dsn.Config) (*mysql.Config, error) {
	for _, key := range slices.Sorted(maps.Keys(c.Params)) {
		value := c.Params[key]
		// One that is written as it is must not end the text or begin another.
		if _, err := mysql.ParseDSN("/?" + spell(key, value)); err != nil || parameters[key] == asIs && strings.ContainsAny(value, "/&") {
			return nil, connector.BadParameter(key, "go-sql-driver does not take the value of this parameter of the connection")
		}
	}
	text, session := query(c.Params)
	cfg, err := mysql.ParseDSN("/?" + text)
	if err != nil { // not wrapped: the driver quotes values
		return nil, connector.BadParameter("", "go-sql-driver does not take the parameters of the connection together")
	}
	cfg.Addr, cfg.User, cfg.DBName, cfg.Params = "", c.User, c.Database, session
	return cfg, nil
}

// query writes the driver's own parameters as in a DSN. System variables are not a
// part of the text, so that no name needs an escape.
func query(params map[string]string) (text string, session map[string]string) {
	var texts []string
	session = map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(params)) {
		if parameters[key] == 0 {
			session[key] = params[key]
		} else {
			texts = append(texts, spell(key, params[key]))
		}
	}
	return strings.Join(texts, "&"), session
}

// spell writes one of the driver's own parameters as in a DSN; nothing if it may not pass.
func spell(key, value string) string {
	switch parameters[key] {
	case asIs:
		return key + "=" + value
	case escaped:
		return key + "=" + url.QueryEscape(value)
	default:
		return ""
	}
}
