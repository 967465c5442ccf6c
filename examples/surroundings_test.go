package examples_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/mysql"
	"github.com/azuredb/passwordless/lab/postgres"
	"github.com/azuredb/passwordless/lab/sqlserver"
)

// examples are the directories of the examples. The quick starts, which bring the lab along, are in quickStarts.
func examples(t *testing.T) (names []string) {
	t.Helper()
	found, err := filepath.Glob("*/main.go")
	require.NoError(t, err)
	for _, file := range found {
		if name := filepath.Dir(file); name != "quickstart" {
			names = append(names, name)
		}
	}
	return names
}

// build begins to build examples, and returns what waits for that and has each one's program. It is go run that builds
// them, for it keeps what it has linked in the build cache, and go build does not.
func build(t *testing.T, names ...string) func() map[string]string {
	t.Helper()
	dir, programs := t.TempDir(), map[string]string{}
	var building errgroup.Group
	building.SetLimit(runtime.NumCPU())
	for i, name := range names {
		file := filepath.Join(dir, fmt.Sprint(i), filepath.Base(name))
		require.NoError(t, os.Mkdir(filepath.Dir(file), 0o700))
		programs[name] = file
		building.Go(func() error {
			out, err := exec.CommandContext(t.Context(), "go", "run", "-ldflags=-s -w", "-exec", "cp", "./"+name, file).CombinedOutput()
			if err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			return nil
		})
	}
	return func() map[string]string {
		require.NoError(t, building.Wait())
		return programs
	}
}

// surroundings are what passwordless-lab starts for a program: an identity, the databases, and variables that name both.
type surroundings struct {
	programs map[string]string // by example
	environ  []string
	short    []string // variables of an identity for PostgreSQL whose tokens soon expire, in place of the other one's
}

// start starts the servers that are installed, or the embedded ones.
func start(t *testing.T, embedded bool) *surroundings {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cloud := azuretest.New(t)
	id := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
	ca := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, cloud.CA().WriteFile(ca))
	s := &surroundings{environ: append(cloud.AppServiceEnviron(), "PASSWORDLESS_TRUSTED_HOSTS=127.0.0.1", "PASSWORDLESS_CA_FILE="+ca)}
	short := cloud.AddUserAssigned(azuretest.Identity{Name: "short", TokenLifetime: 2 * time.Second})
	s.short = []string{"AZURE_POSTGRESQL_CLIENTID=" + short.ClientID, "AZURE_POSTGRESQL_USER=" + short.Name}
	o := &lab.Options{Users: []string{id.Name, short.Name}, Embedded: embedded}

	var pg *postgres.Server
	var pgErr error
	var starting sync.WaitGroup
	starting.Go(func() { pg, pgErr = postgres.Start(ctx, cloud, o) })
	my, err := mysql.Start(ctx, cloud, o)
	starting.Wait()
	require.NoError(t, errors.Join(pgErr, err))
	s.add(t, "AZURE_POSTGRESQL_", "HOST", pg.Server, id)
	s.add(t, "AZURE_POSTGRESQL_REPLICA_", "HOST", pg.Server, id)
	s.add(t, "AZURE_MYSQL_", "HOST", my.Server, id)
	ms, err := sqlserver.Start(ctx, cloud, o)
	require.NoError(t, err)
	s.add(t, "AZURE_SQL_", "SERVER", ms.Server, id)
	return s
}

// add closes the server when the test ends, and adds Service Connector's variables for it.
func (s *surroundings) add(t *testing.T, prefix, host string, server *lab.Server, id azuretest.Identity) {
	t.Helper()
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	s.environ = append(s.environ, prefix+host+"="+server.Host, fmt.Sprintf("%sPORT=%d", prefix, server.Port),
		prefix+"DATABASE="+server.Database, prefix+"CLIENTID="+id.ClientID)
	if host == "HOST" {
		s.environ = append(s.environ, prefix+"USER="+id.Name, prefix+"SSL=true")
	}
}

// command is an example with the environment of a host in Azure, and nothing of this one's but what it needs to run. It
// ends with the test at the latest.
func (s *surroundings) command(t *testing.T, example string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, s.programs[example], args...)
	c.Env = append(slices.Clone(s.environ), "PATH="+os.Getenv("PATH"), "HOME="+t.TempDir())
	return c
}
