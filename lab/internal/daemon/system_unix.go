//go:build linux || darwin || freebsd

package daemon

import (
	"os"
	"syscall"
)

// supported: the lab runs installed servers on this system.
const supported = true

// endWithParent does nothing without Linux's parent-death signal: there it is the terminal's Ctrl-C that ends the server
// with a process that does not handle it.
var endWithParent = func(*syscall.SysProcAttr) {}

func childAttributes(as *account) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: OwnGroup}
	endWithParent(attr)
	if as != nil {
		attr.Credential = &syscall.Credential{Uid: uint32(as.uid), Gid: uint32(as.gid)}
	}
	return attr
}

// noFollow: a file of that name that is a symbolic link is not opened.
const noFollow = syscall.O_NOFOLLOW

// tryLock locks a file until it is closed, or fails if another process has.
func tryLock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
