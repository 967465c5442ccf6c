package daemon

import "syscall"

// childAttributes: a process group of its own, so that Ctrl-C in a terminal reaches this process only, which
// then stops the server in order; and SIGQUIT (immediate shutdown) if this process dies first.
func childAttributes(as *account) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGQUIT}
	if as != nil {
		attr.Credential = &syscall.Credential{Uid: uint32(as.uid), Gid: uint32(as.gid)}
	}
	return attr
}
