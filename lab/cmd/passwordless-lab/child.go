package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// exitStatus is COMMAND's, as an error.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// The statuses that shells give a command that cannot be run.
const (
	notExecutable = 126
	notFound      = 127
	killed        = 128 // and the signal's number
)

// runCommand runs a command in the terminal of this program. Ctrl-C reaches it without this program, and means what
// it makes of it; other signals are passed on.
func runCommand(command, environ []string, signals <-chan os.Signal) error {
	err := os.Unsetenv(passwordVariable) // it is not the command's
	for _, variable := range environ {   // PATH among them, where the command is looked up
		name, value, _ := strings.Cut(variable, "=")
		err = errors.Join(err, os.Setenv(name, value))
	}
	if err != nil {
		return err
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		status := exitStatus(notExecutable)
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			status = notFound
		}
		fmt.Fprintln(os.Stderr, "passwordless-lab:", err)
		return status
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			if s != os.Interrupt {
				_ = cmd.Process.Signal(s) // it may have ended already
			}
		case err := <-ended:
			return statusOf(err)
		}
	}
}

func statusOf(err error) error {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exitStatus(killed + int(status.Signal()))
	}
	return exitStatus(exit.ExitCode())
}
