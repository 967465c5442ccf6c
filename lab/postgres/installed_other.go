//go:build !(linux || darwin || freebsd)

package postgres

import (
	"context"
	"fmt"
	"runtime"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab"
)

func installedServer() (string, error) {
	return "", fmt.Errorf("lab: %w: the lab does not run it on %s", lab.ErrNotInstalled, runtime.GOOS)
}

func start(context.Context, string, *azuretest.Cloud, Options) (*Server, error) { return nil, nil }
