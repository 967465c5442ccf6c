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
	dirs := append([]string{"/usr/sbin", "/opt/homebrew/opt/mariadb/bin", "/usr/local/opt/mariadb/bin"}, filepath.SplitList(os.Getenv("PATH"))...)
	return findMariaDB(os.Getenv(EnvDir), dirs)
}

// findMariaDB looks for mariadbd in the directories, and for mariadb-install-db beside it or in the bin
// directory of the same installation. setting is the value of EnvDir.
func findMariaDB(setting string, dirs []string) (mariadbPrograms, error) {
	switch setting {
	case "off":
		return mariadbPrograms{}, fmt.Errorf("lab: %w: %s is off", lab.ErrNotInstalled, EnvDir)
	case "":
	default:
		dirs = []string{setting}
	}
	for _, dir := range dirs {
		base := filepath.Dir(dir)
		server := filepath.Join(dir, "mariadbd")
		for _, install := range []string{filepath.Join(dir, "mariadb-install-db"), filepath.Join(base, "bin", "mariadb-install-db")} {
			if filepath.IsAbs(dir) && daemon.IsProgram(server) && daemon.IsProgram(install) {
				return mariadbPrograms{base, server, install}, nil
			}
		}
	}
	if setting != "" {
		return mariadbPrograms{}, fmt.Errorf("lab: %s=%s: there is no mariadbd with mariadb-install-db in that directory", EnvDir, setting)
	}
	return mariadbPrograms{}, fmt.Errorf("lab: %w: no mariadbd with mariadb-install-db in /usr/sbin or on PATH (or set %s)", lab.ErrNotInstalled, EnvDir)
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
