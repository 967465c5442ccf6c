package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const dirPattern = "passwordless-lab-*"

// maxSocketDir: a UNIX socket's whole path has at most 103 bytes on macOS and 107 on Linux, and the server
// appends "/.s.PGSQL.65535".
const maxSocketDir = 103 - len("/.s.PGSQL.65535")

// lockName is a file in each directory that its owner keeps locked (flock(2)). The lock ends with the process,
// however that ends, and so tells which directories are left over.
const lockName = "owner"

// privateDir is a directory that belongs to this process until it is removed.
type privateDir struct {
	path string
	lock *os.File
}

// makeDir creates a private directory for a server of the given account and removes those that processes which
// were killed left behind. TMPDIR is used unless its path is too long for a socket or the account cannot reach it.
func makeDir(as *account) (privateDir, error) {
	var errs []error
	for _, parent := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		if err := usableParent(parent, as); err != nil {
			errs = append(errs, err)
			continue
		}
		removeLeftovers(parent)
		dir, err := makeDirIn(parent)
		if err == nil {
			return dir, nil
		}
		errs = append(errs, err)
	}
	return privateDir{}, fmt.Errorf("lab: create a temporary directory: %w", errors.Join(errs...))
}

// NewDir creates a directory of this process alone, which remove removes with all that is in it.
func NewDir() (path string, remove func() error, err error) {
	d, err := makeDir(nil)
	return d.path, d.remove, err
}

// makeDirIn gives the lock its name only once it is held, so that no one takes the directory for a leftover.
func makeDirIn(parent string) (privateDir, error) {
	path, err := os.MkdirTemp(parent, dirPattern)
	if err != nil {
		return privateDir{}, err
	}
	d := privateDir{path: path}
	unnamed := filepath.Join(path, lockName+".new")
	if d.lock, err = os.OpenFile(unnamed, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return privateDir{}, errors.Join(err, os.RemoveAll(path))
	}
	if err = tryLock(d.lock); err == nil {
		err = os.Rename(unnamed, filepath.Join(path, lockName))
	}
	if err != nil {
		return privateDir{}, errors.Join(err, d.remove())
	}
	return d, nil
}

func (d privateDir) remove() error { return errors.Join(os.RemoveAll(d.path), d.lock.Close()) }

// removeLeftovers removes the directories whose owner has ended without doing so. A server that still ran in one,
// where there is no parent-death signal, shuts down when it misses its lock file. Errors mean that a directory
// is in use or another user's, and are no one's concern.
func removeLeftovers(parent string) {
	found, _ := filepath.Glob(filepath.Join(parent, dirPattern)) // the only error is a malformed pattern
	for _, dir := range found {
		lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|noFollow, 0)
		if err != nil {
			continue
		}
		if tryLock(lock) == nil {
			_ = os.RemoveAll(dir)
		}
		_ = lock.Close()
	}
}

func usableParent(parent string, as *account) error {
	if len(filepath.Join(parent, dirPattern))+10 > maxSocketDir { // MkdirTemp's random number has at most 10 digits
		return fmt.Errorf("%s: too long for a UNIX socket", parent)
	}
	if as == nil {
		return nil
	}
	for dir := filepath.Clean(parent); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o001 == 0 {
			return fmt.Errorf("%s: the user nobody cannot reach it", dir)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// giveTo hands the directory and what is in it to the account.
func (d privateDir) giveTo(as *account) error {
	if as == nil {
		return nil
	}
	entries, err := os.ReadDir(d.path)
	errs := []error{err, os.Lchown(d.path, as.uid, as.gid)}
	for _, e := range entries {
		errs = append(errs, os.Lchown(filepath.Join(d.path, e.Name()), as.uid, as.gid))
	}
	return errors.Join(errs...)
}
