package postgres

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
)

// parseAlone calls pgx's parser with PGSERVICE kept out. pgx reads a service
// file whenever that variable is set, and no connection string can say "none";
// but a string can say which service of which file, so it is sent to an empty
// one, in a file that only this user can read and that is gone afterwards.
func parseAlone(conninfo string, parse parser) (*pgx.ConnConfig, error) {
	if os.Getenv("PGSERVICE") == "" {
		return parse(conninfo)
	}
	dir, err := os.MkdirTemp("", "azure-postgres-")
	if err != nil {
		return nil, errService(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "service")
	if err := os.WriteFile(file, []byte("[none]\n"), 0o600); err != nil {
		return nil, errService(err)
	}
	return parse(conninfo + "service='none' servicefile=" + quote(file))
}

func errService(err error) error {
	return fmt.Errorf("postgres: PGSERVICE is set and cannot be kept out: unset it, or make the directory for temporary files writable: %w", err)
}
