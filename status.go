package passwordless

import (
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/live"
)

// Status is a snapshot of one open connector or pool, for health checks and
// metrics. It contains no secret.
type Status struct {
	Engine     dsn.Engine
	Connection string   // Service Connector's name of the connection; "" for the default one
	Source     string   // what named the connection, in words
	Variables  []string // names of the variables that were used, ambient ones too
	Hosts      []dsn.Host
	Database   string

	// User is the database user name, empty until a token has named it.
	User string

	Kind     IdentityKind
	Identity string // the identity in words, with its public ID
	Rule     string // the name of the rule that chose it, such as "client ID"
	Why      string // what the rule found

	// InAzure is set if this host is known to be in Azure, by its asset tag or by an
	// answer of the metadata service. Then a failure of the service never leads to a
	// developer's sign-in. While it is false and a developer's sign-in is used in place
	// of a managed identity, each token request probes the service again.
	InAzure bool
	Azure   string // in one line, by which fact; or how the latest probe ended

	// Tenant is the tenant of a service principal or workload identity, or of a
	// developer's sign-in; empty if there is none or it is not yet known.
	Tenant string

	Cloud     string
	Scope     string
	Authority string
	TLS       string // what is done about TLS, in words

	Warnings []string

	// Token is the state of the token; zero for password logins.
	Token Stats
}

// Statuses returns the status of every open connector and pool of the process, in
// the order in which they were opened. It does not keep those alive that were
// dropped without Close.
func Statuses() []Status {
	all := live.Statuses()
	statuses := make([]Status, len(all))
	for i, s := range all {
		statuses[i] = s.(Status)
	}
	return statuses
}
