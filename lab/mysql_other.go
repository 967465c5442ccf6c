//go:build !(linux || darwin || freebsd)

package lab

import (
	"context"
	"fmt"
	"runtime"

	"github.com/azuredb/passwordless/azuretest"
)

// StartInstalledMySQL is not available on this system: the error is [ErrNotInstalled].
func StartInstalledMySQL(context.Context, *azuretest.Cloud, *MySQLOptions) (*MySQL, error) {
	_, err := installedMariaDB()
	return nil, err
}

// installedMariaDB finds none.
func installedMariaDB() (struct{}, error) {
	return struct{}{}, fmt.Errorf("lab: %w: the lab does not run it on %s", ErrNotInstalled, runtime.GOOS)
}
