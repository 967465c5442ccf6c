//go:build !(linux || darwin || freebsd)

package daemon

import (
	"errors"
	"os"
	"syscall"
)

const (
	supported = false
	noFollow  = 0
)

func childAttributes(*account) *syscall.SysProcAttr { return nil }

func tryLock(*os.File) error { return errors.ErrUnsupported }
