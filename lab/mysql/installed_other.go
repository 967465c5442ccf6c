//go:build !(linux || darwin || freebsd)

package mysql

import (
	"context"
	"fmt"
	"runtime"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab"
)

type mariadbPrograms struct{}

func installedMariaDB() (p mariadbPrograms, err error) {
	return p, fmt.Errorf("lab: %w: the lab does not run it on %s", lab.ErrNotInstalled, runtime.GOOS)
}

func (mariadbPrograms) start(context.Context, *azuretest.Cloud, Options) (*Server, error) {
	return nil, nil
}
