package environ

import (
	"errors"
	"strings"
)

// references are the forms of a setting that App Service replaces by a value from
// elsewhere before it starts the app. One that cannot be resolved reaches the app
// as it was written. AppConfig is an older spelling of AppConfiguration.
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

// checkResolved returns an error if value holds a reference that was not
// resolved. A reference inside a longer value counts too: App Service resolves
// only those that are the whole value.
func checkResolved(value string) error {
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
