package redact

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

// maxFile is the largest file that is read, in bytes.
const maxFile = 1 << 20

var errTooLarge = errors.New("the file is larger than 1 MB")

// CheckFile reports whether a file must not be read: reading what is no regular file, such as a FIFO or
// a device, may wait or go on for ever. It says nothing about a file that is not there.
func CheckFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil // as reading it will say
	case !info.Mode().IsRegular():
		return errors.New("not a regular file")
	case info.Size() > maxFile:
		return errTooLarge
	}
	return nil
}

// ReadFile is [os.ReadFile] of a regular file of at most 1 MB, with errors that do not quote the path:
// what was given in its place may be a private key.
func ReadFile(path string) ([]byte, error) {
	if strings.Contains(path, "-----BEGIN") {
		return nil, errors.New("want the path of a file, not what the file holds")
	}
	if err := CheckFile(path); err != nil {
		return nil, err
	}
	data, err := readFile(path)
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	return data, err
}

// readFile does not trust the size that [CheckFile] saw: files below /proc have none, and others grow.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		return nil, errTooLarge
	}
	return data, err
}
