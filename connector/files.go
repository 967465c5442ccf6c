package connector

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// readFile is [os.ReadFile] with errors that do not quote the path: what was
// given in its place may be a private key.
func readFile(path string) ([]byte, error) {
	if strings.Contains(path, "-----BEGIN") {
		return nil, errors.New("want the path of a file, not what the file holds")
	}
	data, err := os.ReadFile(path)
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	return data, err
}
