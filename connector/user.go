package connector

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/credential"
	"github.com/azuredb/passwordless/internal/identity"
)

// user returns the database user to log in with: the connection's, or the token's where the connection has none
// or a developer stands in for its identity, and a note if that is not what the connection says. SQL Server
// takes the name from the token itself.
func (h *Handle) user(tok string, id identity.Identity) (user, note string, err error) {
	if h.config.Engine == dsn.SQLServer || h.userFixed {
		return h.config.User, "", nil
	}
	own, name, guest := h.config.User, credential.UserFromToken(tok), credential.GuestFromToken(tok)
	if guest != "" && !strings.Contains(own, "#") {
		note = guestNote(guest)
	}
	switch {
	case own == "" && name == "":
		no := noUser
		no.Hint = strings.TrimSuffix(no.Hint+"; "+note, "; ")
		return "", "", h.tokenError(errNoUser, no)
	case own == "", name != "" && name != own && id.ReplacesUser():
		if own != "" {
			note = h.replaced(fmt.Sprintf("the database user is %q, as the token says,", name), id.Kind)
		}
		return name, note, nil
	default:
		return own, note, nil
	}
}

// replaced is the note that the user is another than the connection's, which it says how to keep.
func (h *Handle) replaced(what string, kind passwordless.IdentityKind) string {
	return fmt.Sprintf("%s in place of the connection's user %q: authentication=%s in the connection, or Options.User, keeps that",
		what, h.config.User, toolMethods[kind])
}

// toolMethods are the words for the developer's tools.
var toolMethods = map[passwordless.IdentityKind]string{
	passwordless.AzureCLI: "AzureCLI", passwordless.AzureDeveloperCLI: "AzureDeveloperCLI", passwordless.AzurePowerShell: "AzurePowerShell",
}

// guestNote says what the role of a guest is called, whom the token calls by another name.
func guestNote(guest string) string {
	role := guest
	if !strings.Contains(guest, "#EXT#") {
		role = strings.Replace(guest[strings.IndexByte(guest, '#')+1:], "@", "_", 1) + "#EXT#@<tenant>.onmicrosoft.com"
	}
	return fmt.Sprintf("the token is of the guest %q, and no role has such a name: a guest's role is called by the user principal name "+
		"in the server's tenant, such as %s (az ad user list shows it): set user= or Options.User to that", guest, role)
}

// withUserNote adds to warnings what is known about the database user of id, before the first token that it will
// be replaced. It belongs to the warning of a developer who stands in, if there is one.
func (h *Handle) withUserNote(id identity.Identity, warnings []string) []string {
	last, note := h.lastLogin.Load(), ""
	switch {
	case last != nil && last.identity.Kind == id.Kind:
		note = last.note
	case last == nil && h.keepsNoUser() && id.ReplacesUser():
		note = h.replaced("the token names the database user", id.Kind)
	}
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
func (h *Handle) keepsNoUser() bool {
	return h.config.Engine != dsn.SQLServer && h.config.User != "" && !h.userFixed
}

var (
	errNoUser = errors.New("passwordless: the connection names no database user, and neither does the token")
	noUser    = advice.Advice{Hint: "set user= in the connection string, or Options.User", Anchor: "missing-user"}
)
