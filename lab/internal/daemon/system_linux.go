package daemon

import "syscall"

// SIGQUIT (immediate shutdown) if this process dies first; and a new process group, so that Ctrl-C in a terminal
// reaches this process only, which then stops the server in order.
func init() {
	endWithParent = func(attr *syscall.SysProcAttr) { attr.Setpgid, attr.Pdeathsig = true, syscall.SIGQUIT }
}
