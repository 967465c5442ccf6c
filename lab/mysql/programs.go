package mysql

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/internal/daemon"
)

// programs are those of one installation of MariaDB, and the compiler of its authentication plugin.
type programs struct {
	base, server, install, compiler string
}

// installedMariaDB finds the MariaDB that startInstalled runs.
func installedMariaDB() (p programs, err error) {
	compiler, err := compiler()
	if err != nil {
		return p, err
	}
	if _, err := exec.LookPath("my_print_defaults"); err != nil { // mariadb-install-db runs it
		return p, fmt.Errorf("lab: %w: no my_print_defaults on PATH (Debian: mariadb-client-core)", lab.ErrNotInstalled)
	}
	p, err = findMariaDB([]string{"/usr/sbin", "/opt/homebrew/opt/mariadb/bin", "/usr/local/opt/mariadb/bin"}, os.Getenv("PATH"))
	p.compiler = compiler
	return p, err
}

// findMariaDB looks for mariadbd in the directories, and for mariadb-install-db next to it or in the bin
// directory of the same installation.
func findMariaDB(dirs []string, path string) (p programs, err error) {
	_, err = daemon.Find(envDir, "mariadbd with mariadb-install-db", dirs, path, func(dir string) bool {
		p = programs{base: filepath.Dir(dir), server: filepath.Join(dir, "mariadbd"), install: filepath.Join(dir, "mariadb-install-db")}
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
