package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// fileMark is the first line of a file with variables, by which the next run knows that it may write it anew.
const fileMark = "# written by passwordless-lab, which removes it at its end\n"

// exports are the variables for a POSIX shell's eval.
func exports(environ []string) string {
	var text strings.Builder
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		fmt.Fprintf(&text, "export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
	}
	return text.String()
}

// writeEnvFile writes the variables as they are, which is what Compose, Node, Spring and dotenv read. A file that is not
// the lab's is not touched. The new one is there at once or not at all.
func writeEnvFile(path string, environ []string) error {
	switch old, err := os.ReadFile(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("--env-file: %w", err)
	case !bytes.HasPrefix(old, []byte(fileMark)):
		return fmt.Errorf("--env-file %s: name another file, this one exists and is not the lab's", path)
	}
	unfinished := path + ".new"
	content := fileMark + strings.Join(environ, "\n") + "\n"
	if err := os.WriteFile(unfinished, []byte(content), 0o600); err != nil {
		return fmt.Errorf("--env-file: %w", err)
	}
	if err := os.Rename(unfinished, path); err != nil {
		return fmt.Errorf("--env-file: %w", errors.Join(err, os.Remove(unfinished)))
	}
	return nil
}
