package credential

import (
	"cmp"
	"errors"
	"net/url"
	"os"
	"strings"

	"github.com/azuredb/passwordless"
)

// checkHostVariables looks at the variables that lead MSAL to the host's identity endpoint, in MSAL's order.
// net/http quotes a malformed URL, and says of a header that it cannot send only that there is no answer.
func checkHostVariables() error {
	set := func(name string) bool { return os.Getenv(name) != "" }
	switch {
	case set("IDENTITY_ENDPOINT") && set("IDENTITY_HEADER"):
		return cmp.Or(checkEndpoint("IDENTITY_ENDPOINT"), checkHeader("IDENTITY_HEADER"))
	case set("MSI_ENDPOINT"):
		return cmp.Or(checkEndpoint("MSI_ENDPOINT"), checkHeader("MSI_SECRET"))
	case set("IDENTITY_ENDPOINT") && set("IMDS_ENDPOINT"):
		return checkEndpoint("IDENTITY_ENDPOINT")
	}
	return nil
}

func checkEndpoint(name string) error {
	if u, err := url.Parse(os.Getenv(name)); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		return nil
	}
	return badHostVariable(name, "not a URL such as http://127.0.0.1:41564/msi/token/")
}

func checkHeader(name string) error {
	if strings.ContainsFunc(os.Getenv(name), func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return badHostVariable(name, "holds a line break or another control character: set it as the host gave it")
	}
	return nil
}

func badHostVariable(name, problem string) error {
	return &passwordless.SetupError{Variable: name, Anchor: "identity-endpoint", Err: errors.New(problem)}
}
