//go:build linux || darwin || freebsd

package mysql

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/internal/daemon"
)

// mariadbPrograms are the programs of one installation.
type mariadbPrograms struct {
	base, server, install string
}

// installedMariaDB finds the MariaDB that StartInstalled runs.
func installedMariaDB() (mariadbPrograms, error) {
	if _, err := compiler(); err != nil {
		return mariadbPrograms{}, err
	}
	if _, err := exec.LookPath("my_print_defaults"); err != nil { // mariadb-install-db runs it
		return mariadbPrograms{}, fmt.Errorf("lab: %w: no my_print_defaults on PATH (Debian: mariadb-client-core)", lab.ErrNotInstalled)
	}
	return findMariaDB(append([]string{"/usr/sbin", "/opt/homebrew/opt/mariadb/bin", "/usr/local/opt/mariadb/bin"}, filepath.SplitList(os.Getenv("PATH"))...))
}

// findMariaDB looks for mariadbd in the directories, and for mariadb-install-db beside it or in the bin
// directory of the same installation.
func findMariaDB(dirs []string) (p mariadbPrograms, err error) {
	_, err = daemon.Find(EnvDir, "mariadbd with mariadb-install-db", dirs, func(dir string) bool {
		p = mariadbPrograms{filepath.Dir(dir), filepath.Join(dir, "mariadbd"), filepath.Join(dir, "mariadb-install-db")}
		if !daemon.IsProgram(p.install) {
			p.install = filepath.Join(p.base, "bin", "mariadb-install-db")
		}
		return daemon.IsProgram(p.server) && daemon.IsProgram(p.install)
	})
	return p, err
}

func compiler() (string, error) {
	for _, name := range []string{"cc", "gcc", "clang"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("lab: %w: no C compiler (cc, gcc, clang) on PATH for its authentication plugin", lab.ErrNotInstalled)
}

// pluginFile is the name under which a server finds the authentication plugin.
const pluginFile = "entra_token.so"

//go:embed mariadb/entra_token.c
var pluginSource []byte

// entraPlugin compiles the authentication plugin, once per process.
var entraPlugin = sync.OnceValues(func() ([]byte, error) {
	cc, err := compiler()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "passwordless-plugin-")
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	defer os.RemoveAll(dir)
	source, binary := filepath.Join(dir, "entra_token.c"), filepath.Join(dir, pluginFile)
	if err := os.WriteFile(source, pluginSource, 0o600); err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	if out, err := exec.Command(cc, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", binary, source).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("lab: compile MariaDB's authentication plugin: %w: %s", err, out)
	}
	return os.ReadFile(binary)
})
