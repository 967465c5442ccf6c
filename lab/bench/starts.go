package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/lab"
	"github.com/azuredb/passwordless/lab/bench/internal/figures"
	labpostgres "github.com/azuredb/passwordless/lab/postgres"
)

// starts is what a process takes to read its first row and end, with this library and with the recipe of the directory
// start. The value is in milliseconds.
func starts(ctx context.Context, s *stage) ([]figures.Row, error) {
	server, err := labpostgres.Start(ctx, s.Cloud, &lab.Options{Installed: true})
	if err != nil {
		return nil, err
	}
	id, _, err := s.addUser(ctx, server.Server, azuretest.OSSRDBMSAudience)
	if err != nil {
		return nil, err
	}
	environ := append(os.Environ(), "PASSWORDLESS_TRUSTED_HOSTS="+loopback, "AZURE_POSTGRESQL_CLIENTID="+id.ClientID,
		"AZURE_POSTGRESQL_CONNECTIONSTRING="+fmt.Sprintf("host=%s port=%d dbname=app user=%s sslmode=require", server.Host, server.Port, id.Name),
		"RECIPE_CONNECTION="+pgxURL(server.Addr(), id))
	var contenders []figures.Contender
	var sizes []float64
	for _, program := range []struct{ who, dir string }{{figures.Ours, "library"}, {"pgx and azidentity by hand", "recipe"}} {
		file := s.file(program.dir)
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "./start/"+program.dir)
		build.Dir = filepath.Join(s.root, "lab", "bench")
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w: %s", err, out)
		}
		info, err := os.Stat(file)
		if err != nil {
			return nil, err
		}
		sizes = append(sizes, float64(info.Size())/1e6)
		contenders = append(contenders, figures.Contender{Who: program.who, Do: figures.Timed(func() error {
			cmd := exec.CommandContext(ctx, file)
			cmd.Env = environ
			out, err := cmd.CombinedOutput()
			if err == nil && strings.TrimSpace(string(out)) != "1" {
				err = fmt.Errorf("no row: %s", out)
			}
			return err
		})})
	}
	rounds, err := figures.TakeTurns(s.pace(3*time.Second), contenders)
	if err != nil {
		return nil, err
	}
	rows := figures.Compare(figures.Row{Case: "PostgreSQL"}, time.Millisecond, contenders, rounds)
	for i := range rows {
		rows[i].More = map[string]float64{"MB": sizes[i]}
	}
	return rows, nil
}
