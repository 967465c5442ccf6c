package livecheck

import (
	"errors"
	"os"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/plan"
)

// variables have what sql.Open takes: a connection string, connection:NAME or env:VARIABLE. Where one is not set, the
// default connection is meant, if the environment has one.
var variables = [...]string{
	dsn.PostgreSQL: "PASSWORDLESS_LIVE_POSTGRES",
	dsn.MySQL:      "PASSWORDLESS_LIVE_MYSQL",
	dsn.SQLServer:  "PASSWORDLESS_LIVE_SQLSERVER",
}

// Targets returns what the process's environment names. missing are the variables that would name more.
func Targets() (targets []Target, missing []string) {
	for e := dsn.PostgreSQL; e <= dsn.SQLServer; e++ {
		t := Target{Engine: e, DSN: os.Getenv(variables[e]), Source: variables[e]}
		if t.DSN == "" {
			t.Source = "the default connection of the environment"
		}
		if t.DSN == "" && !hasDefault(e) {
			missing = append(missing, variables[e])
			continue
		}
		targets = append(targets, t)
	}
	return targets, missing
}

// hasDefault reports whether the environment has settings for a default connection, usable or not.
func hasDefault(e dsn.Engine) bool {
	known, err := plan.Inspect(e, "", nil)
	wrong, isWrong := errors.AsType[*passwordless.SetupError](err)
	return len(known.Hosts) > 0 || isWrong && wrong.Anchor != "no-connection-settings"
}
