package main

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
)

// plain returns the report for people: a line for each thing that is known.
func (r report) plain() []byte {
	var b bytes.Buffer
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(&b, "%-15s %s\n", label, strings.Map(printable, text))
		}
	}
	line("connection", r.connection())
	line("variables", strings.Join(r.Variables, ", "))
	line("server", strings.Join(r.Hosts, ", "))
	line("database", r.Database)
	line("user", r.user())
	line("password", r.Password)
	line("client secret", r.ClientSecret)
	line("cert. password", r.CertificatePassword)
	line("parameters", r.Parameters)
	line("identity", r.identity())
	line("why", r.why())
	line("tenant", r.TenantID)
	line("ID", r.IDKind)
	line("this host", r.host())
	line("elsewhere", r.elsewhere())
	line("cloud", r.Cloud)
	line("scope", r.scope())
	line("authority", r.authority())
	line("TLS", r.tls())
	for _, t := range r.Trust {
		line("trust", t)
	}
	if r.Auth == "secret" && r.TLSDecision != "" {
		line("trust", "not checked: no token is sent")
	}
	for _, w := range r.Warnings {
		line("warning", w)
	}
	return b.Bytes()
}

// printable keeps a value from ending its line: that of an ID may hold anything.
func printable(r rune) rune {
	if unicode.IsControl(r) {
		return '?'
	}
	return r
}

// connection says what the connection was read from, and its name if it has one.
func (r report) connection() string {
	if r.Connection == "" {
		return r.Source
	}
	return r.Connection + ", from " + r.Source
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

// identity says which identity logs in.
func (r report) identity() string {
	if r.Auth == "secret" {
		return "none: a password login"
	}
	return r.Identity
}

// why says which rule chose the identity, and why.
func (r report) why() string {
	if r.Rule == "" {
		return ""
	}
	return r.Rule + ": " + r.Why
}

// host says what is known about this host, where that decides about the identity.
func (r report) host() string {
	if r.Auth == "system" || r.Auth == "user" || len(r.Developer) > 0 {
		return r.Azure
	}
	return ""
}

// elsewhere says what holds if this is not Azure.
func (r report) elsewhere() string {
	if len(r.Developer) == 0 {
		return ""
	}
	tools := strings.Join(r.Developer, ", then ")
	if !r.Probe && r.Auth == "system" {
		return "if this machine has no identity of its own: " + tools
	}
	if !r.Probe {
		return "if that fails: " + tools
	}
	return "this command does not probe: the above holds in Azure. Elsewhere the first login falls back to the " +
		tools + ", as the user that its token names"
}

// scope says what the token is for.
func (r report) scope() string {
	if r.Auth == "secret" {
		return r.Scope + " (not used: a password needs no token)"
	}
	return r.Scope
}

// authority says who issues the token.
func (r report) authority() string {
	if r.Auth == "secret" {
		return ""
	}
	return r.Authority
}

// tls says what is done about TLS.
func (r report) tls() string {
	if r.TLSDecision == "" {
		return ""
	}
	if r.TLSDecision == "no TLS" {
		return r.TLSDecision
	}
	return r.TLSDecision + ", as " + strings.Join(r.ServerNames, ", ")
}
