//go:build !(linux || darwin || freebsd)

package postgres

import (
	"context"
	"fmt"
	"runtime"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab"
)

// StartInstalled is not available on this system: the error is [lab.ErrNotInstalled].
func StartInstalled(context.Context, *azuretest.Cloud, *Options) (*Server, error) {
	_, err := installedServer()
	return nil, err
}

// installedServer finds none.
func installedServer() (string, error) {
	return "", fmt.Errorf("lab: %w: the lab does not run it on %s", lab.ErrNotInstalled, runtime.GOOS)
}
