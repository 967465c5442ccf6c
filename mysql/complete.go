package mysql

import (
	"maps"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/dsn"
)

// defaultAddress is what [mysql.ParseDSN] writes where a string has no address.
const defaultAddress = "127.0.0.1:3306"

// complete returns a configuration with what its author gave in cfg, and else
// with what c says. Parameters are put one behind the other into one string for
// the driver's parser, which lets the last one count: so those in unexported
// fields are found, too.
func complete(cfg *mysql.Config, c dsn.Config) (*mysql.Config, error) {
	if _, err := native(c); err != nil { // it names the parameter
		return nil, err
	}
	theirs, session := query(c.Params)
	yours := given(cfg)
	own, err := mysql.ParseDSN("/?" + theirs + "&" + yours)
	if err != nil || strings.Contains(yours, "/") { // where the parser would end the address
		return nil, badParameter("", "go-sql-driver does not take the parameters of the connection together with the configuration's")
	}
	maps.Copy(session, cfg.Params)
	own.Params = session
	own.Net, own.Addr = cfg.Net, cfg.Addr
	if cfg.Addr == "" || cfg.Addr == defaultAddress {
		own.Addr = c.Hosts[0].String()
	}
	own.User, own.DBName = cfg.User, cfg.DBName
	if own.User == "" {
		own.User = c.User
	}
	if own.DBName == "" {
		own.DBName = c.Database
	}
	if cfg.Loc != nil && cfg.Loc != time.UTC {
		own.Loc = cfg.Loc
	}
	own.AllowAllFiles = cfg.AllowAllFiles
	own.TLS, own.TLSConfig = cfg.TLS, cfg.TLSConfig
	if own.TLSConfig == "" && own.TLS == nil {
		own.TLSConfig = c.Params[tlsParameter]
	}
	own.DialFunc = cfg.DialFunc
	if cfg.Logger != nil {
		own.Logger = cfg.Logger
	}
	return own, nil
}

// given writes the parameters of cfg that are not the driver's defaults as in a
// DSN, without those that this package or complete sees to itself.
func given(cfg *mysql.Config) string {
	bare := *cfg
	bare.User, bare.Passwd, bare.Net, bare.Addr, bare.DBName, bare.TLSConfig = "", "", "", "", "", ""
	bare.Loc, bare.Params = nil, nil
	bare.AllowAllFiles, bare.AllowCleartextPasswords, bare.AllowFallbackToPlaintext = false, false, false
	_, text, _ := strings.Cut(bare.FormatDSN(), "?")
	return text
}
