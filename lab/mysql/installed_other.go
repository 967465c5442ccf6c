//go:build !(linux || darwin || freebsd)

package mysql

import (
	"context"
	"fmt"
	"runtime"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab"
)

// StartInstalled is not available on this system: the error is [lab.ErrNotInstalled].
func StartInstalled(context.Context, *azuretest.Cloud, *Options) (*Server, error) {
	_, err := installedMariaDB()
	return nil, err
}

// installedMariaDB finds none.
func installedMariaDB() (struct{}, error) {
	return struct{}{}, fmt.Errorf("lab: %w: the lab does not run it on %s", lab.ErrNotInstalled, runtime.GOOS)
}
