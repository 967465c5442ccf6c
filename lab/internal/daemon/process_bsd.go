//go:build darwin || freebsd

package daemon

import "syscall"

// childAttributes leaves the child in this process's group: without Linux's parent-death signal it is the
// terminal's Ctrl-C that ends the server with a process that does not handle it.
func childAttributes(as *account) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{}
	if as != nil {
		attr.Credential = &syscall.Credential{Uid: uint32(as.uid), Gid: uint32(as.gid)}
	}
	return attr
}
