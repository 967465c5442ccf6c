package connector

import (
	"errors"
	"fmt"
	"strings"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/credential"
	"github.com/azuredb/passwordless/internal/identity"
)

// user returns the database user to log in with: the connection's, or the token's where the connection has none
// or a developer stands in for its identity, and a note if that is not what the connection says. SQL Server
// takes the name from the token itself.
func (h *Handle) user(tok string, id identity.Identity) (user, note string, err error) {
	if h.plan.Config.Engine == dsn.SQLServer || h.plan.UserFixed {
		return h.plan.Config.User, "", nil
	}
	own, name, guest := h.plan.Config.User, credential.UserFromToken(tok), credential.GuestFromToken(tok)
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
			note = h.plan.Replaced(fmt.Sprintf("the database user is %q, as the token says,", name), id.Kind)
		}
		return name, note, nil
	default:
		return own, note, nil
	}
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

// userNote is what is known about the database user of id.
func (h *Handle) userNote(id identity.Identity) string {
	last := h.lastLogin.Load()
	switch {
	case last == nil:
		return h.plan.UserNote(id)
	case last.identity.Kind == id.Kind:
		return last.note
	}
	return ""
}

var (
	errNoUser = errors.New("passwordless: the connection names no database user, and neither does the token")
	noUser    = advice.Advice{Hint: "set user= in the connection string, or Options.User", Anchor: "missing-user"}
)
