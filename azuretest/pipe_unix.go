//go:build unix

package azuretest

import (
	"os"
	"syscall"
	"time"
)

// makePipe makes a named pipe that only this user may open.
func makePipe(path string) error {
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		return &os.PathError{Op: "mkfifo", Path: path, Err: err}
	}
	return nil
}

// writePipe writes to a named pipe that is open for reading, and
// fails at once if no one has. A reader that stops reading costs 30 seconds.
func writePipe(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.SetWriteDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return err
}
