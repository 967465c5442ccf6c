package doctor

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/cmd/internal/cli"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/environ"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/plan"
	"github.com/azuredb/passwordless/mysql"
	"github.com/azuredb/passwordless/postgres"
	"github.com/azuredb/passwordless/sqlserver"
)

// open opens the connection as a program would, but makes no request.
func (w *walk) open() {
	w.exchanges = newExchanges()
	o := &passwordless.Options{
		Environ:   func() []string { return w.options.Environ },
		Logger:    slog.New(slog.DiscardHandler),
		Transport: w.exchanges.client(), StartupWindow: -1, RequestTimeout: w.options.Timeout,
	}
	w.plan, w.setup = plan.Make(identity.DetectHost(), w.engine, w.dsn, o)
	if w.servers = w.plan.Config.Hosts; len(w.servers) > 0 {
		w.server = w.servers[0]
	}
	if w.setup != nil {
		return
	}
	if w.handle, w.setup = connector.Open(w.engine, w.dsn, o); w.setup != nil {
		return
	}
	switch w.engine {
	case dsn.PostgreSQL:
		if c, err := postgres.NewConnector(w.dsn, o); err == nil {
			w.connector = c
		} else {
			w.setup = err
		}
	case dsn.MySQL:
		if c, err := mysql.NewConnector(w.dsn, o); err == nil {
			w.connector = c
		} else {
			w.setup = err
		}
	case dsn.SQLServer:
		if c, err := sqlserver.NewConnector(w.dsn, o); err == nil {
			w.connector = c
		} else {
			w.setup = err
		}
	}
}

// stages are the steps that a section of the page belongs to. All others belong to the connection.
var stages = map[string]string{
	"incomplete-identity": "identity", "azure-token-credentials": "identity", "service-principal": "identity",
	"identity-endpoint": "identity", "developer-sign-in": "identity", "workload-identity": "identity",
	"untrusted-host": "host trusted", "tls-disabled": "host trusted", "cloud": "host trusted", "certificate-files": "host trusted",
}

// broken returns the setup's error if it belongs to the step.
func (w *walk) broken(stage string) error {
	if w.setup == nil {
		return nil
	}
	of := ""
	if failed, ok := errors.AsType[*passwordless.SetupError](w.setup); ok {
		of = stages[failed.Anchor]
	}
	if of == stage || of == "" && stage == "connection" {
		return w.setup
	}
	return nil
}

// status is that of the connection, as far as it is known.
func (w *walk) status() passwordless.Status { return w.plan.Status(w.plan.Identity, w.plan.Azure()) }

func (w *walk) connection(_ context.Context, s *Step) error {
	st := w.status()
	if st.Source != "" {
		s.add("from " + st.Source)
	}
	if len(st.Variables) > 0 {
		s.add("variables: " + strings.Join(st.Variables, ", "))
	}
	for _, h := range st.Hosts {
		s.add("server " + h.String())
	}
	if st.Database != "" {
		s.add("database " + st.Database)
	}
	if st.User != "" {
		s.add("user " + st.User)
	}
	if err := w.broken("connection"); err != nil {
		return err
	}
	if warnings := w.plan.FoundWarnings; len(warnings) > 0 {
		s.warn(strings.Join(warnings, "; "), "settings", w.fill([]string{variableNames}, "")...)
	}
	return nil
}

func (w *walk) identity(_ context.Context, s *Step) error {
	st := w.status()
	if st.Kind != 0 {
		s.add(st.Identity)
		s.add(st.Rule + ": " + st.Why)
	}
	if st.Azure != "" && (identity.IsManaged(st.Kind) || len(w.plan.Identity.Tools) > 0) {
		s.add("this host: " + st.Azure)
	}
	if st.Tenant != "" {
		s.add("tenant " + st.Tenant)
	}
	if err := w.broken("identity"); err != nil {
		return err
	}
	id := w.plan.Identity
	warnings := strings.Join(id.Warnings, "; ")
	switch {
	case identity.IsDeveloperTool(st.Kind) && warnings != "":
		s.warn(warnings, "developer-sign-in", "# in production: AZURE_TOKEN_CREDENTIALS=prod")
	case identity.IsManaged(st.Kind) && id.ClientID != "" && !environ.IsGUID(id.ClientID):
		s.warn("the client ID is not a GUID, so it may be the identity's name", "identity-not-found",
			w.fill([]string{"az identity show -g {group} -n " + cli.ShellQuote(id.ClientID) + " --query clientId"}, "")...)
	case environ.IsGUID(id.Secret.Reveal()) && id.Token():
		s.warn("the client secret has the form of an ID: its value is needed", "service-principal", w.fix("service-principal", "")...)
	case warnings != "":
		s.warn(warnings, "identity", w.fix("identity", "")...)
	}
	return nil
}

func (w *walk) trust(_ context.Context, s *Step) error {
	names := w.plan.Servers().VerifiedNames()
	if err := w.broken("host trusted"); err != nil {
		return err
	}
	if w.plan.Trust == nil {
		s.add("a password login: no token is sent")
	} else {
		for _, name := range names {
			s.add(w.plan.Trust.Explain(name))
		}
	}
	s.add(w.plan.TLS.String())
	if warnings := w.plan.TLS.Warnings; len(warnings) > 0 {
		s.warn(strings.Join(warnings, "; "), "certificate-files", w.fix("certificate-files", "")...)
	}
	return nil
}
