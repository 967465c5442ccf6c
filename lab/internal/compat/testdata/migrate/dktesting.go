// Package dktesting stands in for the one that starts containers: each test gets a new database on a server that runs.
package dktesting

import (
	"database/sql"
	"os"
	"strings"
	"testing"

	"github.com/dhui/dktest"
	"github.com/docker/go-connections/nat"
)

// ContainerSpec names a server's version; here all are the same server.
type ContainerSpec struct {
	ImageName string
	Options   dktest.Options
}

// Cleanup has nothing to remove.
func (*ContainerSpec) Cleanup() error { return nil }

// ParallelTest runs the test with the first of the servers.
func ParallelTest(t *testing.T, specs []ContainerSpec, test func(*testing.T, dktest.ContainerInfo)) {
	driver, variable := "mysql", "COMPAT_MYSQL"
	statements := []string{"drop database if exists public", "create database public"}
	if strings.HasPrefix(specs[0].ImageName, "postgres") {
		driver, variable = "pgx", "COMPAT_POSTGRES"
		statements = []string{"drop database if exists public with (force)", "drop role if exists not_owner", "create database public"}
	}
	db, err := sql.Open(driver, os.Getenv(variable+"_ADMIN"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(statement, err)
		}
	}
	binding := []nat.PortBinding{{HostIP: "127.0.0.1", HostPort: os.Getenv(variable + "_PORT")}}
	test(t, dktest.ContainerInfo{Ports: nat.PortMap{"5432/tcp": binding, "3306/tcp": binding}})
}
