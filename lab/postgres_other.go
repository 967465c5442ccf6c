//go:build !(linux || darwin || freebsd)

package lab

import (
	"context"
	"fmt"
	"runtime"

	"github.com/azuredb/passwordless/azuretest"
)

// StartInstalledPostgres is not available on this system: the error is [ErrNotInstalled].
func StartInstalledPostgres(context.Context, *azuretest.Cloud, *PostgresOptions) (*Postgres, error) {
	_, err := installedServer()
	return nil, err
}

// installedServer finds none.
func installedServer() (string, error) {
	return "", fmt.Errorf("lab: %w: the lab does not run it on %s", ErrNotInstalled, runtime.GOOS)
}
