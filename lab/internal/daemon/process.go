package daemon

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/azuredb/passwordless/lab/internal/engine"
)

// account is the user that runs the server's programs.
type account struct{ uid, gid int }

// serverAccount is nobody when this process is root, because database servers refuse to run as root; nil otherwise,
// for the user of this process.
func serverAccount() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		return nil, fmt.Errorf("lab: database servers do not run as root and there is no user nobody: %w", err)
	}
	uid, uidErr := strconv.Atoi(u.Uid)
	gid, gidErr := strconv.Atoi(u.Gid)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return nil, fmt.Errorf("lab: user nobody: %w", err)
	}
	return &account{uid, gid}, nil
}

// process is a child that ends with this process.
type process struct {
	child *os.Process
	done  chan struct{} // closed when the child has ended
	err   error         // of Wait; to be read after done
}

// OwnGroup keeps the terminal's Ctrl-C from the servers, for a program that stops them itself. It must be set before any
// of them starts.
var OwnGroup bool

// startProcess starts the command as the given account.
//
// A goroutine stays on one operating system thread for the child's whole life: Linux sends the parent-death
// signal when the thread that started the child ends (prctl(2), PR_SET_PDEATHSIG), and Go ends threads.
func startProcess(cmd *exec.Cmd, as *account) (*process, error) {
	cmd.SysProcAttr = childAttributes(as)
	cmd.Env = childEnviron(os.Environ())
	p := &process{done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		p.child = cmd.Process
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("lab: start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// childEnviron keeps what programs need to be found and loaded. PG* would configure the server, LC_* its
// messages, and secrets of this process are none of its business. LDAPNOINIT: libldap reads no configuration.
func childEnviron(environ []string) []string {
	env := []string{"LC_ALL=C", "LDAPNOINIT=1"}
	for _, v := range environ {
		switch name, _, _ := strings.Cut(v, "="); name {
		case "PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "HOME", "SYSTEMROOT":
			env = append(env, v)
		}
	}
	return env
}

// stop sends the signals one after another, each after the grace given to the one before, then kills.
// Only the child itself is signalled, by its process handle.
func (p *process) stop(signals ...os.Signal) error {
	for _, s := range append(signals, syscall.SIGKILL) {
		if err := p.child.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("lab: stop process %d: %w", p.child.Pid, err)
		}
		select {
		case <-p.done:
			return nil
		case <-time.After(stopGrace):
		}
	}
	return fmt.Errorf("lab: process %d did not end", p.child.Pid)
}

// IsProgram tells whether a file can be run.
func IsProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// Find returns the first of the directories, then of those on path, that is complete, which means that it has the
// programs. The environment variable names another directory, or is "off".
func Find(variable, programs string, dirs []string, path string, complete func(dir string) bool) (string, error) {
	setting := os.Getenv(variable)
	switch {
	case !supported:
		return "", fmt.Errorf("lab: %w: the lab does not run it on %s", engine.ErrNotInstalled, runtime.GOOS)
	case setting == "off":
		return "", fmt.Errorf("lab: %w: %s is off", engine.ErrNotInstalled, variable)
	case setting != "":
		dirs, path = []string{setting}, ""
	}
	for _, dir := range append(dirs, filepath.SplitList(path)...) {
		if filepath.IsAbs(dir) && complete(dir) {
			return dir, nil
		}
	}
	if setting != "" {
		return "", fmt.Errorf("lab: %s=%s: there is no %s in that directory", variable, setting, programs)
	}
	return "", fmt.Errorf("lab: %w: no %s in the usual directories or on PATH (or set %s)", engine.ErrNotInstalled, programs, variable)
}
