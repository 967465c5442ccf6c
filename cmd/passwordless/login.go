package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/cmd/internal/cli"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
)

// target is a connection and what logs in to it.
type target struct {
	engine dsn.Engine
	config dsn.Config
	login  connector.Login
	status passwordless.Status
}

// logIn gets the token of a connection, and tells the warnings about it.
func logIn(ctx context.Context, engine dsn.Engine, s string, environ []string, stderr io.Writer) (target, error) {
	h, err := connector.Open(engine, s, &passwordless.Options{
		Environ: func() []string { return environ },
		Logger:  slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return target{}, &cli.Status{Code: cli.Failed, Err: err}
	}
	defer func() { _ = h.Close() }() // always nil
	if h.NeedsTenant() {
		return target{}, &cli.Status{Code: cli.Failed, Err: fmt.Errorf("the service principal has no tenant: set AZURE_TENANT_ID")}
	}
	login, err := h.Login(ctx)
	if err != nil {
		return target{}, &cli.Status{Code: cli.Failed, Err: err}
	}
	t := target{engine, h.Config(), login, h.Status()}
	for _, host := range t.config.Hosts { // refuses a host that must not have the token, and disabled TLS
		config, err := h.TLSConfig(host.Name)
		if err == nil && config == nil {
			err = fmt.Errorf("the connection declares disabled TLS: remove the setting")
		}
		if err != nil {
			return target{}, &cli.Status{Code: cli.Failed, Err: err}
		}
	}
	for _, w := range t.status.Warnings {
		_, _ = fmt.Fprintln(stderr, "passwordless: warning:", w)
	}
	return t, nil
}
