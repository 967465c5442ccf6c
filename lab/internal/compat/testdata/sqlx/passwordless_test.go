package sqlx

import (
	_ "github.com/azuredb/passwordless/mysql"
	_ "github.com/azuredb/passwordless/postgres"
)

// A variable is set before the suite's init functions connect.
var _ = bindDrivers()

func bindDrivers() bool {
	BindDriver("azure-postgres", DOLLAR)
	BindDriver("azure-mysql", QUESTION)
	return true
}
