package main

import (
	"bytes"
	"strings"

	"github.com/azuredb/passwordless/cmd/internal/cli"
)

// plain returns the report for people: a line for each thing that is known, and the result.
func (r report) plain(screen cli.Screen) []byte {
	var b bytes.Buffer
	colored := func(color cli.Color, label string, texts ...string) {
		for _, text := range texts {
			if text != "" {
				screen.Line(&b, label, text, color)
			}
		}
	}
	line := func(label string, texts ...string) { colored(cli.Plain, label, texts...) }
	connection, why, tls := r.Source, "", r.TLSDecision
	if r.Connection != "" {
		connection = r.Connection + ", from " + r.Source
	}
	if r.Rule != "" {
		why = r.Rule + ": " + r.Why
	}
	if tls != "" && tls != "no TLS" {
		tls += ", as " + strings.Join(r.ServerNames, ", ")
	}
	identity, scope, authority, trust := r.Identity, r.Scope, r.Authority, r.Trust
	if r.Auth == "secret" {
		identity, authority = "none: a password login", ""
		scope += " (not used: a password needs no token)"
		if tls != "" {
			trust = append(trust, "not checked: no token is sent")
		}
	}
	line("connection", connection)
	line("variables", strings.Join(r.Variables, ", "))
	line("server", strings.Join(r.Hosts, ", "))
	line("database", r.Database)
	line("user", r.user())
	line("password", r.Password)
	line("client secret", r.ClientSecret)
	line("cert. password", r.CertificatePassword)
	line("parameters", r.Parameters)
	line("identity", identity)
	line("why", why)
	line("tenant", r.TenantID)
	line("ID", r.IDKind)
	if r.Auth == "system" || r.Auth == "user" || len(r.Developer) > 0 {
		line("this host", r.Azure)
	}
	line("elsewhere", r.elsewhere())
	line("cloud", r.Cloud)
	line("scope", scope)
	line("authority", authority)
	line("TLS", tls)
	line("trust", trust...)
	colored(cli.Yellow, "warning", r.Warnings...)
	color, result := r.result()
	colored(color, "result", result)
	return b.Bytes()
}

// result says whether the connection would work.
func (r report) result() (cli.Color, string) {
	switch {
	case r.Error != "":
		return cli.Red, "would not work: see the error"
	case len(r.Warnings) > 0:
		return cli.Yellow, "would work as far as is known without a request, but there are warnings"
	default:
		return cli.Green, "would work as far as is known without a request"
	}
}

// user says which user name the server receives.
func (r report) user() string {
	switch {
	case r.User != "" || r.Identity == "" || r.Auth == "secret" || r.Host == "":
		return r.User
	case r.Engine == "sqlserver":
		return "none is sent: the token names the user"
	default:
		return "the one that the token names"
	}
}

// elsewhere says what holds if this is not Azure.
func (r report) elsewhere() string {
	tools := strings.Join(r.Developer, ", then ")
	switch {
	case tools == "":
		return ""
	case r.Probe:
		return "this command does not probe: the above holds in Azure. Elsewhere the first login falls back to the " +
			tools + ", as the user that its token names"
	case r.Auth == "system":
		return "if this machine has no identity of its own: " + tools
	default:
		return "if that fails: " + tools
	}
}
