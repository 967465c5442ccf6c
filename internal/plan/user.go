package plan

import (
	"fmt"
	"slices"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/identity"
)

// User is the database user that id logs in as; empty if its token names it.
func (p *Plan) User(id identity.Identity) string {
	if !p.UserFixed && id.ReplacesUser() {
		return ""
	}
	return p.Config.User
}

// Replaced is the note that another user than the connection's logs in. It says how to keep the connection's.
func (p *Plan) Replaced(what string, kind passwordless.IdentityKind) string {
	return fmt.Sprintf("%s in place of the connection's user %q: authentication=%s in the connection, or Options.User, keeps that",
		what, p.Config.User, toolMethods[kind])
}

// toolMethods are the words for the developer's tools.
var toolMethods = map[passwordless.IdentityKind]string{
	passwordless.AzureCLI: "AzureCLI", passwordless.AzureDeveloperCLI: "AzureDeveloperCLI", passwordless.AzurePowerShell: "AzurePowerShell",
}

// UserNote is what is known about the database user of id before the first token: that it will be replaced.
func (p *Plan) UserNote(id identity.Identity) string {
	if p.keepsNoUser() && id.ReplacesUser() {
		return p.Replaced("the token names the database user", id.Kind)
	}
	return ""
}

// WithNote adds a note about the database user of id to warnings. It belongs to the warning of a developer who
// stands in, if there is one.
func WithNote(id identity.Identity, warnings []string, note string) []string {
	if note == "" {
		return warnings
	}
	for i, w := range warnings {
		if slices.Contains(id.Warnings, w) {
			warnings[i] += "; " + note
			return warnings
		}
	}
	return append(warnings, note)
}

// keepsNoUser reports whether the connection names a user that a developer's sign-in replaces.
func (p *Plan) keepsNoUser() bool {
	return p.Config.Engine != dsn.SQLServer && p.Config.User != "" && !p.UserFixed
}
