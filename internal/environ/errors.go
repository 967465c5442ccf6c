package environ

import (
	"errors"
	"fmt"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
)

const noSettings = "no-connection-settings"

// subject is what an error is about.
type subject struct{ variable, anchor string }

func (s subject) errorf(format string, args ...any) error {
	return &passwordless.SetupError{Variable: s.variable, Anchor: s.anchor, Err: fmt.Errorf(format, args...)}
}

func errConflict(variable, other string) error {
	return subject{variable, "conflicting-settings"}.errorf("has another value than %s: remove one of the two", other)
}

// check returns an error for a connection that can never log in, with any identity.
func (d *discovery) check() error {
	c := &d.found.Config
	method := c.Identity.Method
	byPassword := method == dsn.MethodUnset || method == dsn.MethodDefault || method == dsn.MethodPassword
	switch {
	case len(c.Hosts) == 0:
		return subject{d.main, noSettings}.errorf("missing host: the connection does not say which server to connect to")
	case c.User == "" && !c.Password.IsZero() && byPassword:
		return subject{d.main, "missing-user"}.errorf("missing user: a password is set, but not whose it is")
	case c.Database == "":
		d.warn("no database is named: the server's default is used")
	}
	return nil
}

func (d *discovery) errNothing() error {
	return subject{"", noSettings}.errorf("%w: set %sCONNECTIONSTRING or %[2]sHOST%s%s", nothing{}, d.naming.prefixes[0], d.inStore(), d.nearMisses())
}

// nothing is the cause where no variable describes any connection. Packages that do not know this one know it by its method.
type nothing struct{}

func (nothing) Error() string { return "no connection settings" }
func (nothing) NoSettings()   {}

// inStore says where the settings are if Service Connector has put them into App Configuration.
func (d *discovery) inStore() string {
	store, ok := d.env.find("AZURE_APPCONFIGURATION_RESOURCEENDPOINT")
	if !ok {
		return ""
	}
	return fmt.Sprintf("; %s is set: the values are in App Configuration, which is not read here", store.name)
}

// errNoHost is the error for a connection with variables, but none that says where to connect.
func (d *discovery) errNoHost(c *connection) error {
	stem := c.prefix
	if c.name != "" {
		stem += c.name + "_"
	}
	return subject{c.settings[0].name, noSettings}.errorf(
		"is set, but the host is missing: set %sCONNECTIONSTRING or %[1]sHOST, or name a renamed variable, as in sql.Open(%q, %q)",
		stem, d.naming.driver, "env:NAME")
}

func (d *discovery) openCall(name string) string {
	if name != "" {
		name = "connection:" + name
	}
	return fmt.Sprintf("sql.Open(%q, %q)", d.naming.driver, name)
}

// references are the forms of a setting that App Service replaces by a value from elsewhere before it starts
// the app. One that cannot be resolved reaches the app as written. AppConfig is an older spelling.
var references = []struct {
	form string // in lower case
	err  error
}{
	{"@microsoft.keyvault(", ErrUnresolvedKeyVault},
	{"@microsoft.appconfiguration(", errUnresolvedAppConfiguration},
	{"@microsoft.appconfig(", errUnresolvedAppConfiguration},
}

var (
	ErrUnresolvedKeyVault = errors.New("unresolved key vault reference: " +
		"give the app's identity access to the vault, check the secret's name, and restart the app")
	errUnresolvedAppConfiguration = errors.New("unresolved app configuration reference: " +
		"give the app's identity access to the store, check the key's name, and restart the app")
)

// CheckResolved returns an error if value holds a reference that was not resolved, also inside a longer
// value: App Service resolves only those that are the whole value.
func CheckResolved(value string) error {
	for rest := value; ; rest = rest[1:] {
		at := strings.IndexByte(rest, '@')
		if at < 0 {
			return nil
		}
		rest = rest[at:]
		for _, r := range references {
			if len(rest) >= len(r.form) && strings.EqualFold(rest[:len(r.form)], r.form) {
				return r.err
			}
		}
	}
}
